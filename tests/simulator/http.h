/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.1 on one socket, in one thread, with TLS if there is a certificate: requests in, answers
 * out, whole or spoilt on purpose.
 * Knows nothing of the API; `handle` is called once for each complete request.
 */
#ifndef TESTS_SIMULATOR_HTTP_H
#define TESTS_SIMULATOR_HTTP_H

#include "timers.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* The vendor takes POST bodies up to 10 MB. Its answers end at 50 MB; ours must hold the log too.
 */
#define REQUEST_BYTES_MAX (10u << 20)
#define ANSWER_BYTES_MAX  (2048u << 20)

struct MHD_Connection;
struct MHD_Daemon;

struct request {
    const char *method;
    const char *path;
    const char *query; /* raw, behind the '?'; empty if there is none */
    struct view body;
    bool too_large; /* then the body is not all there */
    int64_t arrived_ms;
    struct MHD_Connection *connection;
};

enum answer_wire { WIRE_WHOLE, WIRE_TRUNCATED, WIRE_CLOSE, WIRE_RESET };

struct answer {
    unsigned status;
    const char *content_type;
    struct buf body;
    enum answer_wire wire;
    int64_t delay_ms; /* until anything of it is done on the wire */
    size_t call;      /* place in the log, SIZE_MAX for none */
};

struct http {
    struct MHD_Daemon *daemon;
    struct timers *timers;
    const char *tls_cert;    /* PEM, the chain; NULL: no TLS. Borrowed until http_close. */
    const char *tls_key;     /* PEM, its key */
    int64_t clock_offset_ms; /* of the Date header */
    void (*handle)(void *owner, const struct request *request, struct answer *answer);
    /* What was sent whole and what not; for answers with a place in the log. */
    void (*sent)(void *owner, size_t call, bool whole);
    void *owner;
};

/* NULL if there is no such header. */
const char *request_header(const struct request *request, const char *name);

/* Listens; the caller has filled everything but the daemon. False with a text in fault_out. */
MUST_USE enum err http_open(struct http *http, const char *host, const char *port,
                            struct fault *fault_out);
unsigned http_port(const struct http *http);
/* The descriptor to wait on, how long at most (-1: no limit), and what to do then. */
int http_fd(const struct http *http);
int64_t http_wait_ms(const struct http *http);
void http_run(struct http *http);
/* Answers that are still held back must have been released before (their timers fired). */
void http_close(struct http *http);

#endif
