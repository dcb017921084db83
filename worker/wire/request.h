/* SPDX-License-Identifier: Apache-2.0
 *
 * A record of the requests topic becomes tasks: one for each instance, or refusals.
 *
 * A pure function of the record and of `bytes_max`: no clock, no configuration, so that every
 * intake says the same about the same record. The record comes in one of three dresses
 * (CloudEvents 1.0, Kafka binding): bare JSON, binary mode (`ce_specversion` among the headers),
 * structured mode (content-type application/cloudevents+json). The value is judged whole before a
 * task is made; the first thing that does not fit, in the order of the checks, names the refusal:
 *
 *   request.too_large      the value is longer than bytes_max
 *   request.encoding       not UTF-8, or with a NUL
 *   request.invalid_json   not one JSON object; a key twice; nested too deep; a number too long
 *   request.envelope       CloudEvents: version, data, expirytime
 *   request.field.NAME     the field NAME breaks its rule (request_fields.c)
 *   request.conflict       fields that exclude each other
 *
 * The instance IDs of a refused request are still read where that is possible (none of the first
 * four codes, and `instanceIds` itself is valid), so that each of them gets its own final event.
 */
#ifndef WORKER_WIRE_REQUEST_H
#define WORKER_WIRE_REQUEST_H

#include <stdint.h>

#include "base/bytes.h"
#include "core/task.h"
#include "wire/kafka_header.h"

/* The record, borrowed. */
struct request_record {
    struct view topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* TIME_NONE: it has none */
    struct view value;    /* not a tombstone */
    const struct kafka_header *headers;
    size_t header_n;
    int64_t bytes_max; /* request.max_bytes */
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
    bool refused;
    const char *error_code; /* refused, else NULL */
    char error_field[64];   /* of request.field.*, else empty */
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
    char code_text[96];
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
/* The whole code of a refusal: "request.field.region". */
struct view request_error_code(const struct request_reading *reading);

/* request_fields.c: takes the fields of the object; the first that breaks its rule is in the fault
 * and in field_out. All the others are taken all the same. */
MUST_USE enum err request_fields_read(struct json_t *object, struct request_fields *fields,
                                      const char **field_out, struct fault *fault);
/* 1 to 128 of [A-Za-z0-9._:/-]. */
bool request_id_fits(struct view text);

#endif
