/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/intake_window.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/random.h"
#include "shell/intake_window.h"

static bool add(struct intake_window *window, int64_t offset, uint32_t pending_n, uint32_t *seq)
{
    bool done = false;
    struct window_record record = {.offset = offset, .pending_n = pending_n, .bytes = 10};
    assert_int_equal(intake_window_add(window, &record, &done, seq), ERR_OK);
    return done;
}

static void only_the_contiguous_prefix_is_done(void **state)
{
    (void)state;
    struct intake_window window;
    intake_window_init(&window, 100);
    uint32_t seq[4];
    assert_false(add(&window, 100, 1, &seq[0]));
    assert_false(add(&window, 101, 2, &seq[1]));
    assert_false(
        add(&window, 105, 0, &seq[2])); /* a tombstone behind others, and a gap before it */
    assert_false(add(&window, 106, 1, &seq[3]));
    assert_false(intake_window_ack(&window, seq[1]));
    assert_false(intake_window_ack(&window, seq[3]));
    assert_int_equal(window.done_to, 100);
    assert_true(intake_window_ack(&window, seq[0]));
    assert_int_equal(window.done_to, 101);
    assert_true(intake_window_ack(&window, seq[1])); /* and all that waited behind it */
    assert_int_equal(window.done_to, 107);
    assert_int_equal(window.pending_n, 0);
    assert_int_equal(window.bytes, 0);
    assert_true(add(&window, 110, 0, &seq[0]));
    assert_int_equal(window.done_to, 111);
    intake_window_release(&window);
}

static void it_refuses_what_is_over_its_limit_and_stays_as_it_was(void **state)
{
    (void)state;
    struct intake_window window;
    intake_window_init(&window, 0);
    uint32_t seq = 0;
    for (int64_t i = 0; i < INTAKE_WINDOW_RECORDS_MAX; i++)
        (void)add(&window, i, 1, &seq);
    struct window_record record = {.offset = INTAKE_WINDOW_RECORDS_MAX, .pending_n = 1};
    bool done = false;
    assert_int_equal(intake_window_add(&window, &record, &done, &seq), ERR_LIMIT);
    assert_int_equal(window.pending_n, INTAKE_WINDOW_RECORDS_MAX);
    for (uint32_t i = 0; i < INTAKE_WINDOW_RECORDS_MAX; i++)
        assert_true(intake_window_ack(&window, i));
    assert_int_equal(window.done_to, INTAKE_WINDOW_RECORDS_MAX);
    intake_window_release(&window);
}

/* The plainest model: an array of what is pending. */
enum { MODEL_N = 3000, MODEL_OPEN = 40 };
struct model {
    uint32_t pending[MODEL_N];
    uint32_t seq[MODEL_N];
    int added;
    int done;
};

static void move_both(struct model *model, struct intake_window *window, struct random *random)
{
    int open_n = model->added - model->done;
    if (model->added < MODEL_N && open_n < MODEL_OPEN && random_below(random, 2) == 0) {
        int i = model->added++;
        model->pending[i] = (uint32_t)random_below(random, 4);
        (void)add(window, i, model->pending[i], &model->seq[i]);
    } else if (open_n > 0) {
        int i = model->done + (int)random_below(random, (uint64_t)open_n);
        if (model->pending[i] > 0) {
            model->pending[i]--;
            (void)intake_window_ack(window, model->seq[i]);
        }
    }
    while (model->done < model->added && model->pending[model->done] == 0)
        model->done++;
}

static void random_orders_agree_with_a_plain_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct random random = {seed};
        struct model model = {.added = 0};
        struct intake_window window;
        intake_window_init(&window, 0);
        window.first = window.next = UINT32_MAX - 100; /* sequence numbers run over */
        while (model.done < MODEL_N) {
            move_both(&model, &window, &random);
            assert_int_equal(window.done_to, model.done);
        }
        intake_window_release(&window);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_contiguous_prefix_is_done),
        cmocka_unit_test(it_refuses_what_is_over_its_limit_and_stays_as_it_was),
        cmocka_unit_test(random_orders_agree_with_a_plain_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
