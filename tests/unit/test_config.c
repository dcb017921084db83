/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/config.h: precedence, values, what belongs together. */
#include "config_fixture.h"

/* ---- precedence, for every option ---- */

enum { TEXT_BYTES_MAX = 64 };

/* Three values that an option can have and that are not its default. */
static void three_values(const struct option_row *row, char out[3][TEXT_BYTES_MAX])
{
    static const char *const languages[] = {"aa", "bb", "cc"};
    for (int i = 0; i < 3; i++) {
        double value = row->min + (row->max - row->min) / 4 * (i + 1);
        if (option_is_text(row))
            (void)snprintf(out[i], TEXT_BYTES_MAX, "%s", languages[i]);
        else if (row->type == OPTION_BOOL)
            (void)snprintf(out[i], TEXT_BYTES_MAX, "%s", i == 1 ? "true" : "false");
        else if (row->type == OPTION_WORD)
            (void)snprintf(out[i], TEXT_BYTES_MAX, "%s", row->words[i % 2]);
        else
            (void)snprintf(out[i], TEXT_BYTES_MAX, "%.0f%s", value,
                           row->type == OPTION_DURATION ? "ms" : "");
    }
    if (strcmp(row->key, "api.endpoint") == 0)
        for (int i = 0; i < 3; i++)
            (void)snprintf(out[i], TEXT_BYTES_MAX, "https://%s.example", languages[i]);
    if (strcmp(row->key, "admin.listen") == 0)
        for (int i = 0; i < 3; i++)
            (void)snprintf(out[i], TEXT_BYTES_MAX, "127.0.0.1:%d", 1000 + i);
}

/* "api.linger" in YAML: "api:\n  linger: VALUE\n". */
static void as_yaml(const char *key, const char *value, char *out, size_t room)
{
    const char *dot = strchr(key, '.');
    if (dot == NULL)
        (void)snprintf(out, room, "%s: %s\n", key, value);
    else
        (void)snprintf(out, room, "%.*s:\n  %s: %s\n", (int)(dot - key), key, dot + 1, value);
}

static void as_variable(const char *key, const char *value, char *out, size_t room)
{
    (void)snprintf(out, room, "REBOOT_WORKER_%s", key);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '.' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    size_t n = strlen(out);
    (void)snprintf(out + n, room - n, "=%s", value);
}

/* Equal as written, or as the same number. */
static void assert_same(const struct config *config, const struct option_row *row,
                        const char *value)
{
    struct config other;
    struct fault fault;
    struct buf text;
    buf_init(&text, CONFIG_VALUE_BYTES_MAX);
    assert_int_equal(config_init(&other, &fault), ERR_OK);
    assert_int_equal(config_set(&other, row, view_of(value), &fault), ERR_OK);
    assert_int_equal(config_format(&other, row, &text), ERR_OK);
    assert_value(config, row->key, text.p);
    buf_release(&text);
    config_release(&other);
}

static void a_flag_beats_the_environment_which_beats_the_file_for_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const struct option_row *row = config_option(i);
        char values[3][TEXT_BYTES_MAX];
        char yaml[256];
        char variable[256];
        struct config config;
        if (row->fixed)
            continue;
        three_values(row, values);
        as_yaml(row->key, values[0], yaml, sizeof yaml);
        as_variable(row->key, values[1], variable, sizeof variable);
        char *path = file_of(yaml);
        char *const environment[] = {variable, NULL};
        struct config_flag flag = {row, values[2]};

        struct config_input input = {.file = path};
        config_of(&input, &config);
        assert_same(&config, row, values[0]);
        config_release(&config);

        input.environment = environment;
        config_of(&input, &config);
        assert_same(&config, row, values[1]);
        config_release(&config);

        input.flags = &flag;
        input.flag_n = 1;
        config_of(&input, &config);
        assert_same(&config, row, values[2]);
        config_release(&config);
        file_end(path);
    }
}

