/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow of intake: from pieces (tasks, dead letters) put, over their acknowledgements, to the
 * offsets that may be committed, for all input partitions.
 *
 * Knows nothing of what a record says (shell/intake.h does). Tickets of pieces carry partition,
 * assignment and record, so a report that comes after its partition was revoked or begun anew is
 * recognised and ignored.
 */
#ifndef WORKER_SHELL_INTAKE_FLOW_H
#define WORKER_SHELL_INTAKE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "shell/producer.h"

enum intake_flow_limit {
    FLOW_PARTITIONS_MAX = 4096,              /* input partitions assigned at a time */
    FLOW_PIECES_MAX = 8192,                  /* outstanding before a record is begun */
    FLOW_RECORD_PIECES_MAX = 1024,           /* of one record */
    FLOW_RECORD_BYTES_MAX = 12 * 1024 * 1024 /* of one record's pieces */
};

enum flow_event_type {
    FLOW_COMMIT = 1, /* everything of `partition` below `offset` is done */
    FLOW_RESTART,    /* a piece failed for good: read `partition` again from `offset`, after
                        intake_flow_assign */
};

struct flow_event {
    enum flow_event_type type;
    int32_t partition;
    int64_t offset;
    struct fault fault; /* FLOW_RESTART */
};

struct intake_flow;

/* The producer outlives it. ERR_SYSTEM: no memory. */
MUST_USE enum err intake_flow_open(struct producer *producer, struct intake_flow **flow_out,
                                   struct fault *fault);
/* Partition p begins (anew) at `offset`, which may be READER_BEGINNING. ERR_LIMIT:
 * FLOW_PARTITIONS_MAX or no memory. */
MUST_USE enum err intake_flow_assign(struct intake_flow *flow, int32_t partition, int64_t offset,
                                     struct fault *fault);
void intake_flow_revoke(struct intake_flow *flow, int32_t partition);
bool intake_flow_is_assigned(const struct intake_flow *flow, int32_t partition);
/* No record may be begun now. */
bool intake_flow_is_full(const struct intake_flow *flow);
/* Begins the next record of an assigned partition, of piece_n pieces; never while full. Then
 * exactly piece_n calls of intake_flow_put follow. */
void intake_flow_begin(struct intake_flow *flow, int32_t partition, int64_t offset,
                       uint32_t piece_n);
/* Puts the next piece of the record begun last; its ticket is filled in here. A failure becomes
 * FLOW_RESTART, and the rest of the record is ignored. */
void intake_flow_put(struct intake_flow *flow, const struct producer_record *piece);
/* A report on a piece. */
void intake_flow_report(struct intake_flow *flow, const struct producer_report *report);
/* What follows; false when there is nothing now. */
bool intake_flow_next(struct intake_flow *flow, struct flow_event *event_out);
/* Pieces that no report has come for, of whatever assignment. */
uint64_t intake_flow_outstanding(const struct intake_flow *flow);
void intake_flow_close(struct intake_flow *flow);

#endif
