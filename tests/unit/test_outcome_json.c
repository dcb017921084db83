/* SPDX-License-Identifier: Apache-2.0
 *
 * Outcomes to events: each field in its place, ids as published, and no text that breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/outcome_json.h"

static struct outcome_message message;

static int set_up(void **state)
{
    (void)state;
    outcome_message_init(&message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outcome_message_release(&message);
    return 0;
}

static const struct outcome_context context = {
    .source = {"/reboot-worker/pool", 19},
    .requests = {"reboot.requests", 15},
};

static struct outcome plain(enum outcome_status status)
{
    return (struct outcome){
        .status = status,
        .revision = 9306112,
        .requested_ms = INT64_C(1790000000000),
        .accepted_ms = INT64_C(1790000000140),
        .dispatched_ms = TIME_NONE,
        .finished_ms = TIME_NONE,
        .time_ms = INT64_C(1790000000150),
        .source = {3, 42, 7, 0},
        .request_id = VIEW_LIT("r-1"),
        .instance_id = VIEW_LIT("ein-496721al"),
        .worker = VIEW_LIT("w-1"),
    };
}

static void write_it(const struct outcome *outcome)
{
    struct fault fault;
    assert_int_equal(outcome_write(outcome, &context, &message, &fault), ERR_OK);
}

static struct view header(const char *name)
{
    struct view found = VIEW_NONE;
    for (size_t i = 0; i < message.header_n; i++) {
        if (!view_is(message.headers[i].name, name))
            continue;
        assert_null(found.p);
        found = message.headers[i].value;
    }
    return found;
}

static void an_event_has_every_field(void **state)
{
    struct outcome outcome = plain(OUTCOME_SUCCEEDED);
    (void)state;
    outcome.final = true;
    outcome.dry_run = true;
    outcome.attempts = 2;
    outcome.confirmed_by = CONFIRMED_ABSENCE;
    outcome.error_source = ERROR_NETWORK;
    outcome.error_code = VIEW_LIT("network.reset");
    outcome.error_message = VIEW_LIT("gone");
    outcome.dispatched_ms = INT64_C(1790000000412);
    outcome.finished_ms = INT64_C(1790000051007);
    outcome.dispatch = (struct dispatch_id){0x9f3c04d1a2b7e655, 0x2a};
    outcome.batch_size = 37;
    outcome.region = VIEW_LIT("ap-xian-ecm");
    outcome.requested_by = VIEW_LIT("checker");
    outcome.reason = VIEW_LIT("a \"hang\"\n\x01 💥");
    outcome.served_by = VIEW_LIT("r-0");
    outcome.api_request_id = VIEW_LIT("1a2b");
    write_it(&outcome);
    assert_string_equal(
        message.value.p,
        "{\"requestId\":\"r-1\",\"instanceId\":\"ein-496721al\",\"region\":\"ap-xian-ecm\","
        "\"requestedBy\":\"checker\",\"reason\":\"a \\\"hang\\\"\\n\\u0001 💥\","
        "\"status\":\"succeeded\",\"final\":true,\"attempts\":2,\"servedBy\":\"r-0\","
        "\"confirmedBy\":\"absence\","
        "\"api\":{\"requestId\":\"1a2b\",\"batchId\":\"9f3c04d1a2b7e655-2a\",\"batchSize\":37},"
        "\"error\":{\"code\":\"network.reset\",\"message\":\"gone\",\"source\":\"network\"},"
        "\"requestedAt\":\"2026-09-21T14:13:20.000Z\",\"acceptedAt\":\"2026-09-21T14:13:20.140Z\","
        "\"dispatchedAt\":\"2026-09-21T14:13:20.412Z\",\"finishedAt\":\"2026-09-21T14:14:11.007Z\","
        "\"source\":{\"topic\":\"reboot.requests\",\"partition\":3,\"offset\":42},"
        "\"revision\":9306112,\"worker\":\"w-1\",\"dryRun\":true}");
}

static void what_is_not_there_is_null(void **state)
{
    struct outcome outcome = plain(OUTCOME_ACCEPTED);
    (void)state;
    write_it(&outcome);
    assert_string_equal(
        message.value.p,
        "{\"requestId\":\"r-1\",\"instanceId\":\"ein-496721al\",\"region\":null,"
        "\"requestedBy\":null,\"reason\":null,\"status\":\"accepted\",\"final\":false,"
        "\"attempts\":0,\"servedBy\":null,\"confirmedBy\":null,\"api\":null,\"error\":null,"
        "\"requestedAt\":\"2026-09-21T14:13:20.000Z\",\"acceptedAt\":\"2026-09-21T14:13:20.140Z\","
        "\"dispatchedAt\":null,\"finishedAt\":null,"
        "\"source\":{\"topic\":\"reboot.requests\",\"partition\":3,\"offset\":42},"
        "\"revision\":9306112,\"worker\":\"w-1\"}");
    outcome.error_source = ERROR_API;
    outcome.error_code = VIEW_LIT("InternalError");
    write_it(&outcome);
    assert_non_null(strstr(message.value.p, "\"message\":\"\",\"source\":\"api\""));
}

static void headers_are_a_cloudevent(void **state)
{
    struct outcome outcome = plain(OUTCOME_FAILED);
    (void)state;
    outcome.traceparent = VIEW_LIT("00-4bf9-00f0-01");
    outcome.tracestate = VIEW_LIT("a=1, b=2");
    write_it(&outcome);
    assert_int_equal(message.header_n, OUTCOME_HEADERS_MAX);
    assert_true(view_is(header("ce_specversion"), "1.0"));
    assert_true(view_is(header("ce_source"), "/reboot-worker/pool"));
    assert_true(view_is(header("ce_type"), "ecm.instance.reboot.failed.v1"));
    assert_true(view_is(header("ce_subject"), "ein-496721al"));
    assert_true(view_is(header("ce_time"), "2026-09-21T14:13:20.150Z"));
    assert_true(view_is(header("content-type"), "application/json"));
    assert_true(view_is(header("traceparent"), "00-4bf9-00f0-01"));
    assert_true(view_is(header("tracestate"), "a=1, b=2"));
    assert_int_equal(header("ce_id").n, 36);
    outcome = plain(OUTCOME_REJECTED); /* the message is used again */
    outcome.instance_id = VIEW_NONE;
    write_it(&outcome);
    assert_int_equal(message.header_n, 6);
    assert_null(header("ce_subject").p);
    assert_null(header("traceparent").p);
    assert_non_null(strstr(message.value.p, "\"instanceId\":null"));
}

