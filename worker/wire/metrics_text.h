/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus text format 0.0.4: families and samples into a buf.
 *
 * The first failure of the buf sticks; ask metrics_text_err at the end.
 */
#ifndef WORKER_WIRE_METRICS_TEXT_H
#define WORKER_WIRE_METRICS_TEXT_H

#include "base/bytes.h"

struct metrics_text {
    struct buf *out;
    enum err err;
};

struct metrics_label {
    const char *name;
    struct view value;
};

/* HELP and TYPE; type is "counter", "gauge" or "histogram". Once, before the family's samples. */
void metrics_family(struct metrics_text *text, const char *name, const char *type,
                    const char *help);
/* One sample with up to two labels (name NULL: none). */
void metrics_sample(struct metrics_text *text, const char *name,
                    const struct metrics_label labels[2], double value);

#endif
