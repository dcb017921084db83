/* SPDX-License-Identifier: Apache-2.0
 *
 * A ledger record for the eyes of an operator (`reboot-worker ledger`): one line of text, or one
 * JSON object with fixed fields and a `detail` that depends on the kind.
 */
#ifndef WORKER_WIRE_RECORD_TEXT_H
#define WORKER_WIRE_RECORD_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/record.h"

/* A record where it was read. */
struct record_line {
    int32_t partition;
    int64_t offset;
    int64_t log_ms;
    bool valid;         /* as the fold has judged it */
    struct view worker; /* of the claim in force; VIEW_NONE: unknown. A record that names its own
                           worker says that one */
    const struct record *record;
};

/* "TIME PARTITION@OFFSET KIND ...", appended without a line end. ERR_LIMIT when
 * out is full. */
MUST_USE enum err record_text_write(const struct record_line *line, struct buf *out);
/* Compact, without a line end. Bytes that are no UTF-8 are shown as "(not UTF-8)". */
MUST_USE enum err record_json_write(const struct record_line *line, struct buf *out);

#endif
