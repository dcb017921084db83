/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/intake.h, on librdkafka's mock cluster. */
#include "kafka_fixture.h"

#include <string.h>

#include "shell/intake.h"

struct rig {
    struct fixture *fx;
    struct producer *producer;
    struct intake *intake;
    struct reader *reader;
};

static void rig_open(struct rig *rig, struct fixture *fx, int64_t dead_letter_bytes_max)
{
    rig->fx = fx;
    struct fault fault = {""};
    struct producer_options producer = {.kafka = fx->options, .names = fx->names};
    assert_int_equal(producer_open(&producer, &rig->producer, &fault), ERR_OK);
    struct intake_options intake = {.producer = rig->producer,
                                    .requests = "requests",
                                    .partition_n = FIXTURE_PARTITIONS,
                                    .dead_letter_bytes_max = dead_letter_bytes_max};
    assert_int_equal(intake_open(&intake, &rig->intake, &fault), ERR_OK);
    assert_int_equal(intake_assign(rig->intake, 5, READER_BEGINNING, &fault), ERR_OK);
    struct reader_options reader = {.kafka = fx->options, .names = fx->names};
    reader.headers[TOPIC_DEAD_LETTERS] = true;
    assert_int_equal(reader_open(&reader, &rig->reader, &fault), ERR_OK);
}

static void rig_close(struct rig *rig)
{
    intake_close(rig->intake);
    reader_close(rig->reader, FIXTURE_CLOSE_MS);
    producer_close(rig->producer, FIXTURE_CLOSE_MS);
}

/* Until everything is acknowledged; returns the last offset to be committed. */
static int64_t settle(struct rig *rig)
{
    int64_t committed = -1;
    struct producer_report report;
    struct intake_event event;
    FIXTURE_UNTIL(rig->fx, intake_is_idle(rig->intake), {
        while (producer_next(rig->producer, &report))
            intake_report(rig->intake, &report);
    });
    while (intake_next(rig->intake, &event)) {
        assert_int_equal(event.type, INTAKE_COMMIT);
        assert_int_equal(event.partition, 5);
        committed = event.offset;
    }
    return committed;
}

/* The next record of any started partition. */
static struct reader_event next_record(struct rig *rig)
{
    struct reader_event event = {0};
    FIXTURE_UNTIL(rig->fx, event.type == READER_RECORD, {
        while (event.type != READER_RECORD && reader_next(rig->reader, &event))
            assert_true(event.type == READER_RECORD || event.type == READER_EOF);
    });
    return event;
}

static void start_all(struct rig *rig, enum topic topic)
{
    struct fault fault;
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
        assert_int_equal(reader_start(rig->reader, (struct reader_at){topic, p}, 0, &fault),
                         ERR_OK);
}

static struct reader_event input(int64_t offset, struct view value)
{
    return (struct reader_event){
        .type = READER_RECORD, .at = {TOPIC_REQUESTS, 5}, .offset = offset, .value = value};
}

