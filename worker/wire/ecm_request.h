/* SPDX-License-Identifier: Apache-2.0
 *
 * A call becomes the bytes of one signed HTTP request to the ECM API (version 2019-07-19): action,
 * JSON body, headers. Nothing is sent here.
 *
 * Always POST with `content-type: application/json`. Signed are content-type, host and x-tc-action,
 * as the vendor's page advises; further x-tc-* headers are not, because live accounts have been
 * seen to refuse them.
 */
#ifndef WORKER_WIRE_ECM_REQUEST_H
#define WORKER_WIRE_ECM_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/call.h"
#include "wire/tc3.h"

enum {
    /* 100 IDs of 64 bytes and what stands around them. */
    ECM_BODY_BYTES_MAX = 16 * 1024,
    ECM_HEADERS_BYTES_MAX = 32 * 1024,
};

struct ecm_options {
    struct view host;     /* exactly what the Host header says, with the port if it has one */
    struct view service;  /* "ecm": the name in the signature's scope */
    struct view version;  /* "2019-07-19" */
    struct view language; /* "en-US" or "zh-CN"; VIEW_NONE: not sent */
    bool send_region;     /* send X-TC-Region; the ECM actions need none */
};

struct ecm_request {
    struct buf body;
    struct buf headers; /* "Name: value", each ended by a NUL; holds the session token */
    struct tc3_signed made;
};

void ecm_request_init(struct ecm_request *request);
/* Wipes the headers. */
void ecm_request_release(struct ecm_request *request);

/* "RebootInstances", "DescribeInstances", "DescribeInstancesDeniedActions". */
const char *ecm_action_name(enum call_action action);

/* Appends the JSON body. Instance IDs stand in the order given; the default SOFT is said by
 * omission, and never more than one of StopType and ForceReboot. ERR_INVALID for an ID that cannot
 * stand in a JSON text as it is, or for more values than the API takes; ERR_LIMIT when out is full.
 */
MUST_USE enum err ecm_body_write(const struct call *call, struct buf *out, struct fault *fault);

/* Replaces what the request held. ERR_INVALID, ERR_LIMIT as above and for texts that cannot stand
 * in a header; ERR_DENIED for credentials that cannot sign. */
MUST_USE enum err ecm_request_write(const struct ecm_options *options, const struct call *call,
                                    const struct credentials *credentials,
                                    struct ecm_request *request, struct fault *fault);

#endif
