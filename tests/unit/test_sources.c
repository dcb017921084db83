/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/sources.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/sources.h"
#include "pool_fixture.h"

static struct pool pool;
static void *memory;

static int set_up(void **state)
{
    (void)state;
    memory = pool_open(&pool, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static bool take(struct sources *sources, int32_t partition, int64_t offset, int32_t index)
{
    return sources_take(sources, &pool, (struct source){partition, offset, index, 0});
}

static void a_place_that_was_passed_is_not_taken_again(void **state)
{
    (void)state;
    struct sources sources = {0};
    assert_true(take(&sources, 0, 5, 0));
    assert_true(take(&sources, 0, 5, 1)); /* the next instance of the same request */
    assert_false(take(&sources, 0, 5, 1));
    assert_false(take(&sources, 0, 5, 0));
    assert_true(take(&sources, 0, 9, 0)); /* offsets have gaps */
    assert_false(take(&sources, 0, 8, 7));
    assert_false(take(&sources, 0, 5, 999));
    assert_true(take(&sources, 0, 10, 0));
    sources_release(&sources, &pool);
}

/* One ledger partition sees some of a request's instances only: their places have gaps, too. */
static void places_in_a_request_may_be_left_out(void **state)
{
    (void)state;
    struct sources sources = {0};
    assert_true(take(&sources, 0, 1, 17));
    assert_true(take(&sources, 0, 1, 400));
    assert_false(take(&sources, 0, 1, 100));
    sources_release(&sources, &pool);
}

static void a_topic_made_anew_on_purpose_begins_at_its_beginning(void **state)
{
    (void)state;
    struct sources sources = {0};
    assert_true(take(&sources, 1, 500, 3));
    assert_false(sources_have(&sources, (struct source){1, 0, 0, 1}));
    assert_true(sources_take(&sources, &pool, (struct source){1, 0, 0, 1}));
    /* And what is left over from before is not applied again behind it. */
    assert_true(sources_have(&sources, (struct source){1, 501, 0, 0}));
    assert_true(sources_have(&sources, (struct source){1, 0, 0, 1}));
    assert_false(sources_have(&sources, (struct source){1, 0, 1, 1}));
    sources_release(&sources, &pool);
}

static void input_partitions_do_not_know_of_one_another(void **state)
{
    (void)state;
    enum { N = 300 };
    struct sources sources = {0};
    for (int32_t p = 0; p < N; p++)
        assert_true(take(&sources, p * 7, 1000 - p, 0));
    for (int32_t p = 0; p < N; p++) {
        assert_true(sources_have(&sources, (struct source){p * 7, 1000 - p, 0, 0}));
        assert_false(sources_have(&sources, (struct source){p * 7, 1001 - p, 0, 0}));
        assert_false(sources_have(&sources, (struct source){p * 7 + 1, 0, 0, 0}));
    }
    sources_release(&sources, &pool);
    assert_int_equal(pool_used(&pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_that_was_passed_is_not_taken_again),
        cmocka_unit_test(places_in_a_request_may_be_left_out),
        cmocka_unit_test(a_topic_made_anew_on_purpose_begins_at_its_beginning),
        cmocka_unit_test(input_partitions_do_not_know_of_one_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
