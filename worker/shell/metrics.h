/* SPDX-License-Identifier: Apache-2.0
 *
 * What /metrics shows: one table of families. Counters that no module keeps are counted here by the
 * loop; the rest is read from the modules' own statistics at the moment of the scrape.
 */
#ifndef WORKER_SHELL_METRICS_H
#define WORKER_SHELL_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/engine.h"
#include "core/verdict.h"
#include "shell/http.h"
#include "shell/intake.h"
#include "shell/producer.h"

enum { METRICS_CODES_MAX = 80, METRICS_BUCKETS = 12 };

struct metrics {
    /* by action, then by code: verdict.c's rows, then ok, network and other */
    uint64_t calls[CALL_ACTION_N][METRICS_CODES_MAX];
    uint64_t latency_buckets[CALL_ACTION_N][METRICS_BUCKETS];
    uint64_t latency_n[CALL_ACTION_N];
    double latency_sum_s[CALL_ACTION_N];
    uint64_t outcomes[OUTCOME_STATUS_N];
};

/* A call has ended. */
void metrics_call(struct metrics *metrics, const struct completion *completion);

/* Everything that is shown, as of now. */
struct metrics_view {
    const struct metrics *counted;
    struct engine_stats engine;
    struct intake_stats intake;
    struct producer_stats producer;
    uint32_t calls_in_flight;
    uint32_t partitions_owned;
    uint32_t partitions_stopped;
    int64_t owed_events;
    int64_t input_lag; /* records not yet read, of the input partitions assigned here */
    int64_t tasks_lag; /* tasks not yet decided, of the partitions owned here */
    bool ready;
};
MUST_USE enum err metrics_render(const struct metrics_view *view, struct buf *out);
/* docs/metrics.md. */
MUST_USE enum err metrics_reference(struct buf *out);

#endif
