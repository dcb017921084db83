/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/replies.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "shell/replies.h"

static void keep(struct replies *replies, uint64_t ticket, const char *text)
{
    replies_keep(replies,
                 &(struct reply){.partition = 3, .ticket = ticket, .bytes = view_of(text)});
}

static void one_that_is_stored_is_not_repeated(void **state)
{
    (void)state;
    struct replies *replies = replies_open();
    struct reply reply;
    keep(replies, 7, "seven");
    assert_false(replies_are_stored(replies));
    assert_false(replies_next(replies, &reply));
    assert_false(replies_report(replies, 7, true)); /* the engine's to know */
    assert_true(replies_are_stored(replies));
    assert_false(replies_report(replies, 7, false)); /* somebody else's by now */
    assert_false(replies_next(replies, &reply));
    replies_close(replies);
}

static void one_that_fails_is_repeated_until_it_is_stored(void **state)
{
    (void)state;
    struct replies *replies = replies_open();
    struct reply reply;
    keep(replies, 7, "seven");
    keep(replies, 8, "eight");
    assert_false(replies_report(replies, 7, false)); /* the first time the engine is told */
    for (int i = 0; i < 3; i++) {
        assert_true(replies_next(replies, &reply));
        assert_int_equal(reply.partition, 3);
        assert_int_equal(reply.ticket, 7);
        assert_int_equal(reply.bytes.n, 5);
        assert_memory_equal(reply.bytes.p, "seven", 5);
        assert_false(replies_next(replies, &reply));
        assert_true(replies_report(replies, 7, false)); /* and not again */
    }
    assert_true(replies_next(replies, &reply));
    assert_true(replies_report(replies, 7, true));
    assert_false(replies_are_stored(replies));
    assert_false(replies_report(replies, 8, true));
    assert_true(replies_are_stored(replies));
    replies_close(replies);
}

static void more_than_fit_are_let_go(void **state)
{
    (void)state;
    struct replies *replies = replies_open();
    struct reply reply;
    uint64_t repeated_n = 0;
    for (uint64_t i = 0; i < REPLIES_KEPT_MAX + 10; i++)
        keep(replies, i, "reply");
    for (uint64_t i = 0; i < REPLIES_KEPT_MAX + 10; i++)
        assert_false(replies_report(replies, i, false));
    while (replies_next(replies, &reply))
        repeated_n++;
    assert_int_equal(repeated_n, REPLIES_KEPT_MAX);
    replies_close(replies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_stored_is_not_repeated),
        cmocka_unit_test(one_that_fails_is_repeated_until_it_is_stored),
        cmocka_unit_test(more_than_fit_are_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
