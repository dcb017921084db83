/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of base/pool.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/random.h"
#include "pool_fixture.h"

enum { BYTES = 1 << 20 };

static void blocks_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 500 };
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    struct random random = {1};
    unsigned char *blocks[N] = {NULL};
    size_t sizes[N] = {0};
    for (int round = 0; round < 20000; round++) {
        uint32_t i = (uint32_t)random_below(&random, N);
        if (blocks[i] != NULL) {
            for (size_t b = 0; b < sizes[i]; b++)
                assert_int_equal(blocks[i][b], (unsigned char)i);
            pool_give(&pool, blocks[i], sizes[i]);
            blocks[i] = NULL;
            continue;
        }
        sizes[i] = 1 + (size_t)random_below(&random, 1500);
        blocks[i] = pool_take(&pool, sizes[i]);
        if (blocks[i] == NULL)
            continue;
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        assert_true((char *)blocks[i] >= (char *)memory);
        assert_true((char *)blocks[i] + sizes[i] <= (char *)memory + BYTES);
        memset(blocks[i], (int)(unsigned char)i, sizes[i]);
    }
    free(memory);
}

static void what_was_given_back_is_used_again(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    for (int round = 0; round < 1000; round++) {
        void *block = pool_take(&pool, BYTES / 4);
        assert_non_null(block);
        pool_give(&pool, block, BYTES / 4);
    }
    assert_int_equal(pool_used(&pool), 0);
    free(memory);
}

static void a_full_pool_says_so_and_hands_out_nothing(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, 64 * 1024);
    size_t taken = 0;
    while (pool_take(&pool, 1000) != NULL)
        taken += 1000;
    assert_true(taken > 48 * 1024);
    assert_false(pool_has(&pool, 1000));
    size_t used = pool_used(&pool);
    assert_null(pool_take(&pool, 1000));
    assert_int_equal(pool_used(&pool), used);
    free(memory);
}

/* Blocks of together at most so many bytes. */
static void take_up_to(struct pool *pool, struct random *random, size_t left)
{
    while (left > 0) {
        size_t n = 1 + (size_t)random_below(random, 20000);
        n = n < left ? n : left;
        /* Smaller blocks are rounded up by more than a quarter, to sixteen bytes. */
        if (n < 64)
            return;
        assert_non_null(pool_take(pool, n));
        left -= n;
    }
}

/* The promise that lets a step not fail half-way: together, whatever their sizes. */
static void what_it_has_room_for_can_be_taken(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct pool pool;
        void *memory = pool_open(&pool, BYTES);
        struct random random = {seed};
        while (pool_has(&pool, 100000))
            take_up_to(&pool, &random, 100000);
        free(memory);
    }
}

/* Every second block stays: what lies between two of them has room for one of its kind alone. */
static void what_is_given_back_counts_as_free(void **state)
{
    (void)state;
    enum { N = 6000, SMALL = 200, ROUNDS = 20 };
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    static void *blocks[N];
    int n = 0;
    while (n < N && pool_has(&pool, 10000))
        blocks[n++] = pool_take(&pool, SMALL);
    assert_true(pool_free(&pool) + pool_used(&pool) > BYTES - 64);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = round % 2; i < n; i += 2)
            pool_give(&pool, blocks[i], SMALL);
        assert_true(pool_free(&pool) > (size_t)n / 2 * SMALL);
        for (int i = round % 2; i < n; i += 2) {
            blocks[i] = pool_take(&pool, SMALL);
            assert_non_null(blocks[i]);
        }
    }
    assert_true(pool_free(&pool) < (size_t)n / 2 * SMALL);
    free(memory);
}

/* A pool that was full of small blocks has room for large ones when those are back, in any order,
 * and the other way round. */
static void what_is_given_back_is_joined(void **state)
{
    (void)state;
    enum { N = 16000 };
    static void *blocks[N];
    static const size_t sizes[] = {40, 900, 20000, BYTES / 3, 64, 5000};
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    struct random random = {1};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        int n = 0;
        while (n < N && (blocks[n] = pool_take(&pool, sizes[s])) != NULL)
            n++;
        assert_true((size_t)n * sizes[s] > BYTES / 2);
        while (n > 0) {
            int i = (int)random_below(&random, (uint64_t)n);
            pool_give(&pool, blocks[i], sizes[s]);
            blocks[i] = blocks[--n];
        }
        assert_int_equal(pool_used(&pool), 0);
        assert_true(pool_has(&pool, BYTES / 10 * 7));
    }
    free(memory);
}

/* The same promise of a pool that has a history. */
static void what_it_has_room_for_can_be_taken_of_what_was_given_back(void **state)
{
    (void)state;
    enum { N = 300 };
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct pool pool;
        void *memory = pool_open(&pool, BYTES);
        struct random random = {seed};
        void *blocks[N] = {NULL};
        size_t sizes[N] = {0};
        for (int step = 0; step < 3000; step++) {
            uint32_t i = (uint32_t)random_below(&random, N);
            pool_give(&pool, blocks[i], sizes[i]);
            sizes[i] = 1 + (size_t)random_below(&random, 1 << random_below(&random, 15));
            blocks[i] = pool_take(&pool, sizes[i]);
        }
        for (int i = 0; i < N; i++)
            if (random_below(&random, 3) > 0)
                pool_give(&pool, blocks[i], sizes[i]);
        while (pool_has(&pool, 100000))
            take_up_to(&pool, &random, 100000);
        free(memory);
    }
}

static void blocks_that_are_needed_are_zeroed(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    char *block = pool_take(&pool, 300);
    assert_non_null(block);
    memset(block, 'x', 300);
    pool_give(&pool, block, 300);
    block = pool_need(&pool, 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(block[i], 0);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_do_not_overlap),
        cmocka_unit_test(what_was_given_back_is_used_again),
        cmocka_unit_test(a_full_pool_says_so_and_hands_out_nothing),
        cmocka_unit_test(what_it_has_room_for_can_be_taken),
        cmocka_unit_test(what_is_given_back_counts_as_free),
        cmocka_unit_test(what_is_given_back_is_joined),
        cmocka_unit_test(what_it_has_room_for_can_be_taken_of_what_was_given_back),
        cmocka_unit_test(blocks_that_are_needed_are_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
