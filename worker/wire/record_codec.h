/* SPDX-License-Identifier: Apache-2.0
 *
 * Ledger records (core/record.h) to and from bytes.
 *
 *   record = format kind [epoch seq] fields crc32c
 *
 * format and kind are one byte each, the checksum is four (little-endian, over all before it); what
 * lies between are the primitives of wire/visit.h. Epoch and seq are those of decisions only. In
 * RECORD_TASKS a task says only what differs from the one before it, since the tasks of one request
 * share nearly everything.
 *
 * Both directions walk one description of each kind (record_codec.c), with the same limits: what
 * can be written can be read, and nothing else can be read.
 */
#ifndef WORKER_WIRE_RECORD_CODEC_H
#define WORKER_WIRE_RECORD_CODEC_H

#include "base/bytes.h"
#include "core/record.h"

/* The arrays of a decoded record; some 800 KiB, to be reused. */
struct record_scratch {
    union {
        struct task_op ops[RECORD_OPS_MAX];
        struct view instance_ids[RECORD_OPS_MAX];
        struct member members[RECORD_OPS_MAX];
        struct seen seen[RECORD_OPS_MAX];
        struct shut shut[RECORD_OPS_MAX];
        struct source_position sources[RECORD_SOURCES_MAX];
        struct image_room images;
    } u;
};

/* Appends. ERR_INVALID when a field is outside its limits, ERR_LIMIT when the record would pass
 * RECORD_BYTES_MAX or out is full; out is then as it was. */
MUST_USE enum err record_encode(const struct record *record, struct buf *out, struct fault *fault);

/* Everything must fit: checksum, format, kind, limits, no byte left over; else ERR_INVALID with a
 * fault that says what and where. The record's views point into `bytes`, its arrays into scratch;
 * an absent text is VIEW_NONE. */
MUST_USE enum err record_decode(struct view bytes, struct record_scratch *scratch,
                                struct record *record_out, struct fault *fault);

#endif
