/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/kept.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/instant.h"
#include "core/kept.h"
#include "pool_fixture.h"
#include "wire/outcome_json.h"

static struct outcome full_outcome(void)
{
    return (struct outcome){
        .status = OUTCOME_SUCCEEDED,
        .final = true,
        .dry_run = true,
        .confirmed_by = CONFIRMED_ABSENCE,
        .error_source = ERROR_NETWORK,
        .attempts = 70000,
        .revision = INT64_C(1) << 50,
        .requested_ms = 1700000000001,
        .accepted_ms = 1700000000002,
        .dispatched_ms = 1700000000003,
        .finished_ms = 1700000000004,
        .time_ms = 1700000000005,
        .source = {3, INT64_C(1) << 40, 999, 1},
        .dispatch = {UINT64_MAX, 12},
        .batch_size = 100,
        .request_id = VIEW_LIT("r1"),
        .instance_id = VIEW_LIT("ein-a"),
        .region = VIEW_LIT("ap-xian-ecm"),
        .requested_by = VIEW_LIT("somebody"),
        .reason = VIEW_LIT("an alarm"),
        .served_by = VIEW_LIT("r0"),
        .api_request_id = VIEW_LIT("api-1"),
        .error_code = VIEW_LIT("network.timeout"),
        .error_message = VIEW_LIT("no answer within 10 s"),
        .worker = VIEW_LIT("worker-1"),
        .traceparent = VIEW_LIT("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        .tracestate = VIEW_LIT("congo=t61rcWkgMzE"),
    };
}

static void render(const struct outcome *outcome, struct buf *out)
{
    static const struct outcome_context context = {VIEW_LIT("/source"), VIEW_LIT("requests")};
    struct outcome_message message;
    struct fault fault;
    outcome_message_init(&message);
    assert_int_equal(outcome_write(outcome, &context, &message, &fault), ERR_OK);
    assert_int_equal(buf_append_view(out, buf_view(&message.value)), ERR_OK);
    for (size_t i = 0; i < message.header_n; i++)
        assert_int_equal(buf_append_view(out, message.headers[i].value), ERR_OK);
    outcome_message_release(&message);
}

/* "Byte for byte": what an upstream reads when it publishes an id again. */
static void what_was_kept_renders_the_same_bytes(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, 1 << 20);
    struct outcome outcomes[2] = {full_outcome(), {.status = OUTCOME_ACCEPTED}};
    outcomes[1].request_id = VIEW_LIT("r1");
    outcomes[1].requested_ms = outcomes[1].accepted_ms = outcomes[1].dispatched_ms =
        outcomes[1].finished_ms = TIME_NONE;
    for (int i = 0; i < 2; i++) {
        struct buf before;
        struct buf after;
        struct outcome copy;
        buf_init(&before, OUTCOME_BYTES_MAX);
        buf_init(&after, OUTCOME_BYTES_MAX);
        struct kept *kept = kept_make(&pool, &outcomes[i]);
        kept_outcome(kept, &copy);
        render(&outcomes[i], &before);
        render(&copy, &after);
        assert_true(view_equals(buf_view(&before), buf_view(&after)));
        assert_true(view_equals(kept_request_id(kept), VIEW_LIT("r1")));
        kept_drop(&pool, kept);
        buf_release(&before);
        buf_release(&after);
    }
    assert_int_equal(pool_used(&pool), 0);
    free(memory);
}

static void it_borrows_nothing_from_who_made_it(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, 1 << 20);
    char text[] = "somebody";
    struct outcome outcome = full_outcome();
    outcome.requested_by = (struct view){text, sizeof text - 1};
    struct kept *kept = kept_make(&pool, &outcome);
    memset(text, 'x', sizeof text);
    kept_outcome(kept, &outcome);
    assert_true(view_is(outcome.requested_by, "somebody"));
    kept_drop(&pool, kept);
    free(memory);
}

static void the_last_holder_frees_it(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, 1 << 20);
    struct outcome outcome = full_outcome();
    struct kept *kept = kept_make(&pool, &outcome);
    size_t used = pool_used(&pool);
    assert_true(used >= kept_bytes(kept));
    for (int i = 0; i < 1000; i++)
        assert_ptr_equal(kept_share(kept), kept);
    assert_int_equal(pool_used(&pool), used);
    for (int i = 0; i < 1000; i++)
        kept_drop(&pool, kept);
    assert_int_equal(pool_used(&pool), used);
    kept_drop(&pool, kept);
    assert_int_equal(pool_used(&pool), 0);
    kept_drop(&pool, NULL);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_renders_the_same_bytes),
        cmocka_unit_test(it_borrows_nothing_from_who_made_it),
        cmocka_unit_test(the_last_holder_frees_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
