/* SPDX-License-Identifier: Apache-2.0
 *
 * The admin server: read-only pages over HTTP, served on the loop's own thread.
 *
 * GET and HEAD only; nothing can be changed here. A page is rendered whole into memory by a
 * callback, so what it shows belongs together. Connections, their memory and their idle time are
 * limited, and one address can take no more than half of the connections: a client that hangs does
 * not keep the probes out.
 */
#ifndef WORKER_SHELL_ADMIN_H
#define WORKER_SHELL_ADMIN_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    ADMIN_CONNECTIONS_MAX = 64,
    ADMIN_CONNECTIONS_PER_ADDRESS_MAX = 32,
    ADMIN_REQUEST_BYTES_MAX = 16 * 1024, /* request line and headers; beyond that 4xx */
    ADMIN_PAGE_BYTES_MAX = 1024 * 1024,
    ADMIN_IDLE_S = 15,
};

struct admin_page {
    const char *path;
    const char *content_type;
    /* Returns the HTTP status; 500 when it cannot render, and then `out` is not shown. */
    unsigned (*render)(void *context, struct buf *out);
};

struct admin_options {
    const char *listen; /* HOST:PORT, [V6]:PORT; port 0: any */
    const struct admin_page *pages;
    size_t page_n;
    void *context;
};

struct admin;

/* Texts and pages outlive it. ERR_CONFIG: the address is wrong or in use; ERR_SYSTEM. */
MUST_USE enum err admin_open(const struct admin_options *options, struct admin **admin_out,
                             struct fault *fault);
/* Readable when there is something to do. */
int admin_fd(const struct admin *admin);
/* How long until admin_step must be called at the latest, in ms; -1: as long as you like. */
int admin_timeout_ms(const struct admin *admin);
void admin_step(struct admin *admin);
/* The port it listens on, also when any was asked for. */
uint16_t admin_port(const struct admin *admin);
/* NULL is ignored. */
void admin_close(struct admin *admin);

#endif
