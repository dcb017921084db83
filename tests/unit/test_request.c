/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to tasks, beyond what the corpus of tests/schemas says of single records: what tasks
 * share, what a reading keeps and forgets, and who is named when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/utf8.h"
#include "wire/request.h"

static struct request_reading reading;

static int set_up(void **state)
{
    (void)state;
    request_reading_init(&reading);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    request_reading_release(&reading);
    return 0;
}

static struct request_record record_of(const char *value)
{
    return (struct request_record){
        .topic = VIEW_LIT("reboot.requests"),
        .partition = 3,
        .offset = 42,
        .timestamp_ms = 1000,
        .value = view_of(value),
        .bytes_max = 1 << 20,
    };
}

static struct task read_first(const struct request_record *record)
{
    struct task task;
    request_read(record, &reading);
    request_task(&reading, 0, &task);
    return task;
}

static struct task read_text(const char *value)
{
    const struct request_record record = record_of(value);
    return read_first(&record);
}

static void tasks_differ_in_instance_and_index_only(void **state)
{
    struct task first = read_text("{\"instanceIds\":[\"c\",\"a\",\"c\",\"b\"],\"reason\":\"why\"}");
    (void)state;
    assert_int_equal(request_task_n(&reading), 3);
    static const char *const ids[] = {"c", "a", "b"};
    for (uint32_t i = 0; i < 3; i++) {
        struct task task;
        request_task(&reading, i, &task);
        assert_true(view_is(task.instance_id, ids[i]));
        assert_int_equal(task.source.index, i);
        task.instance_id = first.instance_id;
        task.source.index = 0;
        assert_true(view_equals(task.request_id, first.request_id));
        assert_true(view_is(task.reason, "why"));
        assert_int_equal(task.type, TASK_REBOOT);
        assert_int_equal(task.source.offset, 42);
        assert_int_equal(task.record_ms, 1000);
    }
}

static void a_refusal_names_each_instance_that_can_be_read(void **state)
{
    struct task task = read_text("{\"instanceIds\":[\"a\",\"b\",\"a\"],\"region\":\"R\"}");
    (void)state;
    assert_int_equal(reading.refusal, REFUSAL_FIELD);
    assert_int_equal(request_task_n(&reading), 2);
    assert_int_equal(task.type, TASK_REFUSED);
    assert_true(view_is(task.error_code, "request.field.region"));
    assert_non_null(strstr(reading.error_message, "region"));
    request_task(&reading, 1, &task);
    assert_true(view_is(task.instance_id, "b"));
    assert_int_equal(task.source.index, 1);
}

static void a_refusal_without_instances_is_one_task(void **state)
{
    static const char *const values[] = {"", "{", "[]", "{}", "{\"instanceIds\":[\"a\",1]}"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct task task = read_text(values[i]);
        assert_int_equal(request_task_n(&reading), 1);
        assert_int_equal(task.type, TASK_REFUSED);
        assert_int_equal(task.instance_id.n, 0);
        assert_true(view_is(task.request_id, "reboot.requests/3/42"));
    }
}

