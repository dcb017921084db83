/* SPDX-License-Identifier: Apache-2.0
 *
 * Which input records are done: per input partition, the contiguous prefix of records whose pieces
 * (tasks, dead letter) are all acknowledged.
 *
 * Pure: no I/O, no clock. A window belongs to one assignment of one input partition; tickets of an
 * earlier one are recognised and ignored.
 */
#ifndef WORKER_SHELL_INTAKE_WINDOW_H
#define WORKER_SHELL_INTAKE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { INTAKE_WINDOW_RECORDS_MAX = 65536 }; /* not yet done, per partition; a power of two */

struct window_record {
    int64_t offset;
    uint32_t pending_n; /* pieces not yet acknowledged; the record is done at 0 */
    uint32_t bytes;
};

struct intake_window {
    uint32_t first;  /* sequence number of the oldest record that is not done */
    uint32_t next;   /* of the next record */
    uint32_t cap;    /* of ring, a power of two; 0: nothing was ever added */
    int64_t done_to; /* the offset to commit: everything below is done */
    uint64_t bytes;  /* of the records from first on */
    uint64_t pending_n;
    struct window_record *ring;
};

/* `offset`: where reading begins. */
void intake_window_init(struct intake_window *window, int64_t offset);
void intake_window_release(struct intake_window *window);
/* Adds the next record (offset above all before; gaps are fine) with pending_n pieces to come; with
 * none it waits only for those before it. done_out: done_to has moved. seq_out: its sequence
 * number. ERR_LIMIT: full, or no memory. */
MUST_USE enum err intake_window_add(struct intake_window *window,
                                    const struct window_record *record, bool *done_out,
                                    uint32_t *seq_out);
/* No record can be added. */
bool intake_window_is_full(const struct intake_window *window);
/* One piece of record seq is acknowledged. true when done_to has moved. A seq that is not waited
 * for is a broken check. */
bool intake_window_ack(struct intake_window *window, uint32_t seq);

#endif
