/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's endpoint: a URL of scheme, host and perhaps a port, nothing else. Plain http is for
 * loopback hosts, since requests carry signatures and session tokens.
 */
#ifndef WORKER_SHELL_ENDPOINT_H
#define WORKER_SHELL_ENDPOINT_H

#include <stdbool.h>

#include "base/err.h"

enum { ENDPOINT_TEXT_MAX = 320 };

struct endpoint {
    char url[ENDPOINT_TEXT_MAX];  /* normalised, ends with "/" */
    char host[ENDPOINT_TEXT_MAX]; /* the Host header: with the port unless it is the scheme's own */
    bool tls;
};

/* ERR_CONFIG, saying what to write instead. */
MUST_USE enum err endpoint_parse(const char *text, struct endpoint *out, struct fault *fault);

#endif
