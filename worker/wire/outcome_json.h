/* SPDX-License-Identifier: Apache-2.0
 *
 * An outcome becomes an event of the results topic: CloudEvents 1.0 in binary mode, a JSON object
 * as the value (schemas/reboot-outcome.schema.json). The same outcome gives the same bytes, always.
 */
#ifndef WORKER_WIRE_OUTCOME_JSON_H
#define WORKER_WIRE_OUTCOME_JSON_H

#include "base/bytes.h"
#include "core/outcome.h"
#include "wire/kafka_header.h"
#include "wire/timestamp.h"

enum {
    OUTCOME_HEADERS_MAX = 9,
    OUTCOME_BYTES_MAX = 32 * 1024, /* all texts at their limits, each byte escaped, have less */
    OUTCOME_ID_TEXT_MAX = 37,
};

/* What every event of a worker has in common. */
struct outcome_context {
    struct view source;   /* ce_source */
    struct view requests; /* name of the requests topic */
};

/* A rendered event; its views live until the next outcome_write or release. */
struct outcome_message {
    struct buf value;
    struct kafka_header headers[OUTCOME_HEADERS_MAX];
    size_t header_n;
    /* inside */
    char id[OUTCOME_ID_TEXT_MAX];
    char type[64];
    char time[TIMESTAMP_TEXT_MAX];
};

void outcome_message_init(struct outcome_message *message);
void outcome_message_release(struct outcome_message *message);
/* Replaces what the message held. ERR_LIMIT, ERR_SYSTEM: no memory. */
MUST_USE enum err outcome_write(const struct outcome *outcome,
                                const struct outcome_context *context,
                                struct outcome_message *message, struct fault *fault);

/* The event's id: UUIDv5 in the URL namespace (RFC 4122) of
 *   requestId LF instanceId LF status [LF attempts | LF topic/partition/offset]
 * with the attempts for `retrying` and the place of the request's record for `rejected`. */
void outcome_id(const struct outcome *outcome, struct view requests, char out[OUTCOME_ID_TEXT_MAX]);

#endif
