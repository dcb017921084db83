/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum type { DURATION, COUNT, BYTES, NUMBER, SWITCH, TEXT };

#define AT(field) offsetof(struct engine_options, field)

static const struct {
    const char *key;
    enum type type;
    size_t at;
} options_known[] = {
    {"api.region", TEXT, AT(default_region)},
    {"api.rate_limit", NUMBER, AT(rate_limit)},
    {"api.batch_size", COUNT, AT(batch_size)},
    {"api.linger", DURATION, AT(linger_ms)},
    {"api.signature_life", DURATION, AT(signature_life_ms)},
    {"api.settle", DURATION, AT(settle_ms)},
    {"retry.max_attempts", COUNT, AT(max_attempts)},
    {"retry.initial", DURATION, AT(retry_initial_ms)},
    {"retry.max", DURATION, AT(retry_max_ms)},
    {"dedup.window", DURATION, AT(dedup_window_ms)},
    {"request.max_age", DURATION, AT(request_max_age_ms)},
    {"confirm.enabled", SWITCH, AT(confirm_enabled)},
    {"confirm.interval", DURATION, AT(confirm_interval_ms)},
    {"confirm.timeout", DURATION, AT(confirm_timeout_ms)},
    {"limits.open_requests", COUNT, AT(limits.open_requests)},
    {"limits.closed_requests", COUNT, AT(limits.closed_requests)},
    {"limits.entry_bytes", COUNT, AT(limits.entry_bytes)},
    {"safety.allow_force", SWITCH, AT(allow_force)},
    {"dry_run", SWITCH, AT(dry_run)},
    {"snapshot_bytes_min", BYTES, AT(snapshot_bytes_min)},
};

bool option_duration(const char *text, int64_t *ms_out)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"", 0}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *end;
    long long n = strtoll(text, &end, 10);
    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) != 0 || (units[i].ms == 0 && n != 0))
            continue;
        *ms_out = n * units[i].ms;
        return true;
    }
    return false;
}

static bool set_count(void *field, const char *value)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (end == value || *end != '\0' || n > UINT32_MAX)
        return false;
    *(uint32_t *)field = (uint32_t)n;
    return true;
}

static bool set_switch(bool *field, const char *value)
{
    *field = strcmp(value, "true") == 0;
    return *field || strcmp(value, "false") == 0;
}

static bool set_field(enum type type, void *field, const char *value)
{
    switch (type) {
    case DURATION:
        return option_duration(value, field);
    case COUNT:
        return set_count(field, value);
    case BYTES:
        *(int64_t *)field = strtoll(value, NULL, 10);
        return *(int64_t *)field > 0;
    case NUMBER:
        *(double *)field = strtod(value, NULL);
        return *(double *)field > 0;
    case SWITCH:
        return set_switch(field, value);
    case TEXT:
        *(struct view *)field = view_of(strdup(value));
        return true;
    }
    return false;
}

bool option_set(struct engine_options *options, const char *key, const char *value)
{
    if (strcmp(key, "ambiguity") == 0) {
        options->ambiguity_retry = strcmp(value, "retry") == 0;
        return options->ambiguity_retry || strcmp(value, "report") == 0;
    }
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++)
        if (strcmp(options_known[i].key, key) == 0)
            return set_field(options_known[i].type, (char *)options + options_known[i].at, value);
    return false;
}
