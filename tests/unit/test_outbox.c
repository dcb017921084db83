/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/outbox.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/outbox.h"
#include "pool_fixture.h"

enum { BYTES = 4 << 20 };

struct fixture {
    struct pool pool;
    void *memory;
    struct outbox outbox;
};

static void open_fixture(struct fixture *fixture)
{
    fixture->memory = pool_open(&fixture->pool, BYTES);
    outbox_init(&fixture->outbox, &fixture->pool);
}

static void close_fixture(struct fixture *fixture)
{
    outbox_release(&fixture->outbox);
    assert_int_equal(pool_used(&fixture->pool), 0);
    free(fixture->memory);
}

/* An event that is known by its revision. */
static void owe(struct fixture *fixture, int64_t offset, int revision)
{
    const struct outcome outcome = {.status = OUTCOME_ACCEPTED, .revision = revision};
    outbox_push(&fixture->outbox, offset, kept_make(&fixture->pool, &outcome));
}

/* The revision of the next one to publish, -1: none. */
static int64_t send(struct fixture *fixture, uint64_t *number)
{
    struct outcome outcome;
    const struct kept *kept = outbox_send(&fixture->outbox, number);
    if (kept == NULL)
        return -1;
    kept_outcome(kept, &outcome);
    return outcome.revision;
}

static void events_leave_in_the_order_of_the_log(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t number;
    open_fixture(&fixture);
    for (int i = 0; i < 1000; i++)
        owe(&fixture, 10 + i / 3, i);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(send(&fixture, &number), i);
    assert_int_equal(send(&fixture, &number), -1);
    assert_int_equal(outbox_count(&fixture.outbox), 1000);
    close_fixture(&fixture);
}

/* A mark must not cover an event that is not acknowledged, in whatever order they are. */
static void published_stops_at_the_first_that_is_not_acknowledged(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t numbers[4];
    open_fixture(&fixture);
    assert_int_equal(outbox_published(&fixture.outbox, 50), 50);
    for (int i = 0; i < 4; i++) {
        owe(&fixture, i < 2 ? 7 : 8 + i, i); /* two of one record */
        (void)send(&fixture, &numbers[i]);
    }
    assert_int_equal(outbox_published(&fixture.outbox, 50), 7);
    assert_false(outbox_ack(&fixture.outbox, numbers[1]));
    assert_false(outbox_ack(&fixture.outbox, numbers[3]));
    assert_int_equal(outbox_published(&fixture.outbox, 50), 7);
    assert_true(outbox_ack(&fixture.outbox, numbers[0]));
    assert_int_equal(outbox_published(&fixture.outbox, 50), 10);
    assert_true(outbox_ack(&fixture.outbox, numbers[2]));
    assert_int_equal(outbox_published(&fixture.outbox, 50), 50);
    assert_false(outbox_ack(&fixture.outbox, numbers[2])); /* not held any more */
    close_fixture(&fixture);
}

static void a_mark_lets_go_what_stands_before_it_and_nothing_else(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t number;
    open_fixture(&fixture);
    for (int i = 0; i < 10; i++)
        owe(&fixture, i, i);
    outbox_mark(&fixture.outbox, 4);
    assert_int_equal(outbox_count(&fixture.outbox), 6);
    assert_int_equal(send(&fixture, &number), 4);
    outbox_mark(&fixture.outbox, 4);
    assert_int_equal(outbox_count(&fixture.outbox), 6);
    close_fixture(&fixture);
}

/* Ownership was lost and won back: what is not acknowledged goes out again, the rest does not. */
static void after_a_rewind_the_unacknowledged_are_sent_again(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t numbers[3];
    open_fixture(&fixture);
    for (int i = 0; i < 3; i++) {
        owe(&fixture, i, i);
        (void)send(&fixture, &numbers[i]);
    }
    assert_false(outbox_ack(&fixture.outbox, numbers[1]));
    outbox_rewind(&fixture.outbox);
    uint64_t number;
    assert_int_equal(send(&fixture, &number), 0);
    assert_int_equal(send(&fixture, &number), 2);
    assert_int_equal(send(&fixture, &number), -1);
    close_fixture(&fixture);
}

/* What the number of a late acknowledgement stands for was never sent since: it is not believed. */
static void an_acknowledgement_from_before_a_rewind_is_ignored(void **state)
{
    (void)state;
    struct fixture fixture;
    uint64_t number;
    open_fixture(&fixture);
    owe(&fixture, 1, 1);
    (void)send(&fixture, &number);
    outbox_rewind(&fixture.outbox);
    assert_false(outbox_ack(&fixture.outbox, number));
    assert_int_equal(outbox_count(&fixture.outbox), 1);
    close_fixture(&fixture);
}

/* Nothing is published before its turn, lost, or let go unacknowledged. */
static void random_orders_agree_with_a_plain_model(void **state)
{
    (void)state;
    enum { N = 2000 };
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct fixture fixture;
        struct random random = {seed};
        static uint64_t numbers[N];
        static bool acked[N];
        int owed = 0;
        int sent = 0;
        int first = 0;
        open_fixture(&fixture);
        for (int i = 0; i < N; i++)
            acked[i] = false;
        while (first < N) {
            uint64_t dice = random_below(&random, 3);
            if (dice == 0 && owed < N) {
                owe(&fixture, owed, owed);
                owed++;
            } else if (dice == 1 && sent < owed) {
                assert_int_equal(send(&fixture, &numbers[sent]), sent);
                sent++;
            } else if (sent > first) {
                int i = first + (int)random_below(&random, (uint64_t)(sent - first));
                acked[i] = true;
                (void)outbox_ack(&fixture.outbox, numbers[i]);
            }
            while (first < N && acked[first])
                first++;
            assert_int_equal(outbox_count(&fixture.outbox), owed - first);
            assert_int_equal(outbox_in_flight(&fixture.outbox), sent - first);
            assert_int_equal(outbox_published(&fixture.outbox, owed), first);
        }
        close_fixture(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_leave_in_the_order_of_the_log),
        cmocka_unit_test(published_stops_at_the_first_that_is_not_acknowledged),
        cmocka_unit_test(a_mark_lets_go_what_stands_before_it_and_nothing_else),
        cmocka_unit_test(after_a_rewind_the_unacknowledged_are_sent_again),
        cmocka_unit_test(an_acknowledgement_from_before_a_rewind_is_ignored),
        cmocka_unit_test(random_orders_agree_with_a_plain_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
