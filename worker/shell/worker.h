/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker: all modules around one loop, from start to drain.
 *
 * One thread; the loop waits in one place (http_poll) for Kafka's wake, signals, the admin server,
 * calls and time. It starts without a broker and waits for it; SIGTERM or SIGINT drains, a second
 * one ends at once, SIGHUP reads credentials, limits and log level again.
 */
#ifndef WORKER_SHELL_WORKER_H
#define WORKER_SHELL_WORKER_H

#include "base/err.h"
#include "shell/config.h"
#include "shell/log.h"

struct worker_options {
    const struct config *config; /* outlives the worker */
    struct log *log;             /* likewise */
    /* Reads the configuration again, for SIGHUP; the caller of it releases. */
    enum err (*reload)(void *context, struct config *out, struct fault *fault);
    void *context;
};

/* Runs to the end. Returns the exit code: 0 drained; 1 stopped by a second signal, or a failure of
 * the system; 78 configuration, also no credentials. */
int worker_run(const struct worker_options *options);

#endif
