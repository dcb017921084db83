/* SPDX-License-Identifier: Apache-2.0
 *
 * When a lost call can have no effect any more: by the log's times, whoever wrote the intent; and
 * from our own claim on where these are the clocks of their writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/engine_impl.h"

enum { LIFE_MS = 300000, SETTLE_MS = 30000, CLAIM_MS = 1000000000 };

/* An intent that bears a time so long before our claim, looked at so long after it. */
static bool is_past(int64_t age_ms, bool writers_time, int64_t since_claim_ms)
{
    static struct engine eng;
    struct flight flight = {.started_ms = CLAIM_MS - age_ms};
    struct entry entry = {.flight = &flight};
    struct owner owner = {
        .writers_time = writers_time, .claim_ms = CLAIM_MS, .claim_read = {5000000}};
    eng.options.signature_life_ms = LIFE_MS;
    eng.options.settle_ms = SETTLE_MS;
    eng.now.at = instant_after_ms(owner.claim_read, since_claim_ms);
    return look_past_horizon(&eng, &owner, &entry);
}

static void an_old_intent_is_past_it_when_it_is_found(void **state)
{
    (void)state;
    assert_true(is_past(LIFE_MS + SETTLE_MS, false, 0));
    assert_false(is_past(LIFE_MS, false, SETTLE_MS - 1));
    assert_true(is_past(LIFE_MS, false, SETTLE_MS));
}

static void a_writers_clock_is_not_believed_beyond_our_claim(void **state)
{
    (void)state;
    assert_false(is_past(10 * (LIFE_MS + SETTLE_MS), true, LIFE_MS + SETTLE_MS - 1));
    assert_true(is_past(10 * (LIFE_MS + SETTLE_MS), true, LIFE_MS + SETTLE_MS));
    assert_false(is_past(-60000, true, LIFE_MS + SETTLE_MS)); /* a fast one: waited for too */
    assert_true(is_past(-60000, true, LIFE_MS + SETTLE_MS + 60000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_intent_is_past_it_when_it_is_found),
        cmocka_unit_test(a_writers_clock_is_not_believed_beyond_our_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
