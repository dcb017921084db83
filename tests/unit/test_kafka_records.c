/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/producer.h and shell/reader.h, on librdkafka's mock cluster. */
#include "kafka_fixture.h"

#include <inttypes.h>
#include <string.h>

#include "shell/producer.h"
#include "shell/reader.h"

enum { API_PRODUCE = 0 };

static struct producer *open_producer(struct fixture *fx)
{
    struct producer_options options = {.kafka = fx->options, .names = fx->names};
    struct producer *producer = NULL;
    struct fault fault = {""};
    assert_int_equal(producer_open(&options, &producer, &fault), ERR_OK);
    return producer;
}

static struct reader *open_reader(struct fixture *fx)
{
    struct reader_options options = {.kafka = fx->options, .names = fx->names};
    options.headers[TOPIC_REQUESTS] = true;
    struct reader *reader = NULL;
    struct fault fault = {""};
    assert_int_equal(reader_open(&options, &reader, &fault), ERR_OK);
    return reader;
}

static enum err put(struct producer *producer, enum topic topic, int32_t partition, uint64_t ticket)
{
    char text[32];
    (void)snprintf(text, sizeof text, "value-%" PRIu64, ticket);
    struct producer_record record = {.topic = topic,
                                     .partition = partition,
                                     .ticket = ticket,
                                     .key = VIEW_LIT("key"),
                                     .value = view_of(text)};
    struct fault fault;
    return producer_put(producer, &record, &fault);
}

/* Pulls reports until n have come; all must say ok, with tickets and offsets from `first` on. */
static void expect_delivered(struct fixture *fx, struct producer *producer, uint64_t first,
                             uint64_t n)
{
    uint64_t got = 0;
    struct producer_report report;
    FIXTURE_UNTIL(fx, got == n, {
        while (producer_next(producer, &report)) {
            assert_int_equal(report.err, ERR_OK);
            assert_int_equal(report.ticket, first + got);
            assert_int_equal(report.offset, first + got);
            got++;
        }
    });
}