static void properties_of_kafka_follow_the_same_order(void **state)
{
    (void)state;
    char *yaml = file_of("kafka:\n  client.rack: a\n  linger.ms: 1\n  debug: broker\n"
                         "  retry.backoff.ms: 1\n");
    char *lines = file_of("# kcat's format\n\n retry.backoff.ms = 3 \r\nlinger.ms=3\n");
    char *const environment[] = {(char[]){"REBOOT_WORKER_KAFKA_LINGER_MS=2"},
                                 (char[]){"REBOOT_WORKER_KAFKA_DEBUG=topic"},
                                 (char[]){"REBOOT_WORKER_KAFKA_RETRY_BACKOFF_MS=2"}, NULL};
    const char *const files[] = {lines};
    const struct kafka_property flags[] = {{"linger.ms", "4"}};
    struct config config;
    config_of(&(struct config_input){.file = yaml,
                                     .environment = environment,
                                     .property_files = files,
                                     .property_file_n = 1,
                                     .properties = flags,
                                     .property_n = 1},
              &config);
    assert_string_equal(property(&config, "bootstrap.servers"), "localhost:9092");
    assert_string_equal(property(&config, "client.rack"), "a");
    assert_string_equal(property(&config, "debug"), "topic");
    assert_string_equal(property(&config, "retry.backoff.ms"), "3");
    assert_string_equal(property(&config, "linger.ms"), "4");
    config_release(&config);
    file_end(yaml);
    file_end(lines);
}

/* ---- values ---- */

static enum err set(const char *key, const char *value, struct config *config, struct fault *fault)
{
    fault->text[0] = '\0';
    return config_set(config, option(key), view_of(value), fault);
}

static void values_are_what_they_are_written_as(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *written;
        int64_t means;
    } rows[] = {
        {"api.linger", "250ms", 250},
        {"api.linger", "10s", 10000},
        {"api.linger", "1m", 60000},
        {"retry.max", "24h", 86400000},
        {"api.linger", "1.5s", 1500},
        {"api.linger", "1.005s", 1005},
        {"api.linger", "0", 0},
        {"api.linger", "0.5m", 30000},
        {"request.max_bytes", "16384", 16384},
        {"request.max_bytes", "256KiB", 262144},
        {"request.max_bytes", "1MiB", 1048576},
        {"request.max_bytes", "0.5MiB", 524288},
        {"topics.partitions", "7", 7},
        {"topics.partitions", "+7", 7},
        {"topics.partitions", "7.0", 7},
        {"ambiguity", "retry", AMBIGUITY_RETRY},
    };
    struct config config;
    struct fault fault;
    assert_int_equal(config_init(&config, &fault), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct option_row *row = option(rows[i].key);
        assert_int_equal(set(rows[i].key, rows[i].written, &config, &fault), ERR_OK);
        assert_int_equal(*(const int64_t *)(const void *)((const char *)&config + row->at),
                         rows[i].means);
    }
    config_release(&config);
}

static void anything_else_is_refused_with_what_it_may_be(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *written;
        const char *allowed;
    } rows[] = {
        {"api.linger", "250", "a duration from 0ms to 1m"},
        {"api.linger", "250 ms", "a duration"},
        {"api.linger", "ms", "a duration"},
        {"api.linger", "", "a duration"},
        {"api.linger", "-1s", "a duration"},
        {"api.linger", "0.3ms", "a duration"},
        {"api.linger", "1M", "a duration"},
        {"api.linger", "nan", "a duration"},
        {"api.linger", "inf", "a duration"},
        {"api.linger", "0x10ms", "a duration"},
        {"api.linger", "1e999s", "a duration"},
        {"api.linger", "61s", "a duration"},
        {"request.max_bytes", "1GiB", "a size from 1KiB to 4MiB"},
        {"request.max_bytes", "256KB", "a size"},
        {"request.max_bytes", "256kib", "a size"},
        {"topics.partitions", "1.5", "a whole number from 1 to 256"},
        {"topics.partitions", "0", "a whole number"},
        {"topics.partitions", "12 ", "a whole number"},
        {"topics.partitions", "1_0", "a whole number"},
        {"api.rate_limit", "0", "a number from 0.01 to 10000"},
        {"api.rate_limit", "20/s", "a number"},
        {"confirm.enabled", "yes", "true or false"},
        {"confirm.enabled", "True", "true or false"},
        {"confirm.enabled", "1", "true or false"},
        {"ambiguity", "Report", "one of report, retry"},
        {"log.level", "trace", "one of debug, info, warn, error"},
        {"topics.tasks", "a b", "a name (letters, digits, . _ -) of 1 to 249 bytes"},
        {"topics.tasks", "", "a name"},
        {"group", "", "a printable UTF-8 text of 1 to 255 bytes"},
        {"group", "a\nb", "a printable UTF-8 text"},
        {"name", "\xff", "a printable UTF-8 text"},
        {"name", "\xed\xa0\x80", "a printable UTF-8 text"},
    };
    struct config config;
    struct fault fault;
    assert_int_equal(config_init(&config, &fault), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (set(rows[i].key, rows[i].written, &config, &fault) != ERR_CONFIG)
            fail_msg("%s: %s is taken", rows[i].key, rows[i].written);
        assert_contains(fault.text, rows[i].key);
        assert_contains(fault.text, rows[i].allowed);
    }
    config_release(&config);
}