static void nothing_of_the_record_before_remains(void **state)
{
    struct kafka_header headers[] = {{VIEW_LIT("ce_specversion"), VIEW_LIT("1.0")},
                                     {VIEW_LIT("ce_id"), VIEW_LIT("ce-1")},
                                     {VIEW_LIT("ce_expirytime"), VIEW_LIT("2026-01-01T00:00:00Z")},
                                     {VIEW_LIT("traceparent"), VIEW_LIT("00-1")},
                                     {VIEW_LIT("tracestate"), VIEW_LIT("a=1")}};
    struct request_record rich = record_of(
        "{\"instanceIds\":[\"a\",\"b\"],\"region\":\"r\",\"stopType\":\"HARD\","
        "\"requestedBy\":\"by\",\"reason\":\"why\",\"allowRepeat\":true,"
        "\"requestedAt\":\"2026-01-01T00:00:00Z\",\"requestId\":\"r-1\",\"cancel\":true}");
    (void)state;
    rich.headers = headers;
    rich.header_n = sizeof headers / sizeof headers[0];
    struct task task = read_first(&rich);
    assert_int_equal(task.type, TASK_CANCEL);
    assert_int_equal(task.kind, REBOOT_HARD);
    (void)read_text("{\"instanceIds\":[\"a\"],\"region\":\"R\"}");
    task = read_text("{\"instanceIds\":[\"z\"]}");
    assert_int_equal(reading.refusal, REFUSAL_NONE);
    assert_int_equal(request_task_n(&reading), 1);
    assert_int_equal(task.type, TASK_REBOOT);
    assert_int_equal(task.kind, REBOOT_SOFT);
    assert_false(task.allow_repeat);
    assert_true(view_is(task.request_id, "reboot.requests/3/42"));
    assert_true(task.requested_ms == TIME_NONE && task.expires_ms == TIME_NONE);
    const struct view rest[] = {task.region,       task.requested_by, task.reason,
                                task.traceparent,  task.tracestate,   task.error_code,
                                task.error_message};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        assert_int_equal(rest[i].n, 0);
}

static void the_first_of_repeated_headers_counts_and_a_null_one_is_none(void **state)
{
    struct kafka_header headers[] = {{VIEW_LIT("ce_specversion"), VIEW_LIT("1.0")},
                                     {VIEW_LIT("ce_id"), VIEW_LIT("first")},
                                     {VIEW_LIT("ce_id"), VIEW_LIT("second")},
                                     {VIEW_LIT("ce_expirytime"), VIEW_NONE},
                                     {VIEW_LIT("traceparent"), VIEW_NONE}};
    struct request_record record = record_of("{\"instanceIds\":[\"a\"]}");
    (void)state;
    record.headers = headers;
    record.header_n = sizeof headers / sizeof headers[0];
    struct task task = read_first(&record);
    assert_int_equal(reading.refusal, REFUSAL_NONE);
    assert_true(view_is(task.request_id, "first"));
    headers[0].value = VIEW_NONE; /* no version: no CloudEvent */
    task = read_first(&record);
    assert_true(view_is(task.request_id, "reboot.requests/3/42"));
    headers[0].value = (struct view){"", 0};
    task = read_first(&record);
    assert_int_equal(reading.refusal, REFUSAL_ENVELOPE);
    assert_true(view_is(task.request_id, "first"));
}

static void the_longest_place_is_a_request_id(void **state)
{
    char topic[249];
    memset(topic, 't', sizeof topic);
    struct request_record record = record_of("{\"instanceIds\":[\"a\"]}");
    (void)state;
    record.topic = (struct view){topic, sizeof topic};
    record.partition = INT32_MAX;
    record.offset = INT64_MAX;
    record.timestamp_ms = TIME_NONE;
    struct task task = read_first(&record);
    assert_int_equal(task.request_id.n, 249 + 1 + 10 + 1 + 19);
    assert_memory_equal(task.request_id.p + 249, "/2147483647/9223372036854775807", 31);
    assert_true(task.record_ms == TIME_NONE);
}

static void a_value_may_be_as_long_as_bytes_max(void **state)
{
    struct request_record record = record_of("{\"instanceIds\":[\"a\"]}");
    (void)state;
    record.bytes_max = (int64_t)record.value.n;
    (void)read_first(&record);
    assert_int_equal(reading.refusal, REFUSAL_NONE);
    record.bytes_max--;
    struct task task = read_first(&record);
    assert_true(view_is(task.error_code, "request.too_large"));
    assert_non_null(strstr(reading.error_message, "21 bytes"));
}

static void a_message_obeys_no_terminal(void **state)
{
    struct task task = read_text("{\"instanceIds\":[\"a\"]}\x1b[31m\r\n\x7f");
    (void)state;
    assert_true(view_is(task.error_code, "request.invalid_json"));
    for (size_t i = 0; i < task.error_message.n; i++)
        assert_true(task.error_message.p[i] >= ' ' && task.error_message.p[i] <= '~');
    assert_non_null(strstr(reading.error_message, "line 1, column"));
    /* The parser's quotation ends within the character behind the broken escape. */
    task = read_text("{\"ia\\u004ȑs\"]}");
    assert_true(utf8_is_valid(task.error_message));
}

