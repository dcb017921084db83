/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the control topic that the pool itself writes and reads, as JSON: what must outlive
 * the topics it speaks of. Operators' records (pause, resume) stand beside them; whoever does not
 * know an action skips it.
 *
 *   {"action": "ledger-claimed", "topic": ..., "partition": ...}
 *   {"action": "input-seen", "topic": ..., "partition": ..., "offset": ..., "time": ...,
 *    "checksum": ...}
 *   {"action": "input-renewed", "topic": ...}
 *   {"action": "pool-seen", "group": ..., "tasks": ..., "ledger": ..., "results": ...}
 */
#ifndef WORKER_WIRE_CONTROL_JSON_H
#define WORKER_WIRE_CONTROL_JSON_H

#include <stdint.h>

#include "base/bytes.h"

enum control_action {
    CONTROL_OTHER = 0,
    CONTROL_LEDGER_CLAIMED, /* the ledger partition has had an owner: it cannot be empty again */
    CONTROL_INPUT_SEEN,     /* this record stands in the partition of requests or tasks */
    CONTROL_INPUT_RENEWED,  /* an operator: the input topic was made anew on purpose */
    CONTROL_POOL_SEEN,      /* a pool that reboots goes by these names */
};

enum { CONTROL_BYTES_MAX = 4096, CONTROL_TOPIC_BYTES_MAX = 249, CONTROL_GROUP_BYTES_MAX = 255 };

/* What a pool shares with no other. */
struct pool_names {
    char group[CONTROL_GROUP_BYTES_MAX + 1];
    char tasks[CONTROL_TOPIC_BYTES_MAX + 1];
    char ledger[CONTROL_TOPIC_BYTES_MAX + 1];
    char results[CONTROL_TOPIC_BYTES_MAX + 1];
};

/* The fingerprint of a record. */
struct fingerprint {
    int64_t offset;
    int64_t time_ms;
    uint32_t checksum; /* CRC-32C of key and value */
};

struct control_record {
    enum control_action action;
    char topic[CONTROL_TOPIC_BYTES_MAX + 1];
    int32_t partition;
    struct fingerprint seen;
    struct pool_names pool; /* of CONTROL_POOL_SEEN, which has no topic and no partition */
};

/* ERR_INVALID: no JSON object, or one of the actions above without its fields; anything else that
 * is an object is CONTROL_OTHER. */
MUST_USE enum err control_read(struct view value, struct control_record *out, struct fault *fault);
/* Appends. ERR_LIMIT: out is full, or no memory. */
MUST_USE enum err control_write(const struct control_record *record, struct buf *out);

#endif
