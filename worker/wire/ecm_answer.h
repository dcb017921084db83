/* SPDX-License-Identifier: Apache-2.0
 *
 * What came back from the ECM API becomes a struct answer (core/call.h).
 *
 * Judged by the body: `Response.Error.Code` first, whatever the HTTP status (the gateway answers
 * 200 for every request it has handled, refused ones included). What has no Error counts as a
 * success only if it is a whole JSON object with `Response.RequestId` (any text: the vendor's own
 * examples are not UUIDs, or empty) and status 200. Everything else is ANSWER_UNREADABLE: it says
 * nothing about what was done. For what is not the API's answer there are codes of the worker's
 * own.
 */
#ifndef WORKER_WIRE_ECM_ANSWER_H
#define WORKER_WIRE_ECM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/call.h"

enum {
    /* A page of 100 instances has about 200 KiB. */
    ECM_ANSWER_BYTES_MAX = 2 * 1024 * 1024,
    /* Beyond these, nothing can be trusted (code, IDs: unreadable) or needed (message: cut). */
    ECM_CODE_BYTES_MAX = 128,
    ECM_REQUEST_ID_BYTES_MAX = 64,
    ECM_MESSAGE_BYTES_MAX = 8 * 1024,
    ECM_DENIAL_MESSAGE_BYTES_MAX = 512,
};

/* Codes of the worker's own. */
enum network_code {
    NETWORK_NOT_SENT = 0,
    NETWORK_DNS,
    NETWORK_CONNECT,
    NETWORK_TLS,
    NETWORK_RESET,
    NETWORK_TIMEOUT,
    NETWORK_TRUNCATED,
    NETWORK_TOO_LARGE,
    NETWORK_UNREADABLE,
    NETWORK_STATUS, /* the message has the number */
};
#define NETWORK_CODE_N 10

/* One row for each: what it is called, what it says about the call, and why. */
struct network_row {
    const char *code;
    enum answer_kind kind;
    const char *meaning;
};
const struct network_row *network_row(enum network_code code);

/* An HTTP answer that came whole. */
struct ecm_reply {
    long status;
    struct view body;
    struct view date; /* the Date header, VIEW_NONE: none */
};

/* What an answer's views point into: keep it as long as the answer. */
struct ecm_reading {
    struct json_t *root;
    char text[64];
    struct sighting sightings[CALL_PAGE_MAX];
    struct denial denials[CALL_REBOOT_INSTANCES_MAX];
};

void ecm_reading_init(struct ecm_reading *reading);
void ecm_reading_release(struct ecm_reading *reading);

/* Total: whatever the bytes are, there is an answer. Replaces what the reading held. */
void ecm_answer_read(enum call_action action, const struct ecm_reply *reply,
                     struct ecm_reading *reading, struct answer *out);
/* An answer that is not the API's; the message is the caller's. */
void ecm_answer_missing(enum network_code code, struct view message, struct answer *out);

#endif
