/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text format 0.0.4: families and samples into a buf.
 *
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/ ("Text-based format").
 * Names, types and help texts are ours and are written as they are; label values are escaped. The
 * first failure of the buf sticks in `err`, and nothing is written after it; look at it once, at
 * the end.
 */
#ifndef WORKER_WIRE_METRICS_TEXT_H
#define WORKER_WIRE_METRICS_TEXT_H

#include <stdint.h>

#include "base/bytes.h"

struct metrics_text {
    struct buf *out;
    enum err err;
};

/* An array of them ends with one whose name is NULL. */
struct metrics_label {
    const char *name;
    struct view value; /* UTF-8 */
};

struct metrics_histogram {
    const double *bounds; /* rising; the last is INFINITY */
    const uint64_t *n;    /* by bound: how many were at most that; the last is all of them */
    int bound_n;
    double sum;
};

/* HELP and TYPE; type is "counter", "gauge" or "histogram". Once, before the family's samples. */
void metrics_family(struct metrics_text *text, const char *name, const char *type,
                    const char *help);
/* One sample; labels may be NULL. The value is written so that reading it gives the same number. */
void metrics_sample(struct metrics_text *text, const char *name, const struct metrics_label *labels,
                    double value);
/* All samples of a histogram with one label (of its own, beside `le`). */
void metrics_histogram(struct metrics_text *text, const char *name, struct metrics_label label,
                       const struct metrics_histogram *histogram);

#endif
