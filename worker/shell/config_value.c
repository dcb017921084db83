/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of options: from text, and back. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "shell/config.h"

struct unit {
    const char *name;
    double factor;
};

static const struct unit time_units[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}};
static const struct unit size_units[] = {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1048576}};
enum { UNIT_N = 4 };

static void *place_of(const struct config *config, const struct option_row *option)
{
    return (char *)(uintptr_t)config + option->at;
}

/* ---- parsing ---- */

static bool parse_number(struct view text, double *out, struct view *rest_out)
{
    char copy[64];
    char *end;
    if (text.n == 0 || text.n >= sizeof copy || strchr("+-.0123456789", text.p[0]) == NULL)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strpbrk(copy, "xXpPnN") != NULL)
        return false; /* strtod would take hexadecimal, inf and nan */
    errno = 0;
    *out = strtod(copy, &end);
    size_t used = (size_t)(end - copy);
    *rest_out = (struct view){text.p + used, text.n - used};
    return used > 0 && errno == 0 && isfinite(*out);
}

static bool parse_with_unit(struct view text, const struct unit units[UNIT_N], double *out)
{
    struct view rest;
    if (!parse_number(text, out, &rest))
        return false;
    for (int i = 0; i < UNIT_N; i++) {
        if (view_is(rest, units[i].name)) {
            double exact = *out * units[i].factor;
            *out = round(exact); /* 1.005s is 1004.9999999999999 ms to a double */
            return fabs(exact - *out) <= fabs(exact) * 1e-12;
        }
    }
    return rest.n == 0 && *out == 0; /* nothing needs no unit */
}

bool config_parse_duration(struct view text, int64_t *ms_out)
{
    double ms;
    if (!parse_with_unit(text, time_units, &ms) || ms < 0 || ms > 10 * 366 * 86400e3)
        return false;
    *ms_out = (int64_t)ms;
    return true;
}

static bool parse_plain(struct view text, double *out)
{
    struct view rest;
    return parse_number(text, out, &rest) && rest.n == 0;
}

static bool parse_bool(struct view text, bool *out)
{
    *out = view_is(text, "true");
    return *out || view_is(text, "false");
}

