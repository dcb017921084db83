/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/intake_flow.h, on librdkafka's mock cluster. */
#include "kafka_fixture.h"

#include <string.h>

#include "base/random.h"
#include "shell/intake_flow.h"
#include "shell/reader.h"

enum { API_PRODUCE = 0, INPUTS = 4, RECORDS = 1500 };

/* A worker's intake: made-up input records whose pieces are a pure function of their place. */
struct rig {
    struct fixture *fx;
    struct producer *producer;
    struct intake_flow *flow;
    int64_t next[INPUTS];      /* the record to take next */
    int64_t committed[INPUTS]; /* what FLOW_COMMIT said last */
    bool waiting[INPUTS];      /* restarted: to be assigned again */
    int restart_n;
};

static void rig_open(struct rig *rig, struct fixture *fx)
{
    *rig = (struct rig){.fx = fx};
    struct producer_options options = {.kafka = fx->options, .names = fx->names};
    struct fault fault;
    assert_int_equal(producer_open(&options, &rig->producer, &fault), ERR_OK);
    assert_int_equal(intake_flow_open(rig->producer, &rig->flow, &fault), ERR_OK);
    for (int32_t p = 0; p < INPUTS; p++)
        assert_int_equal(intake_flow_assign(rig->flow, p, 0, &fault), ERR_OK);
}

static void rig_close(struct rig *rig)
{
    intake_flow_close(rig->flow);
    producer_close(rig->producer, FIXTURE_CLOSE_MS);
}

/* How many pieces record `offset` of an input has, and where piece i goes. */
static uint32_t piece_n_of(int32_t input, int64_t offset)
{
    return (uint32_t)((input * 7 + offset * 3) % 5);
}

static int32_t target_of(int32_t input, int64_t offset, uint32_t i)
{
    return (int32_t)((input + offset * 5 + i) % FIXTURE_PARTITIONS);
}

static void take(struct rig *rig, int32_t input)
{
    int64_t offset = rig->next[input]++;
    uint32_t n = piece_n_of(input, offset);
    intake_flow_begin(rig->flow, input, offset, n);
    for (uint32_t i = 0; i < n; i++) {
        char value[64];
        int value_n = snprintf(value, sizeof value, "%d %d %u", input, (int)offset, i);
        struct producer_record piece = {.topic = TOPIC_TASKS,
                                        .partition = target_of(input, offset, i),
                                        .value = {value, (size_t)value_n}};
        intake_flow_put(rig->flow, &piece);
    }
}

static void hear(struct rig *rig)
{
    struct producer_report report;
    while (producer_next(rig->producer, &report))
        intake_flow_report(rig->flow, &report);
    struct flow_event event;
    while (intake_flow_next(rig->flow, &event)) {
        int32_t p = event.partition;
        assert_true(event.offset >= rig->committed[p]); /* never backwards */
        if (event.type == FLOW_COMMIT) {
            rig->committed[p] = event.offset;
            continue;
        }
        assert_int_equal(event.offset, rig->committed[p]);
        assert_false(intake_flow_is_assigned(rig->flow, p));
        rig->next[p] = event.offset;
        rig->waiting[p] = true;
        rig->restart_n++;
    }
}

static bool is_done(const struct rig *rig)
{
    for (int p = 0; p < INPUTS; p++) {
        if (rig->committed[p] < RECORDS)
            return false;
    }
    return true;
}

/* Takes some records of each input, as far as there is room. */
static void feed(struct rig *rig, struct random *random)
{
    struct fault fault;
    for (int32_t p = 0; p < INPUTS; p++) {
        if (intake_flow_is_full(rig->flow))
            return;
        if (rig->waiting[p]) {
            assert_int_equal(intake_flow_assign(rig->flow, p, rig->next[p], &fault), ERR_OK);
            rig->waiting[p] = false;
        }
        uint64_t n = random_below(random, 100);
        while (n-- > 0 && rig->next[p] < RECORDS && intake_flow_is_assigned(rig->flow, p))
            take(rig, p);
    }
}

/* A place among the pieces of one input. */
struct piece_at {
    int64_t offset;
    uint32_t i;
};

static struct piece_at piece_after(int32_t input, struct piece_at at)
{
    at.i++;
    while (at.offset < RECORDS && at.i >= piece_n_of(input, at.offset))
        at = (struct piece_at){at.offset + 1, 0};
    return at;
}

/* The first piece of an input from a place on that goes to the target; offset RECORDS: none. */
static struct piece_at piece_for(int32_t input, int32_t target, struct piece_at at)
{
    if (at.i >= piece_n_of(input, at.offset))
        at = piece_after(input, at);
    while (at.offset < RECORDS && target_of(input, at.offset, at.i) != target)
        at = piece_after(input, at);
    return at;
}

/* Applies the ledger's rule to a task: one at or below the highest source position of its input is
 * dropped, and counted. Any other must be the next piece. */
