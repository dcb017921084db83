/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks (core/task.h) to and from the bytes of the tasks topic.
 *
 *   task = format fields crc32c
 *
 * as ledger records are built (wire/record_codec.h): one description for both directions, the same
 * limits in both, and a checksum over all before it.
 */
#ifndef WORKER_WIRE_TASK_CODEC_H
#define WORKER_WIRE_TASK_CODEC_H

#include "base/bytes.h"
#include "core/task.h"

enum {
    TASK_FORMAT = 1, /* the first byte; a newer one is refused */
    TASK_BYTES_MAX = 8 * 1024,
};

/* Appends. ERR_INVALID when a field is outside its limits, ERR_LIMIT when out is full; out is then
 * as it was. */
MUST_USE enum err task_encode(const struct task *task, struct buf *out, struct fault *fault);
/* ERR_INVALID with a fault that says what and where. The task's views point into `bytes`. */
MUST_USE enum err task_decode(struct view bytes, struct task *task_out, struct fault *fault);

#endif
