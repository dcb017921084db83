/* SPDX-License-Identifier: Apache-2.0
 *
 * A record of the requests topic becomes tasks: one for each instance, or refusals.
 *
 * A pure function of the record and of `bytes_max`: no clock, no configuration, so that every
 * intake says the same about the same record. The record comes in one of three dresses
 * (CloudEvents 1.0, Kafka binding): bare JSON, binary mode (`ce_specversion` among the headers),
 * structured mode (content-type application/cloudevents+json). The value is judged whole before a
 * task is made; the first check that fails, in the order of enum refusal, names the refusal.
 *
 * The instance IDs of a refused request are still read where that is possible (it got as far as its
 * fields, and `instanceIds` itself is valid), so that each of them gets its own final event.
 */
#ifndef WORKER_WIRE_REQUEST_H
#define WORKER_WIRE_REQUEST_H

#include <stdint.h>

#include "base/bytes.h"
#include "core/task.h"
#include "wire/kafka_header.h"

enum {
    REQUEST_DEPTH_MAX = 64,  /* objects and arrays within one another */
    REQUEST_DIGITS_MAX = 64, /* of a number, one after the other */
    REQUEST_CODE_BYTES_MAX = 64,
};

enum refusal {
    REFUSAL_NONE = 0,
    REFUSAL_TOO_LARGE,
    REFUSAL_ENCODING,
    REFUSAL_INVALID_JSON,
    REFUSAL_ENVELOPE,
    REFUSAL_FIELD, /* the code goes on with the name of the field */
    REFUSAL_CONFLICT,
};
#define REFUSAL_N 7

/* One row for each, for documentation and metrics. A code that ends in `.` stands for its family.
 */
struct refusal_row {
    const char *code;
    const char *meaning;
};
const struct refusal_row *refusal_row(enum refusal refusal);

/* The record, borrowed. */
struct request_record {
    struct view topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* TIME_NONE: it has none */
    struct view value;    /* not a tombstone */
    const struct kafka_header *headers;
    size_t header_n;
    int64_t bytes_max; /* request.max_bytes; not negative */
};

struct request_fields {
    struct view request_id;
    struct view region;
    struct view requested_by;
    struct view reason;
    struct view stop_type;
    bool force_reboot;
    bool allow_repeat;
    bool cancel;
    int64_t requested_ms;
    int64_t not_before_ms;
    int64_t expires_ms;
    struct view *instance_ids; /* room for INSTANCES_PER_REQUEST_MAX */
    uint32_t instance_n;       /* without repetitions */
};

/* What was read; some 20 KiB, to be reused. Its views borrow from the record and from itself. */
struct request_reading {
    enum refusal refusal;
    char error_code[REQUEST_CODE_BYTES_MAX]; /* "request.field.region"; not refused: empty */
    char error_message[TASK_MESSAGE_BYTES_MAX];
    struct request_fields fields;
    struct view traceparent;
    struct view tracestate;
    /* inside */
    struct json_t *root;
    struct json_t *inner;
    struct view instance_ids[INSTANCES_PER_REQUEST_MAX];
    struct task task; /* what all tasks share */
    char request_id_text[REQUEST_ID_DEFAULT_BYTES_MAX + 1];
    int64_t expiry_ms;    /* CloudEvents' */
    struct view event_id; /* CloudEvents' */
};

void request_reading_init(struct request_reading *reading);
void request_reading_release(struct request_reading *reading);
/* Total: whatever the bytes are, there is an answer. Replaces what the reading held. */
void request_read(const struct request_record *record, struct request_reading *reading);
/* How many tasks it makes; at least 1. */
uint32_t request_task_n(const struct request_reading *reading);
/* The i-th; its views live as long as the reading and the record. */
void request_task(const struct request_reading *reading, uint32_t i, struct task *out);

enum presence {
    PRESENCE_OPTIONAL = 0,
    PRESENCE_REQUIRED,
    PRESENCE_REQUIRED_TO_CANCEL, /* beside `cancel: true` */
};

/* A field of the schema, in the order in which they are judged; NULL behind the last. */
struct request_rule {
    const char *name;
    const char *must; /* what it must be */
    enum presence presence;
};
const struct request_rule *request_rule(unsigned i);

#endif