static void fill(struct fixture *fx, enum topic topic, int32_t partition, uint64_t n)
{
    struct producer *producer = open_producer(fx);
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(put(producer, topic, partition, i), ERR_OK);
    expect_delivered(fx, producer, 0, n);
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void start(struct reader *reader, struct reader_at at, int64_t offset)
{
    struct fault fault = {""};
    assert_int_equal(reader_start(reader, at, offset, &fault), ERR_OK);
}

static void records_come_back_in_the_order_they_were_put(void **state)
{
    struct fixture *fx = *state;
    enum { N = 5000 };
    fill(fx, TOPIC_TASKS, 1, N);
    struct reader *reader = open_reader(fx);
    struct reader_at at = {TOPIC_TASKS, 1};
    start(reader, at, 0);
    int64_t next = 0;
    bool end = false;
    struct reader_event event;
    FIXTURE_UNTIL(fx, end, {
        while (reader_next(reader, &event)) {
            if (event.type == READER_EOF) {
                assert_int_equal(event.offset, N);
                end = true;
                continue;
            }
            assert_int_equal(event.type, READER_RECORD);
            assert_int_equal(event.at.partition, 1);
            assert_int_equal(event.offset, next);
            assert_true(view_is(event.key, "key"));
            char text[32];
            (void)snprintf(text, sizeof text, "value-%" PRId64, next++);
            assert_true(view_is(event.value, text));
        }
    });
    assert_int_equal(next, N);
    int64_t low = -1;
    int64_t high = -1;
    assert_true(reader_watermarks(reader, at, &low, &high));
    assert_int_equal(high, N);
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void headers_and_nulls_survive(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    struct kafka_header headers[] = {{VIEW_LIT("a"), VIEW_LIT("1")}, {VIEW_LIT("b"), VIEW_NONE}};
    const int32_t partition =
        rd_kafka_msg_partitioner_murmur2(NULL, "k", 1, FIXTURE_PARTITIONS, NULL, NULL);
    enum { HEADERS, NO_KEY, TOMBSTONE, N };
    const struct producer_record records[N] = {
        [HEADERS] = {.topic = TOPIC_REQUESTS,
                     .partition = PRODUCER_ANY,
                     .ticket = HEADERS,
                     .key = VIEW_LIT("k"),
                     .value = VIEW_LIT("x"),
                     .headers = headers,
                     .header_n = 2},
        [NO_KEY] = {.topic = TOPIC_REQUESTS,
                    .partition = partition,
                    .ticket = NO_KEY,
                    .value = VIEW_LIT("x")},
        /* Held until the one before it is acknowledged. */
        [TOMBSTONE] = {.topic = TOPIC_REQUESTS,
                       .partition = partition,
                       .ticket = TOMBSTONE,
                       .key = VIEW_LIT("k")},
    };
    struct fault fault;
    for (int i = 0; i < N; i++)
        assert_int_equal(producer_put(producer, &records[i], &fault), ERR_OK);
    expect_delivered(fx, producer, 0, N);
    struct reader *reader = open_reader(fx);
    start(reader, (struct reader_at){TOPIC_REQUESTS, partition}, READER_BEGINNING);
    int seen = 0;
    struct reader_event event;
    FIXTURE_UNTIL(fx, seen == N, {
        while (seen < N && reader_next(reader, &event)) {
            assert_int_equal(event.type, READER_RECORD);
            if (seen == HEADERS) {
                assert_int_equal(event.header_n, 2);
                assert_true(view_is(event.headers[0].name, "a"));
                assert_true(view_is(event.headers[0].value, "1"));
                assert_null(event.headers[1].value.p);
            }
            assert_int_equal(event.key.p == NULL, seen == NO_KEY);
            assert_int_equal(event.is_tombstone, seen == TOMBSTONE);
            seen++;
        }
    });
    reader_close(reader, FIXTURE_CLOSE_MS);
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void a_position_that_does_not_exist_is_told_and_never_reset(void **state)
{
    struct fixture *fx = *state;
    fill(fx, TOPIC_LEDGER, 0, 10);
    struct reader *reader = open_reader(fx);
    struct reader_at at = {TOPIC_LEDGER, 0};
    start(reader, at, 11);
    bool gone = false;
    struct reader_event event;
    FIXTURE_UNTIL(fx, gone, {
        while (reader_next(reader, &event)) {
            assert_int_equal(event.type, READER_GONE);
            assert_int_not_equal(event.fault.text[0], '\0');
            gone = true;
        }
    });
    assert_false(reader_is_started(reader, at));
    start(reader, at, 9); /* and may be started again */
    bool end = false;
    FIXTURE_UNTIL(fx, end, {
        while (reader_next(reader, &event)) {
            assert_true(event.type == READER_EOF || event.offset == 9);
            end = event.type == READER_EOF;
        }
    });
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void a_paused_partition_holds_up_no_other_and_loses_nothing(void **state)
{
    struct fixture *fx = *state;
    enum { N = 20000 };
    fill(fx, TOPIC_TASKS, 0, N);
    fill(fx, TOPIC_TASKS, 1, N);
    struct reader *reader = open_reader(fx);
    struct reader_at held = {TOPIC_TASKS, 0};
    start(reader, held, 0);
    start(reader, (struct reader_at){TOPIC_TASKS, 1}, 0);
    reader_pause(reader, held);
    int64_t next[2] = {0, 0};
    struct reader_event event;
    FIXTURE_UNTIL(fx, next[1] == N, {
        while (reader_next(reader, &event)) {
            assert_int_equal(event.at.partition, 1);
            if (event.type == READER_RECORD)
                assert_int_equal(event.offset, next[1]++);
        }
    });
    reader_resume(reader, held);
    FIXTURE_UNTIL(fx, next[0] == N, {
        while (reader_next(reader, &event)) {
            if (event.type == READER_RECORD)
                assert_int_equal(event.offset, next[event.at.partition]++);
        }
    });
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void nothing_of_a_stopped_partition_comes_and_it_starts_again_where_told(void **state)
{
    struct fixture *fx = *state;
    enum { N = 1000 };
    fill(fx, TOPIC_LEDGER, 2, N);
    struct reader *reader = open_reader(fx);
    struct reader_at at = {TOPIC_LEDGER, 2};
    struct reader_event event;
    for (int64_t round = 0; round < 20; round++) {
        int64_t from = round * 37;
        start(reader, at, from);
        int64_t next = from;
        FIXTURE_UNTIL(fx, next >= from + 10, {
            while (next < from + 10 && reader_next(reader, &event)) {
                assert_int_equal(event.type, READER_RECORD);
                assert_int_equal(event.offset, next++);
            }
        });
        reader_stop(reader, at);
        assert_false(reader_next(reader, &event));
    }
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void a_passing_error_of_the_broker_loses_and_repeats_nothing(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    rd_kafka_mock_push_request_errors(
        fx->cluster, API_PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(put(producer, TOPIC_LEDGER, 0, i), ERR_OK);
    expect_delivered(fx, producer, 0, 100);
    struct producer_stats stats;
    producer_stats(producer, &stats);
    assert_int_equal(stats.lives_n, 1);
    assert_true(producer_is_idle(producer));
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void a_failure_for_good_fails_all_that_is_outstanding_and_a_new_life_begins(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    assert_int_equal(put(producer, TOPIC_LEDGER, 0, 0), ERR_OK);
    expect_delivered(fx, producer, 0, 1);
    rd_kafka_mock_push_request_errors(fx->cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    uint64_t n = 0;
    while (n < 50 && put(producer, TOPIC_LEDGER, 0, n + 1) == ERR_OK)
        n++;
    struct producer_report report;
    uint64_t delivered = 0;
    uint64_t failed = 0;
    FIXTURE_UNTIL(fx, delivered + failed == n, {
        while (producer_next(producer, &report)) {
            if (report.err == ERR_OK)
                assert_int_equal(failed, 0); /* none is stored behind one that failed */
            delivered += report.err == ERR_OK;
            failed += report.err != ERR_OK;
        }
    });
    assert_true(failed > 0);
    assert_int_equal(put(producer, TOPIC_LEDGER, 0, 50), ERR_UNAVAILABLE);
    enum err err = ERR_UNAVAILABLE;
    FIXTURE_UNTIL(fx, err == ERR_OK, {
        assert_false(producer_next(producer, &report));
        err = put(producer, TOPIC_LEDGER, 0, 50);
    });
    bool done = false;
    FIXTURE_UNTIL(fx, done, {
        while (producer_next(producer, &report)) {
            assert_int_equal(report.err, ERR_OK);
            assert_int_equal(report.ticket, 50);
            done = true;
        }
    });
    struct producer_stats stats;
    producer_stats(producer, &stats);
    assert_int_equal(stats.lives_n, 2);
    producer_close(producer, FIXTURE_CLOSE_MS);
}

/* The mock cluster, as a real broker that does not know the producer, accepts whatever comes next;
 * and librdkafka has the next request ready while one is in flight. */
static void nothing_is_stored_behind_the_first_one_when_it_is_refused(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    assert_int_equal(put(producer, TOPIC_TASKS, 1, 0), ERR_OK);
    expect_delivered(fx, producer, 0, 1); /* connected, with a producer id */
    assert_int_equal(rd_kafka_mock_broker_set_rtt(fx->cluster, 1, 200), 0);
    rd_kafka_mock_push_request_errors(fx->cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    struct producer_report report;
    bool failed = false;
    uint64_t put_n = 0;
    uint64_t reported_n = 0;
    while (!failed) {
        assert_int_equal(put(producer, TOPIC_TASKS, 0, ++put_n), ERR_OK);
        fixture_wait(fx, 5);
        while (producer_next(producer, &report)) {
            failed = true;
            reported_n++;
            assert_int_equal(report.ticket, reported_n);
        }
    }
    assert_true(put_n > 5); /* some came while the first was on its way */
    FIXTURE_UNTIL(fx, reported_n == put_n, {
        while (producer_next(producer, &report)) {
            reported_n++;
            assert_int_not_equal(report.err, ERR_OK);
            assert_int_equal(report.ticket, reported_n);
        }
    });
    struct reader *reader = open_reader(fx);
    start(reader, (struct reader_at){TOPIC_TASKS, 0}, READER_BEGINNING);
    struct reader_event event;
    bool seen = false;
    FIXTURE_UNTIL(fx, seen, seen = reader_next(reader, &event));
    assert_int_equal(event.type, READER_EOF);
    assert_int_equal(event.offset, 0);
    reader_close(reader, FIXTURE_CLOSE_MS);
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void intake_cannot_lock_out_the_ledger(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    assert_int_equal(rd_kafka_mock_broker_set_down(fx->cluster, 1), 0);
    uint64_t n = 0;
    enum err err = ERR_OK;
    while ((err = put(producer, TOPIC_TASKS, (int32_t)(n % 3), n)) == ERR_OK)
        n++;
    assert_int_equal(err, ERR_LIMIT);
    assert_int_equal(n, PRODUCER_RECORDS_MAX / 2);
    assert_int_equal(put(producer, TOPIC_LEDGER, 0, n), ERR_OK);
    assert_int_equal(put(producer, TOPIC_RESULTS, PRODUCER_ANY, n + 1), ERR_OK);
    assert_false(producer_has_room(producer, TOPIC_TASKS, 1, 1));
    assert_true(producer_has_room(producer, TOPIC_LEDGER, 1, 1));
    assert_int_equal(rd_kafka_mock_broker_set_up(fx->cluster, 1), 0);
    struct producer_report report;
    FIXTURE_UNTIL(fx, producer_is_idle(producer), {
        while (producer_next(producer, &report))
            assert_int_equal(report.err, ERR_OK);
    });
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void a_record_over_the_limit_is_refused_at_once(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    char *big = calloc(1, PRODUCER_RECORD_BYTES_MAX + 1);
    struct producer_record record = {
        .topic = TOPIC_DEAD_LETTERS, .partition = 0, .value = {big, PRODUCER_RECORD_BYTES_MAX + 1}};
    struct fault fault = {""};
    assert_int_equal(producer_put(producer, &record, &fault), ERR_INVALID);
    assert_non_null(strstr(fault.text, "dlt"));
    assert_true(producer_is_idle(producer));
    free(big);
    producer_close(producer, FIXTURE_CLOSE_MS);
}

static void results_are_partitioned_as_java_does(void **state)
{
    struct fixture *fx = *state;
    struct producer *producer = open_producer(fx);
    struct producer_report report;
    for (int i = 0; i < 50; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "ein-%08x", i);
        struct producer_record record = {.topic = TOPIC_RESULTS,
                                         .partition = PRODUCER_ANY,
                                         .ticket = (uint64_t)i,
                                         .key = {key, (size_t)n},
                                         .value = VIEW_LIT("{}")};
        struct fault fault;
        assert_int_equal(producer_put(producer, &record, &fault), ERR_OK);
        bool done = false;
        FIXTURE_UNTIL(fx, done, {
            while (producer_next(producer, &report)) {
                assert_int_equal(report.partition,
                                 rd_kafka_msg_partitioner_murmur2(NULL, key, (size_t)n,
                                                                  FIXTURE_PARTITIONS, NULL, NULL));
                done = true;
            }
        });
    }
    producer_close(producer, FIXTURE_CLOSE_MS);
}

#define ON_MOCK(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MOCK(records_come_back_in_the_order_they_were_put),
        ON_MOCK(headers_and_nulls_survive),
        ON_MOCK(a_position_that_does_not_exist_is_told_and_never_reset),
        ON_MOCK(a_paused_partition_holds_up_no_other_and_loses_nothing),
        ON_MOCK(nothing_of_a_stopped_partition_comes_and_it_starts_again_where_told),
        ON_MOCK(a_passing_error_of_the_broker_loses_and_repeats_nothing),
        ON_MOCK(a_failure_for_good_fails_all_that_is_outstanding_and_a_new_life_begins),
        ON_MOCK(nothing_is_stored_behind_the_first_one_when_it_is_refused),
        ON_MOCK(intake_cannot_lock_out_the_ledger),
        ON_MOCK(a_record_over_the_limit_is_refused_at_once),
        ON_MOCK(results_are_partitioned_as_java_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
