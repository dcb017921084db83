/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/judge.c: a task against policy and time. Moments are named from `now`, the time
 * of the task in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/engine_impl.h"

enum { S = 1000, MIN = 60 * S, HOUR = 60 * MIN };
static const int64_t now = 1767261600000;

static const struct engine_options options = {
    .default_region = VIEW_LIT("ap-default-ecm"),
    .request_max_age_ms = 24 * HOUR,
    .dedup_window_ms = 5 * MIN,
    .allow_force = true,
};

static struct task some_task(void)
{
    return (struct task){.type = TASK_REBOOT,
                         .record_ms = now,
                         .requested_ms = now,
                         .not_before_ms = TIME_NONE,
                         .expires_ms = TIME_NONE,
                         .request_id = VIEW_LIT("r1"),
                         .instance_id = VIEW_LIT("ein-a")};
}

static struct task_op judge_with(const struct engine_options *with, struct task task)
{
    struct queued_task queued = {.task_ms = now, .task = task};
    struct task_op op;
    judge_task(with, &queued, &op);
    return op;
}

static struct task_op judge(struct task task)
{
    return judge_with(&options, task);
}

static void assert_refused(const struct task_op *op, bool refused)
{
    assert_int_equal(op->reject_code.n > 0, refused);
    if (refused)
        assert_true(view_is(op->reject_code, "request.policy"));
    assert_int_equal(op->reject_message.n > 0, refused);
}

static void not_before_lies_at_most_max_age_after_the_record(void **state)
{
    (void)state;
    struct task task = some_task();
    task.not_before_ms = now + 24 * HOUR;
    struct task_op op = judge(task);
    assert_refused(&op, false);
    task.not_before_ms++;
    op = judge(task);
    assert_refused(&op, true);
}

static void expires_at_lies_at_most_max_age_after_the_later_of_the_two(void **state)
{
    (void)state;
    struct task task = some_task();
    task.expires_ms = now + 24 * HOUR;
    struct task_op op = judge(task);
    assert_refused(&op, false);
    task.expires_ms++;
    op = judge(task);
    assert_refused(&op, true);
    task.not_before_ms = now + HOUR;
    op = judge(task);
    assert_refused(&op, false);
    task.expires_ms = now + 25 * HOUR + 1;
    op = judge(task);
    assert_refused(&op, true);
}

static void an_expires_at_that_has_passed_is_accepted(void **state)
{
    (void)state;
    struct task task = some_task();
    task.expires_ms = now - HOUR;
    struct task_op op = judge(task);
    assert_refused(&op, false);
    assert_int_equal(op.task.expires_ms, now - HOUR);
}

static void without_allow_force_only_soft_is_accepted(void **state)
{
    (void)state;
    struct engine_options strict = options;
    strict.allow_force = false;
    for (int kind = 0; kind < REBOOT_KIND_N; kind++) {
        struct task task = some_task();
        task.kind = (enum reboot_kind)kind;
        struct task_op op = judge_with(&strict, task);
        assert_refused(&op, task.kind != REBOOT_SOFT);
        op = judge(task);
        assert_refused(&op, false);
    }
}

/* A cancel names a request; the request's kind and times are not its own. */
static void a_cancel_is_against_no_policy(void **state)
{
    (void)state;
    struct engine_options strict = options;
    strict.allow_force = false;
    struct task task = some_task();
    task.type = TASK_CANCEL;
    task.kind = REBOOT_HARD;
    task.expires_ms = now + 48 * HOUR;
    struct task_op op = judge_with(&strict, task);
    assert_refused(&op, false);
}

static void what_is_absent_is_filled_in(void **state)
{
    (void)state;
    struct task_op op = judge(some_task());
    assert_true(view_is(op.task.region, "ap-default-ecm"));
    assert_int_equal(op.task.expires_ms, now + 24 * HOUR);
    struct task task = some_task();
    task.region = VIEW_LIT("ap-xian-ecm");
    task.not_before_ms = now + HOUR;
    op = judge(task);
    assert_true(view_is(op.task.region, "ap-xian-ecm"));
    assert_int_equal(op.task.expires_ms, now + 25 * HOUR);
}

/* S > R - dedup.window; serves_after is the right-hand side. */
static void an_upstreams_clock_can_neither_reach_forward_nor_dig(void **state)
{
    (void)state;
    static const struct {
        int64_t record; /* from now */
        int64_t requested;
        int64_t r; /* what is believed */
    } rows[] = {
        {0, 0, 0},
        {0, -3 * MIN, -3 * MIN},
        {0, +HOUR, 0},         /* ahead: made on arrival */
        {0, -HOUR, -5 * MIN},  /* long ago: dedup.window before the record, no more */
        {-HOUR, -HOUR, -HOUR}, /* intake lagged by an hour: believed */
        {-HOUR, -2 * HOUR, -HOUR - 5 * MIN},
        {-48 * HOUR, -48 * HOUR, -24 * HOUR - 5 * MIN}, /* the record is believed within max_age */
        {+HOUR, +HOUR, 0},                              /* a record from the future */
        {+HOUR, -MIN, -MIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct task task = some_task();
        task.record_ms = now + rows[i].record;
        task.requested_ms = now + rows[i].requested;
        struct task_op op = judge(task);
        if (op.serves_after_ms != now + rows[i].r - 5 * MIN)
            fail_msg("row %zu: R is now %+lld ms", i,
                     (long long)(op.serves_after_ms + 5 * MIN - now));
    }
}

static void a_request_without_requested_at_was_made_with_its_record(void **state)
{
    (void)state;
    struct task task = some_task();
    task.record_ms = now - MIN;
    task.requested_ms = TIME_NONE;
    struct task_op op = judge(task);
    assert_int_equal(op.task.requested_ms, now - MIN);
    assert_int_equal(op.serves_after_ms, now - 6 * MIN);
}

/* What outcomes say of requestedAt is what the upstream said, but nothing from the future. */
static void requested_at_is_told_as_it_was_said(void **state)
{
    (void)state;
    struct task task = some_task();
    task.requested_ms = now - HOUR;
    struct task_op op = judge(task);
    assert_int_equal(op.task.requested_ms, now - HOUR);
    task.requested_ms = now + HOUR;
    op = judge(task);
    assert_int_equal(op.task.requested_ms, now);
}

static void with_window_zero_or_allow_repeat_no_clock_decides(void **state)
{
    (void)state;
    struct engine_options zero = options;
    zero.dedup_window_ms = 0;
    struct task_op op = judge_with(&zero, some_task());
    assert_true(op.serves_after_ms == TIME_NONE);
    struct task task = some_task();
    task.allow_repeat = true;
    op = judge(task);
    assert_true(op.serves_after_ms == TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_before_lies_at_most_max_age_after_the_record),
        cmocka_unit_test(expires_at_lies_at_most_max_age_after_the_later_of_the_two),
        cmocka_unit_test(an_expires_at_that_has_passed_is_accepted),
        cmocka_unit_test(without_allow_force_only_soft_is_accepted),
        cmocka_unit_test(a_cancel_is_against_no_policy),
        cmocka_unit_test(what_is_absent_is_filled_in),
        cmocka_unit_test(an_upstreams_clock_can_neither_reach_forward_nor_dig),
        cmocka_unit_test(a_request_without_requested_at_was_made_with_its_record),
        cmocka_unit_test(requested_at_is_told_as_it_was_said),
        cmocka_unit_test(with_window_zero_or_allow_repeat_no_clock_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
