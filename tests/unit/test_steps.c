/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/steps.h: whom a reboot serves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/steps.h"

static const int64_t started = 1767261600000; /* S */

static struct request some_request(void)
{
    return (struct request){.serves_after_ms = started - 1,
                            .not_before_ms = TIME_NONE,
                            .expires_ms = started + 1000,
                            .applied = 100,
                            .kind = REBOOT_SOFT};
}

static bool serves(enum reboot_kind kind, const struct request *req)
{
    const struct effect effect = {.started_ms = started, .intent = 100, .kind = kind};
    return step_serves(&effect, req);
}

static void a_reboot_serves_what_was_asked_for_within_the_window(void **state)
{
    (void)state;
    struct request req = some_request();
    assert_true(serves(REBOOT_SOFT, &req));
    req.serves_after_ms = started; /* S > R - window: not at the very millisecond */
    assert_false(serves(REBOOT_SOFT, &req));
}

static void it_serves_only_the_weaker_and_the_as_strong(void **state)
{
    (void)state;
    static const bool expected[REBOOT_KIND_N][REBOOT_KIND_N] = {
        /* [of the reboot][asked for] */
        [REBOOT_SOFT] = {[REBOOT_SOFT] = true},
        [REBOOT_SOFT_FIRST] =
            {[REBOOT_SOFT] = true, [REBOOT_SOFT_FIRST] = true, [REBOOT_FORCE] = true},
        [REBOOT_FORCE] = {[REBOOT_SOFT] = true, [REBOOT_SOFT_FIRST] = true, [REBOOT_FORCE] = true},
        [REBOOT_HARD] = {[REBOOT_SOFT] = true,
                         [REBOOT_SOFT_FIRST] = true,
                         [REBOOT_FORCE] = true,
                         [REBOOT_HARD] = true},
    };
    struct request req = some_request();
    for (int kind = 0; kind < REBOOT_KIND_N; kind++)
        for (int asked = 0; asked < REBOOT_KIND_N; asked++) {
            req.kind = (uint8_t)asked;
            if (serves((enum reboot_kind)kind, &req) != expected[kind][asked])
                fail_msg("a reboot of kind %d, asked for %d", kind, asked);
        }
}

static void it_must_not_begin_before_not_before(void **state)
{
    (void)state;
    struct request req = some_request();
    req.not_before_ms = started;
    assert_true(serves(REBOOT_SOFT, &req));
    req.not_before_ms = started + 1;
    assert_false(serves(REBOOT_SOFT, &req));
}

/* allowRepeat, or a window of 0: the log's order, whatever the clocks say. */
static void by_order_only_an_intent_behind_the_request_serves_it(void **state)
{
    (void)state;
    struct request req = some_request();
    req.serves_after_ms = TIME_NONE;
    req.applied = 99;
    assert_true(serves(REBOOT_SOFT, &req));
    req.applied = 101;
    assert_false(serves(REBOOT_SOFT, &req));
    req.not_before_ms = started + 1;
    req.applied = 99;
    assert_false(serves(REBOOT_SOFT, &req));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reboot_serves_what_was_asked_for_within_the_window),
        cmocka_unit_test(it_serves_only_the_weaker_and_the_as_strong),
        cmocka_unit_test(it_must_not_begin_before_not_before),
        cmocka_unit_test(by_order_only_an_intent_behind_the_request_serves_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