static bool parse_word(const struct option_row *option, struct view text, double *out)
{
    for (int i = 0; option->words[i] != NULL; i++) {
        if (view_is(text, option->words[i])) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool parse(const struct option_row *option, struct view text, double *out)
{
    bool truth = false;
    switch (option->type) {
    case OPTION_BOOL:
        if (!parse_bool(text, &truth))
            return false;
        *out = truth;
        return true;
    case OPTION_INT:
        return parse_plain(text, out) && *out == floor(*out);
    case OPTION_NUMBER:
        return parse_plain(text, out);
    case OPTION_DURATION:
        return parse_with_unit(text, time_units, out);
    case OPTION_SIZE:
        return parse_with_unit(text, size_units, out);
    case OPTION_WORD:
        return parse_word(option, text, out);
    case OPTION_TEXT:
    case OPTION_NAME:
        break;
    }
    return false;
}

static bool in_range(const struct option_row *option, double value)
{
    bool has_range = option->type != OPTION_WORD && option->type != OPTION_BOOL;
    return !has_range || (value >= option->min && value <= option->max);
}

/* ---- setting ---- */

static enum err refuse(const struct option_row *option, struct view text, struct fault *fault)
{
    struct buf allowed;
    buf_init(&allowed, CONFIG_VALUE_BYTES_MAX);
    enum err err = config_allowed(option, &allowed);
    if (err == ERR_OK)
        err = fault_set(fault, ERR_CONFIG, "%s: \"%.*s\" is not %s", option->key, VIEW_FMT(text),
                        allowed.p);
    buf_release(&allowed);
    return err;
}

static bool fits(const struct option_row *option, struct view text)
{
    if ((double)text.n < option->min || (double)text.n > option->max)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool good = option->type == OPTION_NAME ? isalnum(c) || (c != 0 && strchr("._-", c) != NULL)
                                                : c >= 0x20 && c != 0x7f;
        if (!good)
            return false;
    }
    return utf8_is_valid(text); /* it is written into JSON */
}

static enum err set_text(char **to, const struct option_row *option, struct view text,
                         struct fault *fault)
{
    if (!fits(option, text))
        return refuse(option, text, fault);
    char *copy = view_dup(text);
    if (copy == NULL)
        return fault_set(fault, ERR_SYSTEM, "no memory");
    free(*to);
    *to = copy;
    return ERR_OK;
}

static void store(struct config *config, const struct option_row *option, double value)
{
    void *to = place_of(config, option);
    if (option->type == OPTION_NUMBER)
        *(double *)to = value;
    else if (option->type == OPTION_BOOL)
        *(bool *)to = value != 0;
    else
        *(int64_t *)to = (int64_t)value;
}

enum err config_set(struct config *config, const struct option_row *option, struct view text,
                    struct fault *fault)
{
    double value;
    double only;
    if (option_is_text(option))
        return set_text(place_of(config, option), option, text, fault);
    if (!parse(option, text, &value) || !in_range(option, value))
        return refuse(option, text, fault);
    if (option->fixed && parse(option, view_of(option->value), &only) && value != only)
        return fault_set(fault, ERR_CONFIG, "%s: not supported yet: only %s is", option->key,
                         option->value);
    store(config, option, value);
    return ERR_OK;
}

/* ---- back to text ---- */

/* In the largest unit that leaves a whole number. */
static enum err format_with_unit(struct buf *out, int64_t value, const struct unit units[UNIT_N])
{
    int best = 0;
    for (int i = 1; i < UNIT_N; i++)
        if (value != 0 && value % (int64_t)units[i].factor == 0 && units[i].factor > 1)
            best = i;
    return buf_append_format(out, "%lld%s", (long long)(value / (int64_t)units[best].factor),
                             units[best].name);
}

/* A value, or a bound of one. */
static enum err format_number(const struct option_row *option, double value, struct buf *out)
{
    if (option->type == OPTION_DURATION)
        return format_with_unit(out, (int64_t)value, time_units);
    if (option->type == OPTION_SIZE)
        return format_with_unit(out, (int64_t)value, size_units);
    char text[32];
    double again = NAN;
    for (int digits = 15; digits <= 17 && !(again >= value && again <= value); digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        again = strtod(text, NULL); /* 15 are enough for most, 17 for all */
    }
    return buf_append_text(out, text);
}

/* A default as it is documented: 60s and not 1m. */
static enum err format_value(const struct option_row *option, double value, struct buf *out)
{
    double usual;
    bool is_default = parse(option, view_of(option->value), &usual) && value == usual;
    return is_default ? buf_append_text(out, option->value) : format_number(option, value, out);
}

enum err config_format(const struct config *config, const struct option_row *option,
                       struct buf *out)
{
    const void *at = place_of(config, option);
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_NAME:
        return buf_append_text(out, *(char *const *)at);
    case OPTION_BOOL:
        return buf_append_text(out, *(const bool *)at ? "true" : "false");
    case OPTION_NUMBER:
        return format_value(option, *(const double *)at, out);
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_SIZE:
        return format_value(option, (double)*(const int64_t *)at, out);
    case OPTION_WORD:
        return buf_append_text(out, option->words[*(const int64_t *)at]);
    }
    return ERR_INVALID;
}

static enum err append_words(const struct option_row *option, struct buf *out)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && option->words[i] != NULL; i++)
        err = buf_append_format(out, "%s%s", i > 0 ? ", " : "", option->words[i]);
    return err;
}

enum err config_allowed(const struct option_row *option, struct buf *out)
{
    static const char *const what[] = {
        [OPTION_TEXT] = "a printable UTF-8 text",
        [OPTION_NAME] = "a name (letters, digits, . _ -)",
        [OPTION_BOOL] = "true or false",
        [OPTION_INT] = "a whole number",
        [OPTION_NUMBER] = "a number",
        [OPTION_DURATION] = "a duration",
        [OPTION_SIZE] = "a size",
        [OPTION_WORD] = "one of ",
    };
    enum err err = buf_append_text(out, what[option->type]);
    if (err != ERR_OK || option->type == OPTION_BOOL)
        return err;
    if (option->type == OPTION_WORD)
        return append_words(option, out);
    if (option_is_text(option))
        return buf_append_format(out, " of %.0f to %.0f bytes", option->min, option->max);
    err = buf_append_text(out, " from ");
    if (err == ERR_OK)
        err = format_number(option, option->min, out);
    if (err == ERR_OK)
        err = buf_append_text(out, " to ");
    return err == ERR_OK ? format_number(option, option->max, out) : err;
}
