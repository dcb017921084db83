/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/entry.h: which reboots are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/entry.h"
#include "pool_fixture.h"

enum { BYTES = 1 << 20, REBOOTS = 12, STRENGTHS = 3 };

/* When the last one began that is at least so strong; TIME_NONE: none did. */
static int64_t last_of(const struct entry *entry, int strength)
{
    for (const struct reboot *reboot = entry->reboots; reboot != NULL; reboot = reboot->older)
        if (reboot_strength((enum reboot_kind)reboot->kind) >= strength)
            return reboot->started_ms;
    return TIME_NONE;
}

/* Another one, at any time and of any strength; expected: when the last one began, by strength. */
static void add_some(struct pool *pool, struct entry *entry, struct random *random,
                     int64_t expected[STRENGTHS])
{
    const struct reboot reboot = {.started_ms = (int64_t)random_below(random, 1000),
                                  .kind = (uint8_t)random_below(random, REBOOT_KIND_N)};
    entry_add_reboot(pool, entry, &reboot, VIEW_LIT("api"), VIEW_LIT("leader"));
    for (int s = 0; s <= reboot_strength((enum reboot_kind)reboot.kind); s++)
        if (reboot.started_ms > expected[s])
            expected[s] = reboot.started_ms;
}

/* Whether a reboot serves a request depends on its strength and its time alone: whoever is served
 * by any of them is served by the last one of those that are strong enough. */
static void for_each_strength_the_last_reboot_is_remembered(void **state)
{
    (void)state;
    struct random random = {1};
    for (int round = 0; round < 2000; round++) {
        struct pool pool;
        void *memory = pool_open(&pool, BYTES);
        struct entry *entry = entry_make(&pool, VIEW_LIT("ein-a"), 0);
        int64_t expected[STRENGTHS] = {TIME_NONE, TIME_NONE, TIME_NONE};
        for (int i = 0; i < REBOOTS * STRENGTHS; i++) {
            if (i % STRENGTHS == 0)
                add_some(&pool, entry, &random, expected);
            assert_int_equal(last_of(entry, i % STRENGTHS), expected[i % STRENGTHS]);
        }
        int n = 0;
        for (const struct reboot *reboot = entry->reboots; reboot != NULL; reboot = reboot->older)
            n++;
        assert_in_range(n, 1, STRENGTHS);
        entry_free(&pool, entry);
        assert_int_equal(pool_used(&pool), 0);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(for_each_strength_the_last_reboot_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
