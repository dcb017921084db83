/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text: families, labels, numbers that read back, and a full page that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/random.h"
#include "wire/metrics_text.h"

static struct buf out;
static struct metrics_text text;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 4096);
    text = (struct metrics_text){.out = &out};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static void a_family_is_its_head_and_its_samples(void **state)
{
    const struct metrics_label labels[] = {
        {"action", VIEW_LIT("RebootInstances")}, {"code", VIEW_LIT("ok")}, {NULL, VIEW_NONE}};
    const struct metrics_label none[] = {{NULL, VIEW_NONE}};
    (void)state;
    metrics_family(&text, "calls_total", "counter", "Calls.");
    metrics_sample(&text, "calls_total", labels, 3);
    metrics_sample(&text, "calls_total", none, 0);
    metrics_sample(&text, "calls_total", NULL, 1e21);
    assert_int_equal(text.err, ERR_OK);
    assert_string_equal(out.p, "# HELP calls_total Calls.\n"
                               "# TYPE calls_total counter\n"
                               "calls_total{action=\"RebootInstances\",code=\"ok\"} 3\n"
                               "calls_total 0\n"
                               "calls_total 1e+21\n");
}

static void label_values_are_escaped(void **state)
{
    const struct metrics_label labels[] = {{"v", VIEW_LIT("a\"b\\c\nd{}=,é")}, {NULL, VIEW_NONE}};
    const struct metrics_label empty[] = {{"v", VIEW_NONE}, {NULL, VIEW_NONE}};
    (void)state;
    metrics_sample(&text, "m", labels, 1);
    metrics_sample(&text, "m", empty, 1);
    assert_string_equal(out.p, "m{v=\"a\\\"b\\\\c\\nd{}=,é\"} 1\nm{v=\"\"} 1\n");
}

static void numbers_are_short_and_read_back(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {9007199254740992.0, "9007199254740992"},
        {1e300, "1e+300"},
        {1.0 / 3, "0.33333333333333331"},
        {(double)INFINITY, "+Inf"},
        {-(double)INFINITY, "-Inf"},
        {(double)NAN, "NaN"},
    };
    struct random random = {.state = 3};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&out);
        metrics_sample(&text, "m", NULL, rows[i].value);
        assert_memory_equal(out.p, "m ", 2);
        assert_memory_equal(out.p + 2, rows[i].text, strlen(rows[i].text));
        assert_string_equal(out.p + 2 + strlen(rows[i].text), "\n");
    }
    for (int i = 0; i < 2000; i++) {
        double value = (double)random_next(&random) / (double)(1 + random_below(&random, 1000000));
        buf_clear(&out);
        metrics_sample(&text, "m", NULL, value);
        double again = strtod(out.p + 2, NULL);
        assert_true(again >= value && again <= value);
    }
}

static void a_histogram_ends_with_all_of_them(void **state)
{
    const double bounds[] = {0.1, 2.5, (double)INFINITY};
    const uint64_t counts[] = {1, 4, 5};
    const struct metrics_histogram histogram = {bounds, counts, 3, 7.25};
    (void)state;
    metrics_histogram(&text, "h", (struct metrics_label){"action", VIEW_LIT("x")}, &histogram);
    assert_string_equal(out.p, "h_bucket{action=\"x\",le=\"0.1\"} 1\n"
                               "h_bucket{action=\"x\",le=\"2.5\"} 4\n"
                               "h_bucket{action=\"x\",le=\"+Inf\"} 5\n"
                               "h_sum{action=\"x\"} 7.25\n"
                               "h_count{action=\"x\"} 5\n");
}

static void the_first_failure_stays(void **state)
{
    struct buf small;
    (void)state;
    buf_init(&small, 8);
    text = (struct metrics_text){.out = &small};
    metrics_sample(&text, "ninechars", NULL, 1);
    assert_int_equal(text.err, ERR_LIMIT);
    metrics_sample(&text, "m", NULL, 1); /* would fit */
    assert_int_equal(small.n, 0);
    buf_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_family_is_its_head_and_its_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(label_values_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_are_short_and_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_histogram_ends_with_all_of_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_failure_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
