/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened, kept as it is and put into words for whoever has to read it.
 */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include "base/bytes.h"
#include "wire/record_codec.h"

#include "plan.h"

struct letter;
struct sent_call;
struct sim;
struct worker;

enum { LINES_MAX = 2048 };

/* A line of the trace. */
struct line {
    int64_t at_us;
    uint32_t worker;   /* NOBODY */
    int32_t partition; /* -1 */
    const char *what;
    struct view text;
    struct view record;           /* of the ledger, as bytes */
    const struct sent_call *call; /* or this one */
    int64_t number;
};

struct trace {
    bool on; /* print at once */
    struct line lines[LINES_MAX];
    uint64_t n;
    struct record_scratch scratch;
};

void trace_line(struct sim *sim, struct line line);
void trace_letter(struct sim *sim, const struct worker *worker, const struct letter *letter);
void trace_show(struct sim *sim, int32_t partition);

#endif
