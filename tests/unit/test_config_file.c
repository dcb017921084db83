/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/config.h about files: what is read, and where an error is said to be. */
#include "config_fixture.h"

static enum err read_text(struct view text, struct config *out, struct fault *fault)
{
    assert_int_equal(config_init(out, fault), ERR_OK);
    fault->text[0] = '\0';
    return config_read_yaml_text(out, "w.yaml", text, fault);
}

static enum err read_yaml(const char *text, struct config *out, struct fault *fault)
{
    return read_text(view_of(text), out, fault);
}

static void what_yaml_allows_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *key;
        const char *value;
    } rows[] = {
        {"", "group", "reboot-workers"},
        {"# nothing but a comment\n", "group", "reboot-workers"},
        {"---\n...\n", "group", "reboot-workers"},
        {"~\n", "group", "reboot-workers"},
        {"\xef\xbb\xbfgroup: g\n", "group", "g"},
        {"group: g\r\nname: n\r\n", "name", "n"},
        {"api:\n  linger: 1s\n", "api.linger", "1s"},
        {"api: {linger: 1s, batch_size: 5}\n", "api.batch_size", "5"},
        {"{\"api\": {\"linger\": \"1s\"}}\n", "api.linger", "1s"},
        {"api.linger: 1s\n", "api.linger", "1s"},
        {"api:\n  linger: 1s\napi.batch_size: 5\n", "api.batch_size", "5"},
        {"api:\n  # linger: 1s\nkafka:\n", "api.linger", "200ms"},
        {"api:\n  region: ''\n", "api.region", ""},
        {"name: 'it''s'\n", "name", "it's"},
        {"name: \"a\\u00e9\"\n", "name", "a\xc3\xa9"},
        {"name: >-\n  folded\n  text\n", "name", "folded text"},
        {"name: 'null'\n", "name", "null"},
        {"group: &g pool\nname: *g\n", "name", "pool"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct fault fault;
        if (read_yaml(rows[i].text, &config, &fault) != ERR_OK)
            fail_msg("%s: %s", rows[i].text, fault.text);
        assert_value(&config, rows[i].key, rows[i].value);
        config_release(&config);
    }
}

static void an_error_says_where_and_what(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"api:\n  lingre: 1s\n", "w.yaml:2:3: there is no option \"api.lingre\"; did you mean "
                                 "\"api.linger\"?"},
        {"apo:\n  linger: 1s\n", "w.yaml:1:1: there is no option \"apo\"; did you mean \"api\"?"},
        {"linger: 1s\n", "w.yaml:1:1: there is no option \"linger\"; did you mean \"api.linger\"?"},
        {"colour: red\n", "w.yaml:1:1: there is no option \"colour\""},
        {"api: {linger: 1s, x: 2}\n", "w.yaml:1:19: there is no option \"api.x\""},
        {"api:\n  linger:\n    more: 1\n", "w.yaml:3:5: one value is needed here"},
        {"api:\n  linger: [1s]\n", "w.yaml:2:11: one value is needed here"},
        {"api:\n  linger: soon\n", "w.yaml:2:11: api.linger: \"soon\" is not a duration"},
        {"api: 5\n", "w.yaml:1:6: options are needed here"},
        {"api: ''\n", "w.yaml:1:6: options are needed here"},
        {"api:\n- linger\n", "w.yaml:2:1: options are needed here"},
        {"api:\n  linger:\n", "w.yaml:2:3: a value is missing here"},
        {"name: ~\n", "w.yaml:1:1: a value is missing here"},
        {"name: null\n", "w.yaml:1:1: a value is missing here"},
        {"api:\n  linger: 1s\n  linger: 2s\n", "w.yaml:3:3: this key stands here twice"},
        {"api:\n  linger: 1s\napi.linger: 2s\n", "w.yaml:3:1: this option stands twice"},
        {"- a\n- b\n", "w.yaml:1:1: the file must be a map"},
        {"text\n", "w.yaml:1:1: the file must be a map"},
        {"? [a]\n: b\n", "w.yaml:1:3: a key is a plain text"},
        {"'': b\n", "w.yaml:1:1: a key is a plain text"},
        {"\"a\\0b\": c\n", "w.yaml:1:1: a key is a plain text"},
        {"name: \"a\\0b\"\n", "w.yaml:1:7: name: "},
        {"group: a\n---\ngroup: b\n", "w.yaml:3:1: only one document"},
        {"<<: {group: a}\n", "w.yaml:1:1: there is no option \"<<\""},
        {"group: a\n\tname: b\n", "w.yaml:2:"},
        {"group: [a\n", "w.yaml:2:1: "},
        {"group: 'a\n", "w.yaml:"},
        {"name: *nobody\n", "w.yaml:1:7: "},
        {"group: \xff\n", "w.yaml:"},
        {"api: &a {api: *a}\n", "w.yaml:1:10: there is no option \"api.api\""},
        {"kafka:\n  bootstrap.server: a:1\n", "w.yaml:2:3: kafka.bootstrap.server: librdkafka has "
                                              "no such property; did you mean "
                                              "\"bootstrap.servers\"?"},
        {"kafka:\n  acks: 1\n", "w.yaml:2:3: kafka.acks cannot be set: the worker's guarantees"},
        {"kafka:\n  topic.acks: 1\n", "w.yaml:2:3: kafka.topic.acks cannot be set"},
        {"kafka:\n  group.id: a\n", "w.yaml:2:3: kafka.group.id cannot be set: set `group`"},
        {"kafka:\n  linger.ms: soon\n", "w.yaml:2:3: kafka.linger.ms: "},
        {"kafka:\n  sasl.password:\n", "w.yaml:2:3: a value is missing here"},
        {"kafka:\n  bootstrap:\n    servers: a:1\n", "w.yaml:3:5: Kafka's properties keep their "
                                                     "dots"},
        {"kafka:\n  bootstrap.servers: [a, b]\n", "w.yaml:2:22: one value is needed here"},
        {"kafka: [a]\n", "w.yaml:1:8: options are needed here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct fault fault;
        if (read_yaml(rows[i].text, &config, &fault) != ERR_CONFIG)
            fail_msg("taken: %s", rows[i].text);
        assert_memory_equal(fault.text, "w.yaml:", 7);
        assert_contains(fault.text, rows[i].says);
        config_release(&config);
    }
}

