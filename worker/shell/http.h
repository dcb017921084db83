/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls to the API over libcurl, without blocking: sent with http_send, driven by http_poll (the
 * one place where the loop waits), collected with http_next.
 *
 * One POST is one POST. libcurl sends a request again by itself when a reused connection dies
 * before an answer, so RebootInstances always goes out on a fresh connection that is closed behind
 * it, with HTTP/1.1, no redirects and no retries; a second start of a request is stopped besides.
 * Reads keep their connections, for less long than the gateway does (60 s).
 *
 * A call that failed is NOT_SENT only if libcurl never got as far as a finished connection (DNS,
 * connect, TLS); from then on it counts as sent. TLS is always verified, against the system's
 * authorities or those in the file (PEM) that SSL_CERT_FILE names; plain http:// is for loopback
 * hosts. A proxy from the environment (HTTPS_PROXY, NO_PROXY) is used for https:// only.
 *
 * Errors never show credentials, headers or bodies. SIGPIPE must be ignored by the process.
 */
#ifndef WORKER_SHELL_HTTP_H
#define WORKER_SHELL_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/call.h"
#include "wire/tc3.h"

enum {
    HTTP_CALLS_MAX = 512, /* in the air */
    HTTP_EXTRA_FDS_MAX = 128,
};

/* Texts are copied. */
struct http_options {
    const char *endpoint; /* https://HOST[:PORT], or http:// for a loopback HOST */
    const char *service;
    const char *version;
    const char *language; /* NULL or empty: none */
    bool send_region;
    int64_t connect_timeout_ms; /* DNS, connect and TLS together; 0: the call's own time limit */
};

/* What became of a call. */
struct completion {
    uint64_t call_id;
    enum call_action action;
    struct answer answer; /* views live until the next http_next or http_close */
    long http_status;     /* 0: none came */
    int64_t latency_ms;   /* from handing over to the end */
};

struct http;

/* ERR_CONFIG when the endpoint does not fit, saying how; ERR_SYSTEM when libcurl refuses. */
MUST_USE enum err http_open(const struct http_options *options, struct http **http_out,
                            struct fault *fault);
/* Ends all calls without a word about them. NULL is ignored. */
void http_close(struct http *http);

/* Signs the call with call->sign_s and starts it; every call that was started has one completion.
 * On failure nothing was or will be sent and no completion comes: ERR_LIMIT when too many are in
 * the air, ERR_DENIED, ERR_INVALID as ecm_request_write says. Nothing is kept of the arguments. */
MUST_USE enum err http_send(struct http *http, const struct call *call,
                            const struct credentials *credentials, struct fault *fault);

/* Waits until something is to be done, one of the extra descriptors is ready (revents say which)
 * or timeout_ms have passed, and moves all calls on. ERR_SYSTEM when the wait itself fails. */
MUST_USE enum err http_poll(struct http *http, struct pollfd *extra, uint32_t extra_n,
                            int timeout_ms, struct fault *fault);
/* The next call that ended, or false. */
bool http_next(struct http *http, struct completion *out);
uint32_t http_in_flight(const struct http *http);

#endif