static void tasks_go_where_java_would_send_their_instance(void **state)
{
    struct rig rig;
    rig_open(&rig, *state, 0);
    struct intake_task tasks[] = {{VIEW_LIT("ein-00000001"), VIEW_LIT("task-0")},
                                  {VIEW_LIT("ein-00000002"), VIEW_LIT("task-1")},
                                  {VIEW_LIT("ein-00000003"), VIEW_LIT("task-2")}};
    struct intake_split split = {.result = INTAKE_ACCEPTED, .tasks = tasks, .task_n = 3};
    struct reader_event record = input(40, VIEW_LIT("{}"));
    intake_take(rig.intake, &record, &split);
    split = (struct intake_split){.result = INTAKE_TOMBSTONE};
    record = input(41, VIEW_NONE);
    intake_take(rig.intake, &record, &split);
    assert_int_equal(settle(&rig), 42);
    start_all(&rig, TOPIC_TASKS);
    bool seen[3] = {false};
    for (int i = 0; i < 3; i++) {
        struct reader_event event = next_record(&rig);
        int which = event.value.p[5] - '0';
        assert_true(view_equals(event.value, tasks[which].value));
        assert_true(view_equals(event.key, tasks[which].instance_id));
        assert_int_equal(event.at.partition,
                         rd_kafka_msg_partitioner_murmur2(NULL, event.key.p, event.key.n,
                                                          FIXTURE_PARTITIONS, NULL, NULL));
        seen[which] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    struct intake_stats stats;
    intake_stats(rig.intake, &stats);
    assert_int_equal(stats.accepted_n, 1);
    assert_int_equal(stats.tombstones_n, 1);
    assert_int_equal(stats.tasks_n, 3);
    rig_close(&rig);
}

static bool has_header(const struct reader_event *event, const char *name, const char *value)
{
    for (size_t i = 0; i < event->header_n; i++) {
        if (view_is(event->headers[i].name, name))
            return view_is(event->headers[i].value, value);
    }
    return false;
}

static void refuse(struct rig *rig, const struct reader_event *record)
{
    struct intake_task task = {VIEW_NONE, VIEW_LIT("refusal")};
    struct intake_split split = {.result = INTAKE_REFUSED,
                                 .tasks = &task,
                                 .task_n = 1,
                                 .error_code = VIEW_LIT("request.invalid_json"),
                                 .error_message = VIEW_LIT("not JSON")};
    intake_take(rig->intake, record, &split);
    assert_int_equal(settle(rig), record->offset + 1);
    start_all(rig, TOPIC_DEAD_LETTERS);
}

static void a_dead_letter_is_the_record_untouched_with_its_story(void **state)
{
    struct rig rig;
    rig_open(&rig, *state, 0);
    struct kafka_header headers[] = {{VIEW_LIT("traceparent"), VIEW_LIT("00-1")},
                                     {VIEW_LIT("empty"), VIEW_NONE}};
    struct reader_event record = input(7, VIEW_LIT("{\0 not json"));
    record.key = VIEW_LIT("their key");
    record.headers = headers;
    record.header_n = 2;
    refuse(&rig, &record);
    struct reader_event event = next_record(&rig);
    assert_true(view_equals(event.value, record.value));
    assert_true(view_is(event.key, "their key"));
    assert_int_equal(event.header_n, 8);
    assert_true(view_is(event.headers[0].name, "traceparent"));
    assert_true(view_is(event.headers[0].value, "00-1"));
    assert_null(event.headers[1].value.p);
    assert_true(has_header(&event, "__connect.errors.topic", "requests"));
    assert_true(has_header(&event, "__connect.errors.partition", "5"));
    assert_true(has_header(&event, "__connect.errors.offset", "7"));
    assert_true(has_header(&event, "__connect.errors.stage", "intake"));
    assert_true(
        has_header(&event, "__connect.errors.exception.class.name", "request.invalid_json"));
    assert_true(has_header(&event, "__connect.errors.exception.message", "not JSON"));
    rig_close(&rig);
}

static void a_record_too_large_for_the_dead_letters_is_cut_and_says_so(void **state)
{
    struct rig rig;
    enum { LIMIT = 2000, BYTES = 100000 };
    rig_open(&rig, *state, LIMIT);
    char *big = malloc(BYTES);
    memset(big, 'x', BYTES);
    struct reader_event record = input(7, (struct view){big, BYTES});
    refuse(&rig, &record);
    struct reader_event event = next_record(&rig);
    assert_true(event.value.n > 0 && event.value.n < LIMIT);
    assert_true(has_header(&event, "truncated-from", "100000"));
    assert_true(has_header(&event, "__connect.errors.offset", "7"));
    free(big);
    rig_close(&rig);
}

#define ON_MOCK(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_MOCK(tasks_go_where_java_would_send_their_instance),
        ON_MOCK(a_dead_letter_is_the_record_untouched_with_its_story),
        ON_MOCK(a_record_too_large_for_the_dead_letters_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
