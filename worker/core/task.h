/* SPDX-License-Identifier: Apache-2.0
 *
 * A task: one request for one instance, as intake writes it and the engine reads it.
 *
 * A task is a pure function of the request's record: it holds what the upstream said and nothing
 * that depends on configuration or time. Absent texts are VIEW_NONE, absent times TIME_NONE.
 */
#ifndef WORKER_CORE_TASK_H
#define WORKER_CORE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"

/* Limits of a request (schemas/reboot-request.schema.json), in bytes unless they say otherwise. */
enum {
    REQUEST_ID_BYTES_MAX = 128,
    INSTANCE_ID_BYTES_MAX = 64,
    INSTANCES_PER_REQUEST_MAX = 1000, /* instances */
    REGION_BYTES_MAX = 64,
    NOTE_CHARS_MAX = 256, /* requestedBy, reason: characters */
    NOTE_BYTES_MAX = 4 * NOTE_CHARS_MAX,
    TRACESTATE_BYTES_MAX = 512,
    TRACEPARENT_BYTES_MAX = 128,
    /* A default request ID is topic/partition/offset; Kafka's longest topic name is 249. */
    REQUEST_ID_DEFAULT_BYTES_MAX = 249 + 1 + 10 + 1 + 20,
};

/* The kind of reboot. Values are stored in the ledger: append only. */
enum reboot_kind {
    REBOOT_SOFT = 0,
    REBOOT_SOFT_FIRST = 1,
    REBOOT_HARD = 2,
    REBOOT_FORCE = 3, /* forceReboot: true; as strong as SOFT_FIRST */
};
#define REBOOT_KIND_N 4
/* "SOFT", "SOFT_FIRST", "HARD", "FORCE". */
const char *reboot_kind_name(enum reboot_kind kind);

/* Stored in the task topic: append only. */
enum task_type {
    TASK_REBOOT = 1,
    TASK_CANCEL = 2,
    TASK_REFUSED = 3, /* intake refused the request; the ledger owes the `rejected` event */
};

/* The texts of a request, in the order in which an entry and its image keep them. */
enum request_text {
    REQUEST_ID,
    REQUEST_REGION,
    REQUEST_BY,
    REQUEST_REASON,
    REQUEST_TRACEPARENT,
    REQUEST_TRACESTATE,
};
#define REQUEST_TEXT_N 6

/* Where in the input a task came from. Tasks of one input partition are ordered by (generation,
 * offset, index). */
struct source {
    int32_t partition;
    int64_t offset;
    int32_t index;       /* place of the instance in the request, from 0 */
    uint32_t generation; /* how often the input topic was made anew on purpose */
};

struct task {
    enum task_type type;
    enum reboot_kind kind;
    bool allow_repeat;
    uint32_t pool; /* mark of the pool that wrote it: another pool's is refused */
    struct source source;
    int64_t record_ms; /* the time of the request's record */
    int64_t requested_ms;
    int64_t not_before_ms;
    int64_t expires_ms;      /* expiresAt, else ce_expirytime, else TIME_NONE */
    struct view request_id;  /* never empty: defaults are already filled in */
    struct view instance_id; /* VIEW_NONE only in a TASK_REFUSED whose IDs cannot be read */
    struct view region;      /* VIEW_NONE: the pool's default */
    struct view requested_by;
    struct view reason;
    struct view traceparent;
    struct view tracestate;
    struct view error_code;    /* TASK_REFUSED only, e.g. "request.field.instanceIds" */
    struct view error_message; /* TASK_REFUSED only, at most TASK_MESSAGE_BYTES_MAX */
};
enum { TASK_MESSAGE_BYTES_MAX = 512 };

#endif
