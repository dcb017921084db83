/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of options: from text, and back. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

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

/* ---- what it may be, for a person ---- */

static enum err refuse(const struct option_row *option, struct view text, struct fault *fault)
{
    char words[128] = "";
    size_t n = 0;
    for (size_t i = 0; option->words != NULL && option->words[i] != NULL; i++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", i > 0 ? ", " : "",
                              option->words[i]);
    switch (option->type) {
    case OPTION_BOOL:
        return fault_set(fault, ERR_CONFIG, "%s: \"%.*s\" is not true or false", option->key,
                         VIEW_FMT(text));
    case OPTION_INT:
    case OPTION_NUMBER:
        return fault_set(fault, ERR_CONFIG, "%s: \"%.*s\" is not a number from %.15g to %.15g",
                         option->key, VIEW_FMT(text), option->min, option->max);
    case OPTION_DURATION:
        return fault_set(fault, ERR_CONFIG,
                         "%s: \"%.*s\" is not a duration such as 250ms, 10s, 5m or 24h, from "
                         "%.15gms to %.15gms",
                         option->key, VIEW_FMT(text), option->min, option->max);
    case OPTION_SIZE:
        return fault_set(fault, ERR_CONFIG,
                         "%s: \"%.*s\" is not a size such as 4096, 256KiB or 1MiB, from %.15g to "
                         "%.15g bytes",
                         option->key, VIEW_FMT(text), option->min, option->max);
    case OPTION_WORD:
        return fault_set(fault, ERR_CONFIG, "%s: \"%.*s\" is not one of %s", option->key,
                         VIEW_FMT(text), words);
    case OPTION_TEXT:
        return fault_set(fault, ERR_CONFIG, "%s: a text of %.15g to %.15g bytes is needed",
                         option->key, option->min, option->max);
    }
    return ERR_CONFIG;
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
            *out *= units[i].factor;
            return true;
        }
    }
    return false;
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

static bool in_range(const struct option_row *option, double value)
{
    return option->type == OPTION_WORD || (value >= option->min && value <= option->max);
}

static bool set_text(char **to, struct view text, const struct option_row *option)
{
    if ((double)text.n < option->min || (double)text.n > option->max ||
        (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
        return false;
    char *copy = strndup(text.n > 0 ? text.p : "", text.n);
    if (copy == NULL)
        return false;
    free(*to);
    *to = copy;
    return true;
}

static bool set_number(struct config *config, const struct option_row *option, struct view text)
{
    double value = 0;
    bool ok = false;
    switch (option->type) {
    case OPTION_INT:
        ok = parse_plain(text, &value) && value == floor(value);
        break;
    case OPTION_NUMBER:
        ok = parse_plain(text, &value);
        break;
    case OPTION_DURATION:
        ok = parse_with_unit(text, time_units, &value);
        break;
    case OPTION_SIZE:
        ok = parse_with_unit(text, size_units, &value);
        break;
    case OPTION_WORD:
        ok = parse_word(option, text, &value);
        break;
    case OPTION_TEXT:
    case OPTION_BOOL:
        break;
    }
    if (!ok || !in_range(option, value))
        return false;
    if (option->type == OPTION_NUMBER)
        *(double *)place_of(config, option) = value;
    else
        *(int64_t *)place_of(config, option) = (int64_t)value;
    return true;
}

enum err config_set(struct config *config, const struct option_row *option, struct view text,
                    struct fault *fault)
{
    bool ok;
    if (option->fixed && !view_is(text, option->value))
        return fault_set(fault, ERR_CONFIG, "%s: this version supports only %s", option->key,
                         option->value);
    if (option->type == OPTION_TEXT)
        ok = set_text(place_of(config, option), text, option);
    else if (option->type == OPTION_BOOL)
        ok = parse_bool(text, place_of(config, option));
    else
        ok = set_number(config, option, text);
    return ok ? ERR_OK : refuse(option, text, fault);
}

enum err config_set_property(struct config *config, struct view name, struct view value,
                             struct fault *fault)
{
    struct kafka_properties *kafka = &config->kafka;
    char *name_copy = strndup(name.p, name.n);
    char *value_copy = strndup(value.n > 0 ? value.p : "", value.n);
    struct kafka_property *more = NULL;
    enum err err = ERR_SYSTEM;
    if (kafka->n >= CONFIG_PROPERTIES_MAX)
        err = fault_set(fault, ERR_CONFIG, "kafka: more than %d properties", CONFIG_PROPERTIES_MAX);
    else
        more = realloc(kafka->items, sizeof *more * (kafka->n + 1));
    if (more != NULL)
        kafka->items = more;
    if (more == NULL || name_copy == NULL || value_copy == NULL) {
        free(name_copy);
        free(value_copy);
        return err;
    }
    kafka->items[kafka->n++] = (struct kafka_property){name_copy, value_copy};
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

enum err config_format(const struct config *config, const struct option_row *option,
                       struct buf *out)
{
    const void *at = place_of(config, option);
    switch (option->type) {
    case OPTION_TEXT:
        return buf_append_text(out, *(char *const *)at);
    case OPTION_BOOL:
        return buf_append_text(out, *(const bool *)at ? "true" : "false");
    case OPTION_INT:
        return buf_append_format(out, "%lld", (long long)*(const int64_t *)at);
    case OPTION_NUMBER:
        return buf_append_format(out, "%.15g", *(const double *)at);
    case OPTION_DURATION:
        return format_with_unit(out, *(const int64_t *)at, time_units);
    case OPTION_SIZE:
        return format_with_unit(out, *(const int64_t *)at, size_units);
    case OPTION_WORD:
        return buf_append_text(out, option->words[*(const int64_t *)at]);
    }
    return ERR_INVALID;
}
