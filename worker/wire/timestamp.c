/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/timestamp.h"

#include <stdbool.h>
#include <stdio.h>

static const int64_t day_ms = 86400000;

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Hinnant, "chrono-compatible
 * low-level date algorithms"). Month 13 is the next January. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void timestamp_format(int64_t unix_ms, char out[TIMESTAMP_TEXT_MAX])
{
    int64_t first = days_of(0, 1, 1) * day_ms;
    int64_t last = days_of(10000, 1, 1) * day_ms - 1;
    unix_ms = unix_ms < first ? first : unix_ms > last ? last : unix_ms;
    int64_t days = unix_ms / day_ms - (unix_ms % day_ms < 0);
    int64_t ms = unix_ms - days * day_ms;
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp + (mp < 10 ? 3 : -9);
    (void)snprintf(out, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   (int)(yoe + era * 400 + (month <= 2)), (int)month,
                   (int)(doy - (153 * mp + 2) / 5 + 1), (int)(ms / 3600000), (int)(ms / 60000 % 60),
                   (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* Takes exactly n digits; -1 when they are not there. */
static int digits(struct view *v, size_t n)
{
    int value = 0;
    if (v->n < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9')
            return -1;
        value = value * 10 + (v->p[i] - '0');
    }
    *v = (struct view){v->p + n, v->n - n};
    return value;
}

static bool one_of(struct view *v, const char *allowed)
{
    if (v->n == 0 || v->p[0] == '\0' || strchr(allowed, v->p[0]) == NULL)
        return false;
    *v = (struct view){v->p + 1, v->n - 1};
    return true;
}

static bool parse_date(struct view *v, int64_t *days_out)
{
    int year = digits(v, 4);
    int month = year >= 0 && one_of(v, "-") ? digits(v, 2) : -1;
    int day = month >= 1 && one_of(v, "-") ? digits(v, 2) : -1;
    if (month < 1 || month > 12 || day < 1)
        return false;
    *days_out = days_of(year, month, day);
    return *days_out < days_of(year, month + 1, 1);
}

/* A time of day: minutes since midnight, and what lies behind them. */
struct clock_time {
    int minutes;
    int second;
    int ms;
};

static bool parse_time(struct view *v, struct clock_time *out)
{
    int hour = digits(v, 2);
    int minute = hour >= 0 && one_of(v, ":") ? digits(v, 2) : -1;
    int second = minute >= 0 && one_of(v, ":") ? digits(v, 2) : -1;
    if (hour > 23 || minute > 59 || second < 0 || second > 60)
        return false;
    int ms = 0;
    if (one_of(v, ".")) {
        int digit = digits(v, 1);
        if (digit < 0)
            return false;
        for (int scale = 100; digit >= 0; scale /= 10, digit = digits(v, 1))
            ms += digit * scale;
    }
    *out = (struct clock_time){hour * 60 + minute, second, ms};
    return true;
}

static bool parse_offset(struct view *v, int *minutes_out)
{
    *minutes_out = 0;
    if (one_of(v, "Zz"))
        return true;
    int sign = one_of(v, "+") ? 1 : one_of(v, "-") ? -1 : 0;
    int hour = sign != 0 ? digits(v, 2) : -1;
    int minute = hour >= 0 && one_of(v, ":") ? digits(v, 2) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *minutes_out = sign * (hour * 60 + minute);
    return true;
}

enum err timestamp_parse(struct view text, int64_t *unix_ms_out)
{
    enum { DAY_MINUTES = 24 * 60 };
    int64_t days;
    struct clock_time time;
    int offset;
    if (!parse_date(&text, &days) || !one_of(&text, "Tt ") || !parse_time(&text, &time) ||
        !parse_offset(&text, &offset) || text.n != 0)
        return ERR_INVALID;
    int minutes = time.minutes - offset;
    bool last_minute = (minutes + DAY_MINUTES) % DAY_MINUTES == DAY_MINUTES - 1;
    if (time.second == 60 && !last_minute)
        return ERR_INVALID;
    *unix_ms_out = days * day_ms + (minutes * INT64_C(60) + time.second) * 1000 + time.ms;
    return ERR_OK;
}