static void expect_task(const struct reader_event *event, int32_t target,
                        struct piece_at next[INPUTS], int *repeated)
{
    if (event->type == READER_EOF)
        return;
    assert_int_equal(event->type, READER_RECORD);
    char text[64] = "";
    memcpy(text, event->value.p, event->value.n);
    char *rest = NULL;
    int32_t input = (int32_t)strtol(text, &rest, 10);
    struct piece_at got = {.offset = strtol(rest, &rest, 10)};
    got.i = (uint32_t)strtoul(rest, NULL, 10);
    struct piece_at *due = &next[input];
    if (got.offset < due->offset || (got.offset == due->offset && got.i < due->i)) {
        (*repeated)++;
        return;
    }
    assert_int_equal(got.offset, due->offset);
    assert_int_equal(got.i, due->i);
    *due = piece_for(input, target, piece_after(input, *due));
}

/* Reads all tasks: what the ledger's rule leaves of them is every piece, once, in order. */
static void expect_exact(struct fixture *fx, int *repeated_out)
{
    struct reader_options options = {.kafka = fx->options, .names = fx->names};
    struct reader *reader = NULL;
    struct fault fault;
    assert_int_equal(reader_open(&options, &reader, &fault), ERR_OK);
    *repeated_out = 0;
    for (int32_t target = 0; target < FIXTURE_PARTITIONS; target++) {
        struct piece_at next[INPUTS];
        for (int32_t input = 0; input < INPUTS; input++)
            next[input] = piece_for(input, target, (struct piece_at){0, 0});
        assert_int_equal(reader_start(reader, (struct reader_at){TOPIC_TASKS, target}, 0, &fault),
                         ERR_OK);
        struct reader_event event = {.type = READER_RECORD};
        FIXTURE_UNTIL(fx, event.type == READER_EOF, {
            while (event.type != READER_EOF && reader_next(reader, &event))
                expect_task(&event, target, next, repeated_out);
        });
        reader_stop(reader, (struct reader_at){TOPIC_TASKS, target});
        for (int32_t input = 0; input < INPUTS; input++)
            assert_int_equal(next[input].offset, RECORDS);
    }
    reader_close(reader, FIXTURE_CLOSE_MS);
}

static void everything_is_stored_once_and_committed_to_the_end(void **state)
{
    struct rig rig;
    struct random random = {1};
    rig_open(&rig, *state);
    FIXTURE_UNTIL(rig.fx, is_done(&rig), {
        feed(&rig, &random);
        hear(&rig);
    });
    assert_int_equal(rig.restart_n, 0);
    assert_int_equal(intake_flow_outstanding(rig.flow), 0);
    int repeated = 0;
    expect_exact(rig.fx, &repeated);
    assert_int_equal(repeated, 0);
    rig_close(&rig);
}

static void failures_for_good_repeat_but_lose_and_reorder_nothing(void **state)
{
    struct rig rig;
    struct random random = {2};
    rig_open(&rig, *state);
    int failures = 3;
    FIXTURE_UNTIL(rig.fx, is_done(&rig), {
        if (failures > 0 && rig.committed[0] > 200 * (4 - failures)) {
            rd_kafka_mock_push_request_errors(rig.fx->cluster, API_PRODUCE, 1,
                                              RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
            failures--;
        }
        feed(&rig, &random);
        hear(&rig);
    });
    assert_true(rig.restart_n > 0);
    int repeated = 0;
    expect_exact(rig.fx, &repeated);
    rig_close(&rig);
}

static void reports_of_a_revoked_partition_are_ignored(void **state)
{
    struct rig rig;
    struct fault fault;
    rig_open(&rig, *state);
    for (int i = 0; i < 50; i++)
        take(&rig, 1);
    intake_flow_revoke(rig.flow, 1);
    assert_int_equal(intake_flow_assign(rig.flow, 1, 7, &fault), ERR_OK);
    FIXTURE_UNTIL(rig.fx, intake_flow_outstanding(rig.flow) == 0, hear(&rig));
    assert_int_equal(rig.committed[1], 0);
    rig.next[1] = 7;
    rig.committed[1] = 7;
    take(&rig, 1);
    FIXTURE_UNTIL(rig.fx, rig.committed[1] == 8, hear(&rig));
    rig_close(&rig);
}

static void it_is_full_while_the_brokers_are_away_and_goes_on_after(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    assert_int_equal(rd_kafka_mock_broker_set_down(rig.fx->cluster, 1), 0);
    while (!intake_flow_is_full(rig.flow)) {
        assert_true(rig.next[0] < 100000);
        take(&rig, 0);
    }
    assert_true(intake_flow_outstanding(rig.flow) >= FLOW_PIECES_MAX);
    assert_int_equal(rd_kafka_mock_broker_set_up(rig.fx->cluster, 1), 0);
    FIXTURE_UNTIL(rig.fx, rig.committed[0] == rig.next[0], hear(&rig));
    assert_false(intake_flow_is_full(rig.flow));
    rig_close(&rig);
}

#define ON_MOCK(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MOCK(everything_is_stored_once_and_committed_to_the_end),
        ON_MOCK(failures_for_good_repeat_but_lose_and_reorder_nothing),
        ON_MOCK(reports_of_a_revoked_partition_are_ignored),
        ON_MOCK(it_is_full_while_the_brokers_are_away_and_goes_on_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