static void keys_and_nesting_have_an_end(void **state)
{
    (void)state;
    enum { DEEP = 5000 };
    struct config config;
    struct fault fault;
    char *text = malloc(2 * DEEP + 400);
    assert_non_null(text);
    memset(text, 'a', 300);
    memcpy(text + 300, ": 1\n", 5);
    assert_int_equal(read_yaml(text, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "too long");
    config_release(&config);
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    text[2 * DEEP] = '\0';
    assert_int_equal(read_yaml(text, &config, &fault), ERR_CONFIG);
    config_release(&config);
    free(text);
}

/* ---- files themselves ---- */

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct config config;
    struct fault fault;
    struct config_input input = {.file = "/nonexistent/w.yaml"};
    assert_int_equal(config_load(&input, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "/nonexistent/w.yaml: No such file");
    input.file = "/";
    assert_int_equal(config_load(&input, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "/: Is a directory");
    input.file = "/dev/zero";
    assert_int_equal(config_load(&input, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "longer than");
}

static void lines_of_properties_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"", NULL},
        {"# comment\n\n   \nlinger.ms=3", NULL},
        {"sasl.password=a=b # c\n", NULL},
        {"linger.ms=3\nlinger\n", ":2: a line must be name=value"},
        {"=3\n", ":1: "},
        {"linger.ms=3\r\nacks=0\r\n", ":2: kafka.acks cannot be set"},
        {"lingr.ms=3\n", ":1: kafka.lingr.ms: librdkafka has no such property; did you mean "
                         "\"linger.ms\"?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct fault fault = {""};
        char *path = file_of(rows[i].text);
        assert_int_equal(config_init(&config, &fault), ERR_OK);
        enum err err = config_read_properties(&config, path, &fault);
        assert_int_equal(err, rows[i].says == NULL ? ERR_OK : ERR_CONFIG);
        if (rows[i].says != NULL) {
            assert_memory_equal(fault.text, path, strlen(path));
            assert_contains(fault.text, rows[i].says);
        } else if (strstr(rows[i].text, "sasl") != NULL) {
            assert_string_equal(property(&config, "sasl.password"), "a=b # c");
        }
        config_release(&config);
        file_end(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_yaml_allows_is_read),
        cmocka_unit_test(an_error_says_where_and_what),
        cmocka_unit_test(keys_and_nesting_have_an_end),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(lines_of_properties_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
