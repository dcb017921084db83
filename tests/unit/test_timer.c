/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/timer.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/random.h"
#include "core/timer.h"
#include "pool_fixture.h"

enum { N = 300 };

static struct pool pool;

static struct entry *make(int i)
{
    char id[] = {'e', (char)('a' + i / 26 % 26), (char)('a' + i % 26)};
    return entry_make(&pool, (struct view){id, sizeof id}, 0);
}

/* Against the plainest model: whoever is the earliest of all. */
static void the_first_is_always_the_earliest(void **state)
{
    (void)state;
    void *memory = pool_open(&pool, 1 << 20);
    struct timers timers;
    struct entry *entries[N];
    struct random random = {7};
    timers_init(&timers, &pool);
    for (int i = 0; i < N; i++)
        entries[i] = make(i);
    for (int round = 0; round < 20000; round++) {
        struct entry *entry = entries[random_below(&random, N)];
        bool out = random_below(&random, 3) == 0;
        timers_set(&timers, entry, out ? TIME_NONE : (int64_t)random_below(&random, 1000));
        int64_t earliest = INT64_MAX;
        for (int i = 0; i < N; i++)
            if (entries[i]->due_ms != TIME_NONE && entries[i]->due_ms < earliest)
                earliest = entries[i]->due_ms;
        const struct entry *first = timers_first(&timers);
        if (earliest == INT64_MAX)
            assert_null(first);
        else
            assert_int_equal(first->due_ms, earliest);
    }
    free(memory);
}

static void everybody_comes_out_once_and_in_order(void **state)
{
    (void)state;
    void *memory = pool_open(&pool, 1 << 20);
    struct timers timers;
    struct random random = {11};
    timers_init(&timers, &pool);
    for (int i = 0; i < N; i++)
        timers_set(&timers, make(i), (int64_t)random_below(&random, 50));
    int64_t last = -1;
    int n = 0;
    for (struct entry *entry; (entry = timers_first(&timers)) != NULL; n++) {
        assert_true(entry->due_ms >= last);
        last = entry->due_ms;
        timers_set(&timers, entry, TIME_NONE);
    }
    assert_int_equal(n, N);
    free(memory);
}

static void taking_out_who_is_not_in_changes_nothing(void **state)
{
    (void)state;
    void *memory = pool_open(&pool, 1 << 20);
    struct timers timers;
    timers_init(&timers, &pool);
    struct entry *in = make(1);
    struct entry *out = make(2);
    timers_set(&timers, in, 5);
    timers_set(&timers, out, TIME_NONE);
    assert_ptr_equal(timers_first(&timers), in);
    timers_set(&timers, in, TIME_NONE);
    timers_set(&timers, in, TIME_NONE);
    assert_null(timers_first(&timers));
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_always_the_earliest),
        cmocka_unit_test(everybody_comes_out_once_and_in_order),
        cmocka_unit_test(taking_out_who_is_not_in_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
