/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/reader.h about logs that lose records, on a real Apache Kafka when
 * TEST_KAFKA_BOOTSTRAP names one: the mock cluster deletes nothing. */
#include "kafka_fixture.h"

#include <string.h>

#include "shell/kafka_topics.h"
#include "shell/producer.h"
#include "shell/reader.h"

enum { RECORDS = 100, ADMIN_MS = 20000 };

static const struct reader_at at = {TOPIC_LEDGER, 0};

static bool open_kafka(struct fixture *fx, char name[64])
{
    if (getenv("TEST_KAFKA_BOOTSTRAP") == NULL)
        return false;
    fx->items[0].value = getenv("TEST_KAFKA_BOOTSTRAP");
    (void)snprintf(name, 64, "ledger-%lld", (long long)clock_now().wall_us);
    fx->names = (struct topic_names){{[TOPIC_LEDGER] = name}};
    struct topics_options options = {.kafka = fx->options,
                                     .names = fx->names,
                                     .partition_n = 1,
                                     .replication_factor = -1,
                                     .create = true};
    struct topics *topics = NULL;
    struct fault fault;
    assert_int_equal(topics_open(&options, &topics, &fault), ERR_OK);
    topics_check(topics);
    struct topics_event event = {0};
    FIXTURE_UNTIL(fx, event.type == TOPICS_READY, (void)topics_next(topics, &event));
    topics_close(topics, FIXTURE_CLOSE_MS);
    return true;
}

static void fill(struct fixture *fx)
{
    struct producer_options options = {.kafka = fx->options, .names = fx->names};
    struct producer *producer = NULL;
    struct fault fault;
    assert_int_equal(producer_open(&options, &producer, &fault), ERR_OK);
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct producer_record record = {
            .topic = TOPIC_LEDGER, .partition = 0, .ticket = i, .value = VIEW_LIT("x")};
        assert_int_equal(producer_put(producer, &record, &fault), ERR_OK);
    }
    struct producer_report report;
    FIXTURE_UNTIL(fx, producer_is_idle(producer), {
        while (producer_next(producer, &report))
            assert_int_equal(report.err, ERR_OK);
    });
    producer_close(producer, FIXTURE_CLOSE_MS);
}

/* A client of the test's own for what the modules never do. */
static rd_kafka_t *open_admin(const struct fixture *fx)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(
        rd_kafka_conf_set(conf, "bootstrap.servers", fx->items[0].value, why, sizeof why),
        RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(rk);
    return rk;
}

static void expect_done(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
}

static void delete_records(const struct fixture *fx, int64_t before)
{
    rd_kafka_t *rk = open_admin(fx);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, fx->names.name[TOPIC_LEDGER], 0)->offset = before;
    rd_kafka_DeleteRecords_t *what = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &what, 1, NULL, queue);
    expect_done(queue);
    rd_kafka_DeleteRecords_destroy(what);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static void delete_topic(const struct fixture *fx)
{
    rd_kafka_t *rk = open_admin(fx);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *what = rd_kafka_DeleteTopic_new(fx->names.name[TOPIC_LEDGER]);
    rd_kafka_DeleteTopics(rk, &what, 1, NULL, queue);
    expect_done(queue);
    rd_kafka_DeleteTopic_destroy(what);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static struct reader *open_reader(struct fixture *fx)
{
    struct reader_options options = {.kafka = fx->options, .names = fx->names};
    struct reader *reader = NULL;
    struct fault fault;
    assert_int_equal(reader_open(&options, &reader, &fault), ERR_OK);
    return reader;
}

static struct reader_event next(struct fixture *fx, struct reader *reader)
{
    struct reader_event event = {0};
    FIXTURE_UNTIL(fx, event.type != 0, (void)reader_next(reader, &event));
    return event;
}

static void a_deleted_position_is_told_and_the_start_of_the_log_can_be_read(void **state)
{
    struct fixture *fx = *state;
    char name[64];
    if (!open_kafka(fx, name))
        skip();
    fill(fx);
    delete_records(fx, 60);
    struct reader *reader = open_reader(fx);
    struct fault fault;
    assert_int_equal(reader_start(reader, at, 59, &fault), ERR_OK);
    struct reader_event event = next(fx, reader);
    assert_int_equal(event.type, READER_GONE);
    assert_false(reader_is_started(reader, at));
    assert_int_equal(reader_start(reader, at, READER_BEGINNING, &fault), ERR_OK);
    event = next(fx, reader);
    assert_int_equal(event.type, READER_RECORD);
    assert_int_equal(event.offset, 60);
    assert_true(event.log_append_time);
    int64_t low = -1;
    int64_t high = -1;
    assert_true(reader_watermarks(reader, at, &low, &high));
    assert_int_equal(low, 60);
    assert_int_equal(high, RECORDS);
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void a_topic_that_is_deleted_under_its_reader_is_told(void **state)
{
    struct fixture *fx = *state;
    char name[64];
    if (!open_kafka(fx, name))
        skip();
    fill(fx);
    struct reader *reader = open_reader(fx);
    struct fault fault;
    assert_int_equal(reader_start(reader, at, 0, &fault), ERR_OK);
    struct reader_event event = {0};
    FIXTURE_UNTIL(fx, event.type == READER_EOF, {
        while (event.type != READER_EOF && reader_next(reader, &event))
            ;
    });
    delete_topic(fx);
    event = next(fx, reader);
    assert_true(event.type == READER_FAILED || event.type == READER_GONE);
    assert_non_null(strstr(event.fault.text, name));
    assert_false(reader_is_started(reader, at));
    reader_close(reader, FIXTURE_CLOSE_MS);
}

#define ON_KAFKA(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_KAFKA(a_deleted_position_is_told_and_the_start_of_the_log_can_be_read),
        ON_KAFKA(a_topic_that_is_deleted_under_its_reader_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