static void repeated_ids_count_once_however_many(void **state)
{
    enum { BYTES = 64 * 1024, ROUNDS = 30 };
    struct random random = {.state = 5};
    char *value = malloc(BYTES);
    assert_non_null(value);
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t distinct = 1 + random_below(&random, 1500);
        bool seen[1500] = {false};
        uint64_t order[INSTANCES_PER_REQUEST_MAX];
        uint32_t n = 0;
        int used = snprintf(value, BYTES, "{\"instanceIds\":[");
        for (int i = 0; i < INSTANCES_PER_REQUEST_MAX; i++) {
            uint64_t id = random_below(&random, distinct);
            used += snprintf(value + used, (size_t)(BYTES - used), "%s\"ein-%llu\"",
                             i == 0 ? "" : ",", (unsigned long long)id);
            if (!seen[id])
                order[n++] = id;
            seen[id] = true;
        }
        (void)snprintf(value + used, (size_t)(BYTES - used), "]}");
        (void)read_text(value);
        assert_int_equal(request_task_n(&reading), n);
        for (uint32_t i = 0; i < n; i++) {
            char id[32];
            struct task task;
            (void)snprintf(id, sizeof id, "ein-%llu", (unsigned long long)order[i]);
            request_task(&reading, i, &task);
            assert_true(view_is(task.instance_id, id));
        }
    }
    free(value);
}

static void every_part_of_a_request_is_refused(void **state)
{
    static const char whole[] = "{\"instanceIds\":[\"ein-1\"],\"reason\":\"\\ud83d\\udca5 é\"}";
    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *part = malloc(n + 1); /* of just its size: a read past its end is seen */
        assert_non_null(part);
        memcpy(part, whole, n);
        struct request_record record = record_of("");
        record.value = (struct view){part, n};
        struct task task = read_first(&record);
        assert_int_equal(task.type, TASK_REFUSED);
        assert_true(reading.refusal == REFUSAL_INVALID_JSON || reading.refusal == REFUSAL_ENCODING);
        free(part);
    }
}

static void refusals_and_fields_are_all_named(void **state)
{
    unsigned fields = 0;
    (void)state;
    for (enum refusal refusal = REFUSAL_NONE + 1; refusal < REFUSAL_N; refusal++) {
        assert_memory_equal(refusal_row(refusal)->code, "request.", 8);
        assert_true(strlen(refusal_row(refusal)->meaning) > 0);
    }
    while (request_rule(fields) != NULL) {
        const struct request_rule *rule = request_rule(fields++);
        char value[128]; /* nothing is an object */
        (void)snprintf(value, sizeof value, "{\"%s\":{}%s}", rule->name,
                       strcmp(rule->name, "instanceIds") == 0 ? "" : ",\"instanceIds\":[\"a\"]");
        struct task task = read_text(value);
        char code[REQUEST_CODE_BYTES_MAX];
        (void)snprintf(code, sizeof code, "request.field.%s", rule->name);
        assert_true(view_is(task.error_code, code));
    }
    assert_int_equal(fields, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_differ_in_instance_and_index_only),
        cmocka_unit_test(a_refusal_names_each_instance_that_can_be_read),
        cmocka_unit_test(a_refusal_without_instances_is_one_task),
        cmocka_unit_test(nothing_of_the_record_before_remains),
        cmocka_unit_test(the_first_of_repeated_headers_counts_and_a_null_one_is_none),
        cmocka_unit_test(the_longest_place_is_a_request_id),
        cmocka_unit_test(a_value_may_be_as_long_as_bytes_max),
        cmocka_unit_test(a_message_obeys_no_terminal),
        cmocka_unit_test(repeated_ids_count_once_however_many),
        cmocka_unit_test(every_part_of_a_request_is_refused),
        cmocka_unit_test(refusals_and_fields_are_all_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
