/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/producer_gate.h. That they keep a broker from storing behind a gap is shown on
 * a real one (test_kafka_gapless). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shell/producer_gate.h"

static const struct gate_at here = {TOPIC_TASKS, 3};
static const struct gate_at there = {TOPIC_TASKS, 0};
static const struct instant noon = {INT64_C(43200000000)};

static int records[4];

static void hold(struct gates *gates, int i)
{
    assert_int_equal(gates_hold(gates, here, VIEW_LIT("key"), VIEW_NONE, &records[i]), ERR_OK);
}

static void open_gate(struct gates *gates, struct gate_at at)
{
    assert_int_equal(gates_need(gates, at), ERR_OK);
    assert_true(gates_pass(gates, at, noon));
    gates_answered(gates, at, true, noon);
}

static void the_first_goes_alone_and_the_others_follow_in_order(void **state)
{
    (void)state;
    struct gates gates = {.held_n = 0};
    assert_int_equal(gates_need(&gates, here), ERR_OK);
    assert_true(gates_pass(&gates, here, noon));
    for (int i = 0; i < 3; i++) {
        assert_false(gates_pass(&gates, here, noon));
        hold(&gates, i);
    }
    assert_true(gates_pass(&gates, there, noon)); /* another partition is another matter */
    assert_null(gates_next(&gates, here));
    gates_answered(&gates, here, true, noon);
    for (int i = 0; i < 3; i++) {
        const struct gate_held *held = gates_next(&gates, here);
        assert_ptr_equal(held->opaque, &records[i]);
        assert_true(view_is(held->key, "key"));
        assert_null(held->value.p);
        assert_false(gates_pass(&gates, here, noon)); /* nobody overtakes them */
        gates_sent(&gates, here);
    }
    assert_null(gates_next(&gates, here));
    assert_true(gates_pass(&gates, here, noon));
    gates_release(&gates);
}

static void behind_a_refused_one_nothing_goes(void **state)
{
    (void)state;
    struct gates gates = {.held_n = 0};
    struct gate_at at;
    assert_int_equal(gates_need(&gates, here), ERR_OK);
    assert_true(gates_pass(&gates, here, noon));
    hold(&gates, 0);
    hold(&gates, 1);
    gates_answered(&gates, here, false, noon);
    assert_null(gates_next(&gates, here));
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(gates_drop(&gates, &at), &records[i]);
        assert_int_equal(at.partition, here.partition);
    }
    assert_null(gates_drop(&gates, &at));
    gates_release(&gates);
}

static void a_new_producer_and_an_idle_one_begin_with_one_again(void **state)
{
    (void)state;
    struct gates gates = {.held_n = 0};
    open_gate(&gates, here);
    struct instant soon = instant_after_ms(noon, GATE_FORGETS_MS - 1);
    assert_true(gates_pass(&gates, here, soon));
    assert_true(gates_pass(&gates, here, soon));
    gates_answered(&gates, here, true, noon);
    gates_answered(&gates, here, true, noon);
    struct instant late = instant_after_ms(noon, GATE_FORGETS_MS);
    assert_true(gates_pass(&gates, here, late));
    assert_false(gates_pass(&gates, here, late));

    gates_reset(&gates);
    open_gate(&gates, there);
    assert_true(gates_pass(&gates, here, noon));
    assert_false(gates_pass(&gates, here, noon));
    gates_release(&gates);
}

static void partitions_have_a_limit(void **state)
{
    (void)state;
    struct gates gates = {.held_n = 0};
    assert_int_equal(gates_need(&gates, (struct gate_at){TOPIC_TASKS, GATE_PARTITIONS_MAX - 1}),
                     ERR_OK);
    assert_int_equal(gates_need(&gates, (struct gate_at){TOPIC_TASKS, GATE_PARTITIONS_MAX}),
                     ERR_LIMIT);
    gates_release(&gates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_goes_alone_and_the_others_follow_in_order),
        cmocka_unit_test(behind_a_refused_one_nothing_goes),
        cmocka_unit_test(a_new_producer_and_an_idle_one_begin_with_one_again),
        cmocka_unit_test(partitions_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
