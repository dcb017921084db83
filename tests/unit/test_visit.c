/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields to bytes and back: every value has one form, and no other form is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "wire/visit.h"

static struct fault fault;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static struct visit writes(void)
{
    buf_clear(&out);
    return (struct visit){.out = &out, .fault = &fault};
}

static struct visit reads(struct view in)
{
    return (struct visit){.in = in, .fault = &fault};
}

#define READS(lit) reads((struct view){"" lit, sizeof(lit) - 1})

static void whole_numbers_come_back(void **state)
{
    static const struct {
        uint64_t value;
        size_t bytes;
    } rows[] = {
        {0, 1},           {1, 1},           {127, 1},        {128, 2},
        {16383, 2},       {16384, 3},       {UINT32_MAX, 5}, {INT64_MAX, 9},
        {1ull << 63, 10}, {UINT64_MAX, 10}, {1ull << 56, 9}, {(1ull << 56) - 1, 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = rows[i].value;
        struct visit visit = writes();
        visit_u64(&visit, "it", &value);
        assert_int_equal(visit.err, ERR_OK);
        assert_int_equal(out.n, rows[i].bytes);
        value = 7;
        visit = reads(buf_view(&out));
        visit_u64(&visit, "it", &value);
        assert_int_equal(visit.err, ERR_OK);
        assert_true(value == rows[i].value);
        assert_int_equal(visit.in.n, 0);
    }
}

static void other_forms_of_a_number_are_refused(void **state)
{
    static const struct view bad[] = {
        {"", 0},
        {"\x80", 1},
        {"\x80\x00", 2},                                      /* 0 in two bytes */
        {"\xff\x00", 2},                                      /* 127 in two */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},     /* over 64 bits */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11}, /* an eleventh byte */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct visit visit = reads(bad[i]);
        uint64_t value;
        visit_u64(&visit, "it", &value);
        assert_int_equal(visit.err, ERR_INVALID);
    }
}

static void signed_numbers_come_back_small_when_they_are(void **state)
{
    static const int64_t values[] = {0, -1, 1, -64, 63, 64, INT32_MIN, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t value = values[i];
        struct visit visit = writes();
        visit_i64(&visit, "it", &value);
        assert_int_equal(out.n == 1, value >= -64 && value <= 63);
        visit = reads(buf_view(&out));
        value = 7;
        visit_i64(&visit, "it", &value);
        assert_int_equal(visit.err, ERR_OK);
        assert_true(value == values[i]);
        int32_t narrow = 7;
        visit = reads(buf_view(&out));
        visit_i32(&visit, "it", &narrow);
        bool fits = values[i] >= INT32_MIN && values[i] <= INT32_MAX;
        assert_int_equal(visit.err, fits ? ERR_OK : ERR_INVALID);
        assert_true(narrow == (fits ? values[i] : 7));
    }
}

static void ranges_hold_in_both_directions(void **state)
{
    const struct range range = {2, 5};
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        bool fits = i >= range.min && i <= range.max;
        uint32_t value = i;
        struct visit visit = writes();
        visit_u32(&visit, "it", range, &value);
        assert_int_equal(visit.err, fits ? ERR_OK : ERR_INVALID);
        const char byte = (char)i;
        visit = reads((struct view){&byte, 1});
        value = 7;
        visit_u32(&visit, "it", range, &value);
        assert_int_equal(visit.err, fits ? ERR_OK : ERR_INVALID);
        assert_int_equal(value, fits ? i : 7);
    }
    struct visit visit = READS("\x80\x80\x80\x80\x10"); /* 2^32 */
    uint32_t value;
    visit_u32(&visit, "it", (struct range){0, UINT32_MAX}, &value);
    assert_int_equal(visit.err, ERR_INVALID);
    bool flag;
    visit = READS("\x02");
    visit_bool(&visit, "it", &flag);
    assert_int_equal(visit.err, ERR_INVALID);
}

