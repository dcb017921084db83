/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from an answer of the API: one table with a row per error code.
 *
 * Judged by Response.Error.Code alone: HTTP status and message wording say nothing reliable (vendor
 * documentation, "Responses"). To teach the worker a code, add a line to the table
 * in verdict.c; docs/tour.md shows how.
 */
#ifndef WORKER_CORE_VERDICT_H
#define WORKER_CORE_VERDICT_H

#include <stdbool.h>

#include "core/call.h"

enum verdict {
    VERDICT_DONE = 0,    /* accepted: REBOOTING */
    VERDICT_BUSY,        /* another operation is in progress on one: it backs off and tries again */
    VERDICT_NOT_RUNNING, /* one is not RUNNING: its state says whether to wait or to fail */
    VERDICT_NOT_EXIST,   /* one does not exist: it fails */
    VERDICT_OFFENCE,     /* one, or all, may not be rebooted: those fail */
    VERDICT_FORBIDDEN,   /* likewise, refused by the gateway: no part of the call was executed */
    VERDICT_TOO_LARGE,   /* the batch is too large: halve it */
    VERDICT_THROTTLE,    /* blocked before the back end: slow down, all try again */
    VERDICT_CLOCK,       /* the signature was too old: correct the clock, all try again */
    VERDICT_BREAKER,     /* no call can succeed until a person acts: hold everything */
    VERDICT_UNKNOWN,     /* may or may not have had its effect: gather evidence */
    VERDICT_NOT_SENT,    /* never arrived: back off, all try again */
};
#define VERDICT_N 12

/* What a verdict means for the members of the batch. */
struct verdict_rule {
    const char *name;
    const char *does; /* what the worker does, for documentation */
    bool refused;     /* the attempt provably had no effect */
    bool isolates;    /* one error stands for up to 100 instances: find which */
    bool counts;      /* proven to be an instance's own, it counts against max_attempts */
};
const struct verdict_rule *verdict_rule(enum verdict verdict);

/* known_out: is the code in the table? An unknown code is an offence (isolated, then final), or is
 * tried again when it belongs to a family that is; it is never dropped in silence. */
enum verdict verdict_of(const struct answer *answer, bool *known_out);

/* One row, for documentation and tests; NULL behind the last. */
struct verdict_row {
    const char *code;
    enum verdict verdict;
    const char *meaning;
};
const struct verdict_row *verdict_row(unsigned i);

#endif
