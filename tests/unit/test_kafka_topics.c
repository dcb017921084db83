/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/kafka_topics.h: on the mock cluster, which knows no admin API, and on a real
 * Apache Kafka when TEST_KAFKA_BOOTSTRAP names one. */
#include "kafka_fixture.h"

#include <string.h>

#include "shell/kafka_topics.h"

static struct topics *open_topics(struct fixture *fx, const struct topics_options *base)
{
    struct topics_options options = *base;
    options.kafka = fx->options;
    options.request_bytes_max = 1024 * 1024;
    struct topics *topics = NULL;
    struct fault fault = {""};
    assert_int_equal(topics_open(&options, &topics, &fault), ERR_OK);
    return topics;
}

/* Runs one round; counts notes and warnings; returns the last word. */
static struct topics_event round_of(struct fixture *fx, struct topics *topics, int *notes,
                                    int *warnings)
{
    struct topics_event event = {0};
    *notes = *warnings = 0;
    topics_check(topics);
    FIXTURE_UNTIL(fx, event.type >= TOPICS_READY, {
        while (event.type < TOPICS_READY && topics_next(topics, &event)) {
            *notes += event.type == TOPICS_NOTE;
            *warnings += event.type == TOPICS_WARNING;
            if (event.type != TOPICS_READY)
                print_message("%d %s\n", event.type, event.fault.text);
        }
    });
    return event;
}

static void a_broker_without_the_admin_api_costs_a_warning_once(void **state)
{
    struct fixture *fx = *state;
    struct topics_options options = {
        .names = fx->names, .partition_n = 12, .replication_factor = -1, .create = true};
    struct topics *topics = open_topics(fx, &options);
    int notes = 0;
    int warnings = 0;
    struct topics_event event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_READY);
    assert_int_equal(event.partition_n, FIXTURE_PARTITIONS);
    assert_true(warnings > 0);
    event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_READY);
    assert_int_equal(warnings, 0);
    topics_close(topics, FIXTURE_CLOSE_MS);
}

static void a_mismatch_of_partitions_is_a_fault(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(rd_kafka_mock_topic_create(fx->cluster, "more", FIXTURE_PARTITIONS + 1, 1), 0);
    struct topics_options options = {.names = fx->names};
    options.names.name[TOPIC_LEDGER] = "more";
    struct topics *topics = open_topics(fx, &options);
    int notes = 0;
    int warnings = 0;
    struct topics_event event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_FAULT);
    assert_int_equal(event.err, ERR_CONFIG);
    assert_non_null(strstr(event.fault.text, "more"));
    topics_close(topics, FIXTURE_CLOSE_MS);
}

static void a_round_without_a_broker_does_not_hold_up_the_close(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(rd_kafka_mock_broker_set_down(fx->cluster, 1), 0);
    struct topics_options options = {.names = fx->names};
    struct topics *topics = open_topics(fx, &options);
    topics_check(topics);
    struct instant before = clock_now().at;
    topics_close(topics, FIXTURE_CLOSE_MS);
    assert_true(instant_ms_between(before, clock_now().at) < FIXTURE_CLOSE_MS);
    assert_int_equal(rd_kafka_mock_broker_set_up(fx->cluster, 1), 0);
}

/* Apache Kafka: topics of names that are new in each run. */
static bool on_kafka(struct fixture *fx, char names[TOPIC_N][64])
{
    const char *bootstrap = getenv("TEST_KAFKA_BOOTSTRAP");
    if (bootstrap == NULL)
        return false;
    fx->items[0].value = bootstrap;
    for (int i = 0; i < TOPIC_N; i++) {
        (void)snprintf(names[i], 64, "%s-%lld", topic_key((enum topic)i),
                       (long long)clock_now().wall_us);
        fx->names.name[i] = names[i];
    }
    return true;
}

static void kafka_missing_topics_are_created_and_found_good(void **state)
{
    struct fixture *fx = *state;
    char names[TOPIC_N][64];
    if (!on_kafka(fx, names))
        skip();
    struct topics_options options = {
        .names = fx->names, .partition_n = 5, .replication_factor = -1};
    struct topics *topics = open_topics(fx, &options);
    int notes = 0;
    int warnings = 0;
    struct topics_event event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_FAULT); /* create is false */
    assert_non_null(strstr(event.fault.text, "topics.create"));
    topics_close(topics, FIXTURE_CLOSE_MS);

    options.create = true;
    topics = open_topics(fx, &options);
    event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_READY);
    assert_int_equal(event.partition_n, 5);
    assert_int_equal(event.partitions[TOPIC_CONTROL], 1);
    assert_int_equal(notes, TOPIC_N);
    event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_READY);
    assert_int_equal(notes, 0);
    topics_close(topics, FIXTURE_CLOSE_MS);
}

static void kafka_a_foreign_topic_is_refused_with_a_remedy(void **state)
{
    struct fixture *fx = *state;
    char names[TOPIC_N][64];
    if (!on_kafka(fx, names))
        skip();
    /* Made as results are, used as a ledger: retention and clock are wrong. */
    struct topics_options options = {.names = {{[TOPIC_RESULTS] = names[TOPIC_LEDGER]}},
                                     .partition_n = 5,
                                     .replication_factor = 1,
                                     .create = true};
    struct topics *topics = open_topics(fx, &options);
    int notes = 0;
    int warnings = 0;
    assert_int_equal(round_of(fx, topics, &notes, &warnings).type, TOPICS_READY);
    topics_close(topics, FIXTURE_CLOSE_MS);
    options.names = fx->names;
    topics = open_topics(fx, &options);
    struct topics_event event = round_of(fx, topics, &notes, &warnings);
    assert_int_equal(event.type, TOPICS_FAULT);
    assert_int_equal(event.err, ERR_CONFIG);
    assert_non_null(strstr(event.fault.text, "--add-config"));
    topics_close(topics, FIXTURE_CLOSE_MS);
}

#define ON_MOCK(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MOCK(a_broker_without_the_admin_api_costs_a_warning_once),
        ON_MOCK(a_mismatch_of_partitions_is_a_fault),
        ON_MOCK(a_round_without_a_broker_does_not_hold_up_the_close),
        ON_MOCK(kafka_missing_topics_are_created_and_found_good),
        ON_MOCK(kafka_a_foreign_topic_is_refused_with_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
