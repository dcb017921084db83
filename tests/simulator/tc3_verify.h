/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's side of TC3-HMAC-SHA256: is this request signed as the vendor's page "Signature v3"
 * demands? Written from that page alone and sharing nothing with the worker's signer, so that each
 * is a judge of the other.
 */
#ifndef TESTS_SIMULATOR_TC3_VERIFY_H
#define TESTS_SIMULATOR_TC3_VERIFY_H

#include "error.h"
#include "http.h"

struct tc3_rules {
    const char *service;
    const char *secret_id;
    const char *secret_key;
    const char *token; /* NULL: the request must not carry one */
    int64_t life_ms;   /* how far the timestamp may be away, either way */
    int64_t now_ms;    /* by the server's clock */
};

/* True if the signature holds; else false and why. */
bool tc3_verify(const struct request *request, const struct tc3_rules *rules,
                struct api_error *error_out);

#endif
