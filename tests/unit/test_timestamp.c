/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps: RFC 3339 and nothing else; what is printed reads back as the same moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "wire/timestamp.h"

static const int64_t first_ms = INT64_C(-62167219200000);
static const int64_t last_ms = INT64_C(253402300799999);

static void moments_read_as_what_they_are(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T01:15:30.123Z", INT64_C(1795396530123)},
        {"2026-11-23t01:15:30.123z", INT64_C(1795396530123)},
        {"2026-11-23 09:15:30.1239+08:00", INT64_C(1795396530123)},
        {"2026-11-22T19:45:30.123-05:30", INT64_C(1795396530123)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2000-02-29T12:00:00Z", INT64_C(951825600000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"2017-01-01T08:59:60.25+09:00", INT64_C(1483228800250)},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
        {"0000-01-01T00:00:00+23:59", INT64_C(-62167305540000)},
        {"9999-12-31T23:59:59.999-23:59", INT64_C(253402387139999)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 7;
        assert_int_equal(timestamp_parse(view_of(rows[i].text), &ms), ERR_OK);
        assert_true(ms == rows[i].ms);
    }
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T01:15:30",
        "2026-11-23T01:15Z",
        "2026-11-23T01:15:30.Z",
        "2026-11-23T01:15:30,5Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:60:00Z",
        "2026-11-23T23:59:61Z",
        "2026-11-23T12:00:60Z",
        "2016-12-31T23:59:60+01:00",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+08:60",
        "2026-01-01T00:00:00+0800",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "12026-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 7;
        assert_int_equal(timestamp_parse(view_of(bad[i]), &ms), ERR_INVALID);
        assert_int_equal(ms, 7);
    }
}

static void no_part_of_one_is_one(void **state)
{
    static const char whole[] = "2026-11-23T01:15:30.123+08:00";
    int64_t ms;
    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *part = malloc(n + 1); /* of just its size: a read past its end is seen */
        assert_non_null(part);
        memcpy(part, whole, n);
        assert_int_equal(timestamp_parse((struct view){part, n}, &ms), ERR_INVALID);
        free(part);
    }
    assert_int_equal(timestamp_parse((struct view){"2026-11-23T01:15:30Z\0", 21}, &ms),
                     ERR_INVALID);
}

static void what_is_printed_is_what_the_c_library_prints(void **state)
{
    struct random random = {.state = 7};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int64_t ms = first_ms + (int64_t)random_below(&random, (uint64_t)(last_ms - first_ms) + 1);
        char text[TIMESTAMP_TEXT_MAX];
        char expected[TIMESTAMP_TEXT_MAX];
        struct tm tm;
        int64_t part = (ms % 1000 + 1000) % 1000;
        time_t seconds = (time_t)((ms - part) / 1000);
        assert_non_null(gmtime_r(&seconds, &tm));
        (void)snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                       tm.tm_sec, (int)part);
        timestamp_format(ms, text);
        assert_string_equal(text, expected);
        int64_t again;
        assert_int_equal(timestamp_parse(view_of(text), &again), ERR_OK);
        assert_true(again == ms);
    }
}

static void years_that_cannot_be_printed_are_the_nearest(void **state)
{
    char text[TIMESTAMP_TEXT_MAX];
    (void)state;
    timestamp_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    timestamp_format(first_ms - 1, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    timestamp_format(last_ms + 1, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    timestamp_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_read_as_what_they_are),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(no_part_of_one_is_one),
        cmocka_unit_test(what_is_printed_is_what_the_c_library_prints),
        cmocka_unit_test(years_that_cannot_be_printed_are_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