static void moments_come_back_whatever_their_base(void **state)
{
    static const int64_t moments[] = {TIME_NONE, INT64_MIN + 1,          -1,       0,
                                      1,         INT64_C(1790000000000), INT64_MAX};
    enum { MOMENT_N = sizeof moments / sizeof moments[0] };
    (void)state;
    for (int b = 0; b < MOMENT_N; b++) {
        for (int m = 0; m < MOMENT_N; m++) {
            int64_t value = moments[m];
            struct visit visit = writes();
            visit_time(&visit, "it", moments[b], &value);
            uint64_t base = moments[b] == TIME_NONE ? 0 : (uint64_t)moments[b];
            bool formless = (uint64_t)value - base == 1ull << 63 && value != TIME_NONE;
            assert_int_equal(visit.err, formless ? ERR_INVALID : ERR_OK);
            if (formless)
                continue; /* refused, not altered */
            visit = reads(buf_view(&out));
            value = 7;
            visit_time(&visit, "it", moments[b], &value);
            assert_int_equal(visit.err, ERR_OK);
            assert_true(value == moments[m]);
        }
    }
    int64_t none = TIME_NONE;
    struct visit visit = writes();
    visit_time(&visit, "it", 5, &none);
    assert_true(view_equals(buf_view(&out), (struct view){"\0", 1}));
}

static void texts_come_back_within_their_range(void **state)
{
    struct view text = VIEW_LIT("abc");
    struct visit visit = writes();
    (void)state;
    visit_text(&visit, "it", (struct range){0, 3}, &text);
    assert_true(view_equals(buf_view(&out), VIEW_LIT("\003abc")));
    visit = reads(buf_view(&out));
    visit_text(&visit, "it", (struct range){3, 3}, &text);
    assert_int_equal(visit.err, ERR_OK);
    assert_true(view_is(text, "abc"));
    visit = reads(buf_view(&out));
    visit_text(&visit, "it", (struct range){0, 2}, &text);
    assert_int_equal(visit.err, ERR_INVALID);
    visit = reads((struct view){"\003ab", 3});
    visit_text(&visit, "it", (struct range){0, 3}, &text);
    assert_int_equal(visit.err, ERR_INVALID);
    visit = writes();
    text = VIEW_LIT("abcd");
    visit_text(&visit, "it", (struct range){0, 3}, &text);
    assert_int_equal(visit.err, ERR_INVALID);
    visit = reads((struct view){"\0", 1});
    visit_text(&visit, "it", (struct range){0, 3}, &text);
    assert_int_equal(visit.err, ERR_OK);
    assert_null(text.p);
}

static void the_first_failure_stays_and_names_its_field(void **state)
{
    uint64_t value = 7;
    struct view text = VIEW_NONE;
    struct visit visit = READS("\x80");
    (void)state;
    visit_u64(&visit, "first", &value);
    visit_text(&visit, "second", (struct range){1, 2}, &text);
    visit_refuse(&visit, "third");
    assert_int_equal(visit.err, ERR_INVALID);
    assert_int_equal(value, 7);
    assert_non_null(strstr(fault.text, "first"));
    struct buf small;
    buf_init(&small, 1);
    visit = (struct visit){.out = &small, .fault = &fault};
    value = 300;
    visit_u64(&visit, "wide", &value);
    assert_int_equal(visit.err, ERR_LIMIT);
    assert_non_null(strstr(fault.text, "wide"));
    value = 1;
    visit_u64(&visit, "narrow", &value);
    assert_int_equal(small.n, 0);
    buf_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_come_back),
        cmocka_unit_test(other_forms_of_a_number_are_refused),
        cmocka_unit_test(signed_numbers_come_back_small_when_they_are),
        cmocka_unit_test(ranges_hold_in_both_directions),
        cmocka_unit_test(moments_come_back_whatever_their_base),
        cmocka_unit_test(texts_come_back_within_their_range),
        cmocka_unit_test(the_first_failure_stays_and_names_its_field),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
