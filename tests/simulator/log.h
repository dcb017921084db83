/* SPDX-License-Identifier: Apache-2.0
 *
 * Every call in the order of arrival, and what it really did: the truth that tests compare with.
 */
#ifndef TESTS_SIMULATOR_LOG_H
#define TESTS_SIMULATOR_LOG_H

#include "base/bytes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logged_call {
    int64_t at_ms;
    char action[64];
    char code[128]; /* empty: no error */
    char request_id[40];
    char *host;
    char *ids;         /* JSON */
    char *params;      /* JSON, NULL if they could not be read */
    char *effect;      /* JSON members without the brackets, NULL for none */
    const char *fault; /* name of the fault that hit it, NULL for none */
    size_t ids_n;
    size_t effect_n;
    unsigned status;
    bool answered;
};

struct call_log {
    struct logged_call *at;
    size_t n;
    size_t cap;
};

void log_init(struct call_log *log);
void log_release(struct call_log *log);
/* The new call's place. */
size_t log_add(struct call_log *log, int64_t at_ms, const char *action, const char *host);
/* Records the parameters (NULL: unreadable) and, from them, the IDs. */
void log_params(struct logged_call *call, const json_t *params);
/* One more instance whose reboot this call started. */
void log_effect(struct logged_call *call, const char *id);
/* Calls from a place on, a JSON object a line. */
MUST_USE enum err log_print(const struct call_log *log, size_t from, struct buf *out);
/* Sums, as one JSON object (new). */
json_t *log_stats(const struct call_log *log);

#endif
