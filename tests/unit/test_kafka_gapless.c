/* SPDX-License-Identifier: Apache-2.0
 *
 * The producer's promise that no task is stored behind one that failed, on a real Apache Kafka when
 * TEST_KAFKA_BOOTSTRAP names one: the mock cluster does not check sequence numbers. */
#include "kafka_fixture.h"

#include <string.h>

#include "shell/producer.h"

enum { ADMIN_MS = 20000, TRIES = 20, RECORDS = 200, TOPIC_BYTES = 2000, WARM_MS = 200 };

/* Makes a topic that takes small batches only. */
static void make_topic(const char *bootstrap, const char *name)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t *what = rd_kafka_NewTopic_new(name, 1, 1, why, sizeof why);
    char bytes[16];
    (void)snprintf(bytes, sizeof bytes, "%d", TOPIC_BYTES);
    (void)rd_kafka_NewTopic_set_config(what, "max.message.bytes", bytes);
    rd_kafka_CreateTopics(rk, &what, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(what);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

/* One life: `good` records that fit, one that does not, then records that fit. Returns how many of
 * those behind it were stored. */
static uint64_t stored_behind_a_failure(struct fixture *fx, uint64_t good, int64_t pause_us)
{
    struct producer_options options = {.kafka = fx->options, .names = fx->names};
    struct producer *producer = NULL;
    struct fault fault;
    assert_int_equal(producer_open(&options, &producer, &fault), ERR_OK);
    char big[2 * TOPIC_BYTES];
    memset(big, 'x', sizeof big);
    struct producer_report report;
    uint64_t behind = 0;
    bool failed = false;
    struct instant warm = instant_after_ms(clock_now().at, WARM_MS); /* has its producer id */
    while (!instant_reached(clock_now().at, warm))
        fixture_wait(fx, 10);
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct producer_record record = {.topic = TOPIC_TASKS, .partition = 0, .ticket = i};
        record.value = i == good ? (struct view){big, sizeof big} : VIEW_LIT("small");
        if (producer_put(producer, &record, &fault) != ERR_OK)
            break;
        /* Separate requests, in flight together: librdkafka's threads take what is there. */
        struct instant until = {clock_now().at.us + (i < 5 ? pause_us : 0)};
        while (!instant_reached(clock_now().at, until))
            ;
        while (producer_next(producer, &report)) {
            failed = failed || report.err != ERR_OK;
            behind += report.err == ERR_OK && report.ticket > good;
        }
    }
    FIXTURE_UNTIL(fx, producer_is_idle(producer), {
        while (producer_next(producer, &report)) {
            failed = failed || report.err != ERR_OK;
            behind += report.err == ERR_OK && report.ticket > good;
        }
    });
    assert_true(failed);
    producer_close(producer, FIXTURE_CLOSE_MS);
    return behind;
}

static void no_task_is_stored_behind_one_that_failed(void **state)
{
    struct fixture *fx = *state;
    if (getenv("TEST_KAFKA_BOOTSTRAP") == NULL)
        skip();
    fx->items[0].value = getenv("TEST_KAFKA_BOOTSTRAP");
    char name[64];
    (void)snprintf(name, sizeof name, "tasks-%lld", (long long)clock_now().wall_us);
    make_topic(fx->items[0].value, name);
    fx->names = (struct topic_names){{[TOPIC_TASKS] = name}};
    for (int i = 0; i < TRIES; i++)
        assert_int_equal(stored_behind_a_failure(fx, (uint64_t)i % 4, 20 * i), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_task_is_stored_behind_one_that_failed, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