static void every_range_holds_its_ends_and_the_default_and_no_more(void **state)
{
    (void)state;
    struct config config;
    struct fault fault;
    assert_int_equal(config_init(&config, &fault), ERR_OK);
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const struct option_row *row = config_option(i);
        const char *unit = row->type == OPTION_DURATION ? "ms" : "";
        const double step = row->type == OPTION_NUMBER ? 0.001 : 1;
        char text[TEXT_BYTES_MAX];
        if (option_is_text(row) || row->type == OPTION_BOOL || row->type == OPTION_WORD ||
            row->fixed)
            continue;
        (void)snprintf(text, sizeof text, "%.15g%s", row->min, unit);
        assert_int_equal(set(row->key, text, &config, &fault), ERR_OK);
        (void)snprintf(text, sizeof text, "%.15g%s", row->max, unit);
        assert_int_equal(set(row->key, text, &config, &fault), ERR_OK);
        (void)snprintf(text, sizeof text, "%.15g%s", row->min - step, unit);
        assert_int_equal(set(row->key, text, &config, &fault), ERR_CONFIG);
        (void)snprintf(text, sizeof text, "%.15g%s", row->max + step, unit);
        assert_int_equal(set(row->key, text, &config, &fault), ERR_CONFIG);
        assert_int_equal(set(row->key, row->value, &config, &fault), ERR_OK);
    }
    config_release(&config);
}

/* ---- what belongs together ---- */

static enum err load_flag(const char *key, const char *value, struct config *out,
                          struct fault *fault)
{
    struct config_flag flag = {option(key), value};
    return config_load(&(struct config_input){.flags = &flag, .flag_n = 1}, out, fault);
}

static void what_no_single_value_shows_is_refused_too(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *value;
        const char *says;
    } rows[] = {
        {"topics.tasks", "reboot.ledger", "topics.tasks and topics.ledger are the same"},
        {"topics.tasks", "..", "cannot be a topic's name"},
        {"topics.replication_factor", "0", "topics.replication_factor"},
        {"api.endpoint", "http://ecm.intl.tencentcloudapi.com", "loopback"},
        {"api.endpoint", "ftp://localhost", "https"},
        {"api.endpoint", "https://localhost/path", "without user, path or query"},
        {"api.endpoint", "https://user:hunter2@localhost", "without user"},
        {"api.endpoint", "https://user:hunter 2@localhost", "not a URL"},
        {"api.region", "AP-Xian", "lower-case"},
        {"admin.listen", "9464", "not HOST:PORT"},
        {"admin.listen", "127.0.0.1:", "not HOST:PORT"},
        {"admin.listen", "127.0.0.1:65536", "not HOST:PORT"},
        {"events.source", "/a b", "events.source"},
        {"events.source", "/a%2", "events.source"},
        {"safety.max_rebooting", "5", "not supported yet"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct fault fault;
        if (load_flag(rows[i].key, rows[i].value, &config, &fault) != ERR_CONFIG)
            fail_msg("%s %s is taken", rows[i].key, rows[i].value);
        assert_contains(fault.text, rows[i].says);
        assert_null(strstr(fault.text, "hunter")); /* a password has no place in an error */
    }
}

