/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's credentials, from the first place that has some: the environment
 * (TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, and TENCENTCLOUD_TOKEN, _SECURITY_TOKEN or
 * _SESSION_TOKEN, whose name is not agreed upon), then the profile file
 * (TENCENTCLOUD_CREDENTIALS_FILE, else
 * ~/.tencentcloud/credentials; INI, [default], secret_id, secret_key, token).
 *
 * Never on the command line, never in an error: a fault names where was looked and what was wrong
 * there, not the value.
 */
#ifndef WORKER_SHELL_CREDENTIALS_H
#define WORKER_SHELL_CREDENTIALS_H

#include "base/bytes.h"
#include "base/err.h"
#include "wire/tc3.h"

enum {
    CREDENTIALS_FILE_BYTES_MAX = 64 * 1024,
    CREDENTIALS_VALUE_BYTES_MAX = 4096,
};

struct credential_store {
    struct credentials credentials; /* views of `bytes` */
    struct buf bytes;
    const char *from;    /* "environment" or "profile file"; for logs */
    const char *warning; /* for the log; NULL: nothing is odd */
};

/* ERR_CONFIG: nobody has any, or half of them, or the file cannot be read. On failure the store
 * holds nothing. */
MUST_USE enum err credentials_load(struct credential_store *out, struct fault *fault);
/* Wipes. Harmless on a store that is all zero. */
void credentials_release(struct credential_store *store);

#endif
