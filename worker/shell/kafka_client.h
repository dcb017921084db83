/* SPDX-License-Identifier: Apache-2.0
 *
 * What every Kafka module shares: one librdkafka handle, its log and error events, and the wake-up
 * descriptor that the loop waits on.
 *
 * librdkafka works in threads of its own; everything here belongs to the loop's thread. No function
 * waits for a broker. The modules are polled: when the wake's descriptor is readable the loop
 * clears it FIRST and then calls every module's *_next until it returns false. (librdkafka signals
 * only when a queue turns from empty to non-empty, so a queue that was not drained must be asked
 * again without waiting for the descriptor.)
 */
#ifndef WORKER_SHELL_KAFKA_CLIENT_H
#define WORKER_SHELL_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "shell/kafka_conf.h"
#include "wire/kafka_header.h"

/* An eventfd, shared by all Kafka modules of a loop; it outlives them. */
struct kafka_wake {
    int fd;
};

/* ERR_SYSTEM: no descriptor. */
MUST_USE enum err kafka_wake_open(struct kafka_wake *wake, struct fault *fault);
void kafka_wake_close(struct kafka_wake *wake);
/* Makes fd unreadable again; call before draining the modules. */
void kafka_wake_clear(struct kafka_wake *wake);
/* Makes fd readable; from any thread. */
void kafka_wake_raise(struct kafka_wake *wake);

/* Where librdkafka's log lines and connection errors go; called on the loop's thread only, from
 * within *_next. level is syslog's (3 error ... 7 debug); texts live for the call. May be NULL. */
struct kafka_sink {
    void (*write)(void *context, int level, const char *client, const char *text);
    void *context;
};

/* Common to all modules' options. Everything pointed to outlives the module. */
struct kafka_options {
    const struct kafka_properties *properties;
    const struct kafka_sink *sink;
    struct kafka_wake *wake;
    const char *client_id; /* the worker's name; seen in the brokers' logs */
};

struct kafka_client {
    rd_kafka_t *rk;          /* NULL: not open */
    rd_kafka_queue_t *queue; /* errors, logs, statistics, and what the role adds */
    struct kafka_options options;
    bool up;                 /* at least one broker answers, as of a few seconds ago */
    bool fatal;              /* the handle is of no more use */
    struct fault last_error; /* the last connection or fatal error; empty text: none yet */
};

/* Makes a client of these properties and destroys it: shows what only that shows (files,
 * mechanisms, combinations). It knows no broker and talks to none. ERR_CONFIG. */
MUST_USE enum err kafka_client_try(const struct kafka_properties *properties, struct fault *fault);
/* Opens; a broker that is away is no error. ERR_CONFIG: librdkafka refuses the properties;
 * ERR_SYSTEM: no threads or memory. */
MUST_USE enum err kafka_client_open(struct kafka_client *client, enum kafka_role role,
                                    const struct kafka_options *options, struct fault *fault);
/* As kafka_client_open with a configuration of the caller's, which it takes over in any case. */
MUST_USE enum err kafka_client_open_conf(struct kafka_client *client,
                                         const struct kafka_options *options,
                                         rd_kafka_conf_t *take_conf, enum kafka_role role,
                                         struct fault *fault);
/* Closes, waiting at most timeout_ms for librdkafka's threads; what is not finished by then goes on
 * behind our back and dies with the process. Destroy topics, queues and events taken from the
 * handle before. Harmless on a client that is not open. */
void kafka_client_close(struct kafka_client *client, int timeout_ms);
/* A new queue that raises the wake; NULL: no memory. */
rd_kafka_queue_t *kafka_client_queue(struct kafka_client *client);
/* Handles log, error and statistics events; false when the event is of another type and the
 * caller's to handle. Never destroys the event. */
bool kafka_client_handle(struct kafka_client *client, rd_kafka_event_t *event);

/* The class of a librdkafka error: DENIED (authentication, authorisation), CONFIG, LIMIT,
 * UNAVAILABLE (worth trying again), else SYSTEM. */
enum err kafka_err(rd_kafka_resp_err_t code);

#endif