static void plain_http_is_for_every_spelling_of_loopback(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://localhost:8080", "http://127.0.0.1:8080",
                                       "http://127.8.9.10",     "http://[::1]:8080",
                                       "http://api.localhost",  "https://ecm.tencentcloudapi.com"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct config config;
        struct fault fault;
        if (load_flag("api.endpoint", urls[i], &config, &fault) != ERR_OK)
            fail_msg("%s", fault.text);
        config_release(&config);
    }
}

static void a_static_member_needs_a_name_that_can_be_an_id(void **state)
{
    (void)state;
    struct config config;
    struct fault fault;
    struct config_flag flags[] = {{option("static_membership"), "true"}, {option("name"), "a b"}};
    const struct config_input input = {.flags = flags, .flag_n = 2};
    assert_int_equal(config_load(&input, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "name");
    flags[1].value = "worker-1.zone_b";
    config_of(&input, &config);
    config_release(&config);
}

static void names_and_source_are_worked_out_when_nobody_sets_them(void **state)
{
    (void)state;
    char host[256] = "";
    struct config config;
    struct fault fault;
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    assert_int_equal(load_flag("group", "blue team/\xc3\xbc", &config, &fault), ERR_OK);
    assert_value(&config, "name", host);
    assert_value(&config, "events.source", "/reboot-worker/blue%20team%2F%C3%BC");
    config_release(&config);
    assert_int_equal(load_flag("group", "g", &config, &fault), ERR_OK);
    assert_value(&config, "events.source", "/reboot-worker/g");
    config_release(&config);
}

static void count(void *context, const char *text)
{
    struct fault *last = context;
    (void)fault_set(last, ERR_CONFIG, "%s", text);
}

static void oddities_are_warned_of_and_taken(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *value;
    } rows[] = {{"retry.initial", "2m"}, {"confirm.interval", "1h"}, {"api.timeout", "300s"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config;
        struct fault warned = {""};
        struct config_flag flags[] = {{option(rows[i].key), rows[i].value},
                                      {option("api.signature_life"), "1s"}};
        config_of(
            &(struct config_input){.flags = flags, .flag_n = 2, .warn = count, .context = &warned},
            &config);
        assert_contains(warned.text, rows[i].key);
        config_release(&config);
    }
}

/* ---- suggestions ---- */

static void what_is_written_nearly_right_is_suggested(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        const char *meant; /* "": nothing is near */
    } rows[] = {
        {"api.lingre", "api.linger"},
        {"api-rate-limit", "api.rate_limit"},
        {"topics.request", "topics.requests"},
        {"linger", "api.linger"},
        {"rate_limit", "api.rate_limit"},
        {"topic", "topics"},
        {"kafak", "kafka"},
        {"grup", "group"},
        {"colour", ""},
        {"x", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct view near = config_suggest(view_of(rows[i].written));
        if (!view_is(near, rows[i].meant))
            fail_msg("for %s: %.*s", rows[i].written, VIEW_FMT(near));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flag_beats_the_environment_which_beats_the_file_for_every_option),
        cmocka_unit_test(properties_of_kafka_follow_the_same_order),
        cmocka_unit_test(values_are_what_they_are_written_as),
        cmocka_unit_test(anything_else_is_refused_with_what_it_may_be),
        cmocka_unit_test(every_range_holds_its_ends_and_the_default_and_no_more),
        cmocka_unit_test(what_no_single_value_shows_is_refused_too),
        cmocka_unit_test(plain_http_is_for_every_spelling_of_loopback),
        cmocka_unit_test(a_static_member_needs_a_name_that_can_be_an_id),
        cmocka_unit_test(names_and_source_are_worked_out_when_nobody_sets_them),
        cmocka_unit_test(oddities_are_warned_of_and_taken),
        cmocka_unit_test(what_is_written_nearly_right_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
