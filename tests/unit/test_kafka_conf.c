/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/kafka_conf.h. */
#include "kafka_fixture.h"

#include <stdio.h>
#include <string.h>

static enum err check(const char *name, const char *value, struct fault *fault)
{
    struct kafka_property item = {name, value};
    struct kafka_properties properties = {&item, 1};
    fault->text[0] = '\0';
    return kafka_properties_check(&properties, fault);
}

static void properties_that_guarantees_rest_on_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const reserved[] = {
        "acks",
        "enable.idempotence",
        "message.timeout.ms",
        "auto.offset.reset",
        "enable.auto.commit",
        "isolation.level",
        "partition.assignment.strategy",
        "group.id",
        "transactional.id",
        "max.in.flight",
        "partitioner",
        "topic.acks",
        "topic.message.timeout.ms",
        "topic.partitioner",
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        struct fault fault;
        assert_int_equal(check(reserved[i], "1", &fault), ERR_CONFIG);
        assert_non_null(strstr(fault.text, reserved[i]));
        assert_non_null(strstr(fault.text, "cannot be set"));
    }
}

/* A name that librdkafka takes for a reserved one is reserved too. */
static void no_alias_of_a_reserved_property_is_free(void **state)
{
    (void)state;
    char line[4096];
    int aliases = 0;
    FILE *list = tmpfile();
    assert_non_null(list);
    rd_kafka_conf_properties_show(list);
    rewind(list);
    while (fgets(line, sizeof line, list) != NULL) {
        static const char mark[] = "Alias for `";
        char *target = strstr(line, mark);
        if (target == NULL)
            continue;
        line[strcspn(line, " ")] = '\0';
        target += sizeof mark - 1;
        target[strcspn(target, "`")] = '\0';
        aliases++;
        if ((kafka_property_reserved(line) != NULL) != (kafka_property_reserved(target) != NULL) &&
            strcmp(line, "linger.ms") != 0) /* which is allowed under this name only */
            fail_msg("%s is %s, of which one is reserved", line, target);
    }
    (void)fclose(list);
    assert_true(aliases > 5);
}

static void faults_name_the_unknown_or_illegal_property(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(check("bootstrap.serverz", "x", &fault), ERR_CONFIG);
    assert_non_null(strstr(fault.text, "kafka.bootstrap.serverz"));
    assert_int_equal(check("linger.ms", "soon", &fault), ERR_CONFIG);
    assert_non_null(strstr(fault.text, "kafka.linger.ms"));
    assert_int_equal(check("security.protocol", "sasl_ssl", &fault), ERR_OK);
}

static void get(rd_kafka_conf_t *conf, const char *name, const char *expected)
{
    char value[256];
    size_t n = sizeof value;
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &n), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
}

static void each_role_gets_what_the_design_depends_on(void **state)
{
    (void)state;
    struct kafka_property items[] = {{"linger.ms", "5"}, {"fetch.wait.max.ms", "20"}};
    struct kafka_properties properties = {items, 2};
    struct fault fault;
    rd_kafka_conf_t *conf = NULL;
    assert_int_equal(kafka_conf_build(KAFKA_PRODUCER, &properties, &conf, &fault), ERR_OK);
    get(conf, "enable.idempotence", "true");
    get(conf, "enable.gapless.guarantee", "true");
    get(conf, "acks", "-1");
    get(conf, "max.in.flight", "1");
    get(conf, "message.timeout.ms", "0");
    get(conf, "partitioner", "murmur2_random");
    get(conf, "linger.ms", "5"); /* the user's wins over a default */
    get(conf, "bootstrap.servers", "localhost:9092");
    rd_kafka_conf_destroy(conf);
    assert_int_equal(kafka_conf_build(KAFKA_READER, &properties, &conf, &fault), ERR_OK);
    get(conf, "auto.offset.reset", "error");
    get(conf, "enable.auto.commit", "false");
    get(conf, "enable.auto.offset.store", "false");
    get(conf, "isolation.level", "read_uncommitted");
    get(conf, "fetch.wait.max.ms", "20");
    rd_kafka_conf_destroy(conf);
    assert_int_equal(kafka_conf_build(KAFKA_GROUP, &properties, &conf, &fault), ERR_OK);
    get(conf, "partition.assignment.strategy", "range");
    get(conf, "session.timeout.ms", "10000");
    rd_kafka_conf_destroy(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_that_guarantees_rest_on_are_refused_by_name),
        cmocka_unit_test(no_alias_of_a_reserved_property_is_free),
        cmocka_unit_test(faults_name_the_unknown_or_illegal_property),
        cmocka_unit_test(each_role_gets_what_the_design_depends_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
