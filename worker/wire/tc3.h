/* SPDX-License-Identifier: Apache-2.0
 *
 * TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0, in named stages (vendor documentation,
 * "Signature v3"): canonical request, string to sign, signing keys, signature, authorization.
 *
 * Every input is an argument: there is no clock, environment or file here, and the secret key is
 * neither copied into anything that outlives a call nor written into a fault. Lengths are used
 * everywhere: keys and MACs hold zero bytes.
 */
#ifndef WORKER_WIRE_TC3_H
#define WORKER_WIRE_TC3_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    TC3_HEADERS_MAX = 16,
    TC3_KEY_BYTES = 32,
    TC3_HEX_TEXT_MAX = 2 * TC3_KEY_BYTES + 1,
    TC3_SECRET_BYTES_MAX = 4096, /* secret id, secret key, token, each */
    TC3_TEXT_BYTES_MAX = 64 * 1024,
};

/* One snapshot of a key: never a mixture of an old and a new one. The views are the caller's, who
 * wipes what they show. */
struct credentials {
    struct view secret_id;
    struct view secret_key;
    struct view token; /* VIEW_NONE: a permanent key */
};

/* ERR_DENIED, naming the part but never showing it, if id or key is missing or anything in them
 * cannot stand in a header. */
MUST_USE enum err credentials_check(const struct credentials *credentials, struct fault *fault);

struct tc3_header {
    struct view name; /* any case */
    struct view value;
};

struct tc3_input {
    struct view method;    /* "POST" or "GET" */
    struct view query;     /* URL-encoded, without the `?`; none for POST */
    struct view body;      /* the exact bytes */
    struct view service;   /* "ecm": the name in the scope, whatever the host is called */
    int64_t time_s;        /* unix seconds; the date of the scope is taken from it, in UTC */
    bool unsigned_payload; /* the body's place is taken by the literal UNSIGNED-PAYLOAD */
    const struct tc3_header *headers; /* those to be signed, in any order, each once; content-type
                                         and host must be among them */
    uint32_t header_n;
};

struct tc3_keys {
    uint8_t date[TC3_KEY_BYTES];
    uint8_t service[TC3_KEY_BYTES];
    uint8_t signing[TC3_KEY_BYTES];
};

/* The stages. Each appends to `out` (a stage that fails may have appended a part of its text):
 * ERR_INVALID with a fault for an input that breaks a rule above, ERR_LIMIT when out is full. */
MUST_USE enum err tc3_canonical_request(const struct tc3_input *input, struct buf *out,
                                        struct fault *fault);
MUST_USE enum err tc3_string_to_sign(const struct tc3_input *input, struct view canonical_request,
                                     struct buf *out, struct fault *fault);
/* keys_out is a secret: tc3_keys_wipe. */
MUST_USE enum err tc3_keys_derive(const struct tc3_input *input, struct view secret_key,
                                  struct tc3_keys *keys_out, struct fault *fault);
void tc3_keys_wipe(struct tc3_keys *keys);
/* Lower-case hex. */
MUST_USE enum err tc3_signature(const struct tc3_keys *keys, struct view string_to_sign,
                                char out[TC3_HEX_TEXT_MAX]);
MUST_USE enum err tc3_authorization(const struct tc3_input *input, struct view secret_id,
                                    const char signature[TC3_HEX_TEXT_MAX], struct buf *out,
                                    struct fault *fault);

/* All stages at once; the texts stay for display. */
struct tc3_signed {
    struct buf canonical_request;
    struct buf string_to_sign;
    struct buf authorization;
};
void tc3_signed_init(struct tc3_signed *made);
void tc3_signed_release(struct tc3_signed *made);
/* ERR_DENIED as credentials_check says; else as the stages say. */
MUST_USE enum err tc3_sign(const struct tc3_input *input, const struct credentials *credentials,
                           struct tc3_signed *made, struct fault *fault);

#endif