/* Worked out with Python's uuid.uuid5(uuid.NAMESPACE_URL, ...). */
static void ids_are_version_5_of_the_published_text(void **state)
{
    struct outcome outcome = plain(OUTCOME_SUCCEEDED);
    (void)state;
    outcome.attempts = 3;
    write_it(&outcome);
    assert_true(view_is(header("ce_id"), "57562211-1677-5b41-bb51-b2408d7f3b80"));
    outcome.status = OUTCOME_ACCEPTED;
    write_it(&outcome);
    assert_true(view_is(header("ce_id"), "34257a1c-2dd3-5126-9f0f-b506559e3052"));
    outcome.status = OUTCOME_RETRYING;
    write_it(&outcome);
    assert_true(view_is(header("ce_id"), "d4926ef2-d056-5c9b-bf86-c6d3bf7d8565"));
    outcome.status = OUTCOME_REJECTED;
    outcome.instance_id = VIEW_NONE;
    write_it(&outcome);
    assert_true(view_is(header("ce_id"), "c0a7cdbf-0ed6-5579-8921-53e3874ef266"));
}

static void only_what_the_id_is_made_of_changes_it(void **state)
{
    struct outcome outcome = plain(OUTCOME_SUCCEEDED);
    char id[OUTCOME_ID_TEXT_MAX];
    char other[OUTCOME_ID_TEXT_MAX];
    (void)state;
    outcome_id(&outcome, context.requests, id);
    outcome.attempts = 9;
    outcome.source.offset = 43;
    outcome.revision++;
    outcome.worker = VIEW_LIT("w-2");
    outcome_id(&outcome, context.requests, other);
    assert_string_equal(id, other);
    outcome.status = OUTCOME_REJECTED;
    outcome_id(&outcome, context.requests, id);
    outcome.source.index++;
    outcome_id(&outcome, context.requests, other);
    assert_string_equal(id, other);
    outcome.source.offset++;
    outcome_id(&outcome, context.requests, other);
    assert_string_not_equal(id, other);
}

static void what_is_not_utf8_is_replaced(void **state)
{
    struct outcome outcome = plain(OUTCOME_FAILED);
    (void)state;
    outcome.error_source = ERROR_API;
    outcome.error_code = VIEW_LIT("X");
    outcome.error_message = VIEW_LIT("ok \xe2\x82");
    write_it(&outcome);
    assert_non_null(strstr(message.value.p, "\"message\":\"ok ??\""));
}

static void the_longest_of_everything_fits(void **state)
{
    static char bytes[NOTE_BYTES_MAX];
    struct outcome outcome = plain(OUTCOME_REJECTED);
    (void)state;
    memset(bytes, 1, sizeof bytes); /* six bytes each when escaped */
    outcome.request_id = (struct view){bytes, REQUEST_ID_DEFAULT_BYTES_MAX};
    outcome.instance_id = (struct view){bytes, INSTANCE_ID_BYTES_MAX};
    outcome.region = (struct view){bytes, REGION_BYTES_MAX};
    outcome.requested_by = (struct view){bytes, NOTE_BYTES_MAX};
    outcome.reason = (struct view){bytes, NOTE_BYTES_MAX};
    outcome.served_by = outcome.request_id;
    outcome.api_request_id = (struct view){bytes, 64};
    outcome.dispatch = (struct dispatch_id){UINT64_MAX, UINT64_MAX};
    outcome.error_source = ERROR_WORKER;
    outcome.error_code = (struct view){bytes, 128};
    outcome.error_message = (struct view){bytes, TASK_MESSAGE_BYTES_MAX};
    outcome.worker = (struct view){bytes, 255};
    outcome.attempts = UINT32_MAX;
    outcome.batch_size = UINT32_MAX;
    outcome.revision = INT64_MAX;
    outcome.source = (struct source){INT32_MAX, INT64_MAX, INT32_MAX, 0};
    write_it(&outcome);
    assert_int_equal(message.value.p[message.value.n - 1], '}');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_every_field),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(headers_are_a_cloudevent),
        cmocka_unit_test(ids_are_version_5_of_the_published_text),
        cmocka_unit_test(only_what_the_id_is_made_of_changes_it),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(the_longest_of_everything_fits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
