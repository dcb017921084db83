/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/http_date.h"

#include "base/instant.h"
#include "wire/timestamp.h"

static bool digits_at(struct view text, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

/* 1 to 12, 0: none. */
static int month_at(struct view text, size_t at)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int month = 0; month < 12; month++)
        if (memcmp(names + 3 * month, text.p + at, 3) == 0)
            return month + 1;
    return 0;
}

/* Rewritten as RFC 3339, so that one file knows the calendar. */
enum err http_date_parse(struct view text, int64_t *unix_s_out)
{
    static const char shape[] = "..., ## ... #### ##:##:## GMT";
    if (text.n != sizeof shape - 1)
        return ERR_INVALID;
    for (size_t i = 0; i < text.n; i++) {
        bool fits =
            shape[i] == '.' || (shape[i] == '#' ? digits_at(text, i, 1) : text.p[i] == shape[i]);
        if (!fits)
            return ERR_INVALID;
    }
    int month = month_at(text, 8);
    if (month == 0)
        return ERR_INVALID;
    char rfc3339[] = "yyyy-mm-ddThh:mm:ssZ";
    memcpy(rfc3339, text.p + 12, 4);
    rfc3339[5] = (char)('0' + month / 10);
    rfc3339[6] = (char)('0' + month % 10);
    memcpy(rfc3339 + 8, text.p + 5, 2);
    memcpy(rfc3339 + 11, text.p + 17, 8);
    int64_t unix_ms;
    enum err err = timestamp_parse(view_of(rfc3339), &unix_ms);
    if (err == ERR_OK)
        *unix_s_out = unix_ms / 1000;
    return err;
}
