/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/config.h about the environment: names, values in files, what only warns. */
#include "config_fixture.h"

enum { WARNINGS_MAX = 8 };

struct heard {
    int n;
    char texts[WARNINGS_MAX][512];
};

static void hear(void *context, const char *text)
{
    struct heard *heard = context;
    assert_true(heard->n < WARNINGS_MAX);
    (void)snprintf(heard->texts[heard->n++], sizeof heard->texts[0], "%s", text);
}

/* Variables are given as NULL-terminated literals. */
static enum err load(const char *const *variables, struct heard *heard, struct config *out,
                     struct fault *fault)
{
    char *environment[16];
    size_t n = 0;
    for (; variables[n] != NULL; n++)
        environment[n] = strdup(variables[n]);
    environment[n] = NULL;
    *heard = (struct heard){.n = 0};
    const struct config_input input = {.environment = environment, .warn = hear, .context = heard};
    enum err err = config_load(&input, out, fault);
    while (n > 0)
        free(environment[--n]);
    return err;
}

static void a_variable_names_an_option_by_its_path(void **state)
{
    (void)state;
    struct heard heard;
    struct config config;
    struct fault fault;
    const char *const variables[] = {"PATH=/bin",
                                     "REBOOT_WORKERS_GROUP=not-ours",
                                     "REBOOT_WORKER_GROUP=g",
                                     "REBOOT_WORKER_API_ENDPOINT=https://example.com",
                                     "REBOOT_WORKER_TOPICS_DEAD_LETTERS=dlt",
                                     "REBOOT_WORKER_SAFETY_ALLOW_FORCE=false",
                                     "REBOOT_WORKER_API_REGION=",
                                     "REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS=a:1,b:2",
                                     "REBOOT_WORKER_KAFKA_SASL_PASSWORD=a=b",
                                     NULL};
    if (load(variables, &heard, &config, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(heard.n, 0);
    assert_value(&config, "group", "g");
    assert_value(&config, "api.endpoint", "https://example.com");
    assert_value(&config, "topics.dead_letters", "dlt");
    assert_value(&config, "safety.allow_force", "false");
    assert_string_equal(property(&config, "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(property(&config, "sasl.password"), "a=b");
    config_release(&config);
}

static void what_names_nothing_only_warns(void **state)
{
    (void)state;
    struct heard heard;
    struct config config;
    struct fault fault;
    /* What Kubernetes makes for a service that is called reboot-worker, and slips. */
    const char *const variables[] = {"REBOOT_WORKER_PORT=tcp://10.0.0.1:9464",
                                     "REBOOT_WORKER_SERVICE_HOST=10.0.0.1",
                                     "REBOOT_WORKER_API_LINGRE=1s",
                                     "REBOOT_WORKER_=x",
                                     "REBOOT_WORKER_KAFKA_NO_SUCH=1",
                                     "REBOOT_WORKER_api_linger=1s",
                                     "REBOOT_WORKER_NO_SUCH_FILE=/x",
                                     NULL};
    if (load(variables, &heard, &config, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(heard.n, 7);
    for (int i = 0; i < heard.n; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s ", (int)strcspn(variables[i], "="), variables[i]);
        assert_contains(heard.texts[i], name);
        assert_contains(heard.texts[i], "is ignored");
        assert_null(strstr(heard.texts[i], "10.0.0.1")); /* the value may be a secret */
    }
    assert_contains(heard.texts[2], "did you mean REBOOT_WORKER_API_LINGER?");
    assert_value(&config, "api.linger", "200ms");
    config_release(&config);
}

static void a_wrong_value_names_the_variable(void **state)
{
    (void)state;
    static const struct {
        const char *variable;
        const char *says;
    } rows[] = {
        {"REBOOT_WORKER_API_LINGER=soon", "REBOOT_WORKER_API_LINGER: api.linger: \"soon\" is not"},
        {"REBOOT_WORKER_GROUP=", "REBOOT_WORKER_GROUP: group: \"\" is not"},
        {"REBOOT_WORKER_KAFKA_ACKS=0", "REBOOT_WORKER_KAFKA_ACKS: kafka.acks cannot be set"},
        {"REBOOT_WORKER_KAFKA_LINGER_MS=soon", "REBOOT_WORKER_KAFKA_LINGER_MS: kafka.linger.ms"},
        {"REBOOT_WORKER_GROUP_FILE=/nonexistent", "REBOOT_WORKER_GROUP_FILE: /nonexistent: No"},
        {"REBOOT_WORKER_GROUP_FILE=", "REBOOT_WORKER_GROUP_FILE: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct heard heard;
        struct config config;
        struct fault fault;
        const char *const variables[] = {rows[i].variable, NULL};
        if (load(variables, &heard, &config, &fault) != ERR_CONFIG)
            fail_msg("%s is taken", rows[i].variable);
        assert_contains(fault.text, rows[i].says);
    }
}

static void a_value_may_stand_in_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value;
    } rows[] = {{"pass", "pass"},       {"pass\n", "pass"},     {"pass\r\n", "pass"},
                {" pa ss ", " pa ss "}, {"pass\n\n", "pass\n"}, {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct heard heard;
        struct config config;
        struct fault fault;
        char *path = file_of(rows[i].text);
        char variable[128];
        (void)snprintf(variable, sizeof variable, "REBOOT_WORKER_KAFKA_SASL_PASSWORD_FILE=%s",
                       path);
        const char *const variables[] = {variable, NULL};
        if (load(variables, &heard, &config, &fault) != ERR_OK)
            fail_msg("%s", fault.text);
        assert_string_equal(property(&config, "sasl.password"), rows[i].value);
        config_release(&config);
        file_end(path);
    }
}

static void a_value_and_its_file_are_one_too_many(void **state)
{
    (void)state;
    struct heard heard;
    struct config config;
    struct fault fault;
    const char *const orders[2][3] = {
        {"REBOOT_WORKER_NAME=a", "REBOOT_WORKER_NAME_FILE=/nonexistent", NULL},
        {"REBOOT_WORKER_NAME_FILE=/nonexistent", "REBOOT_WORKER_NAME=a", NULL}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(load(orders[i], &heard, &config, &fault), ERR_CONFIG);
        assert_contains(fault.text, "REBOOT_WORKER_NAME_FILE");
        assert_contains(fault.text, "REBOOT_WORKER_NAME is set as well");
    }
}

static void a_file_beyond_any_value_is_refused(void **state)
{
    (void)state;
    struct heard heard;
    struct config config;
    struct fault fault;
    const char *const variables[] = {"REBOOT_WORKER_KAFKA_SASL_PASSWORD_FILE=/dev/zero", NULL};
    assert_int_equal(load(variables, &heard, &config, &fault), ERR_CONFIG);
    assert_contains(fault.text, "/dev/zero: longer than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_names_an_option_by_its_path),
        cmocka_unit_test(what_names_nothing_only_warns),
        cmocka_unit_test(a_wrong_value_names_the_variable),
        cmocka_unit_test(a_value_may_stand_in_a_file),
        cmocka_unit_test(a_value_and_its_file_are_one_too_many),
        cmocka_unit_test(a_file_beyond_any_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
