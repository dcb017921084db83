/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's topics: created where missing, checked where present, at start and from time to time.
 *
 * Never changes a topic that exists, nor makes one anew once all were there. The work is done by a
 * thread of the module's own with the admin API; the loop asks for a round and pulls what came of
 * it. A broker that does not support a check, or does not allow it, costs a warning, never the
 * start (`topics.*`).
 */
#ifndef WORKER_SHELL_KAFKA_TOPICS_H
#define WORKER_SHELL_KAFKA_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "shell/kafka_client.h"

struct topics_options {
    struct kafka_options kafka;
    struct topic_names names;   /* NULL names are left alone */
    int32_t partition_n;        /* of topics it creates; control and sightings have 1 */
    int32_t replication_factor; /* of topics it creates; -1: the broker's default */
    bool create;
    int64_t request_bytes_max; /* request.max_bytes: what requests and dead letters must hold */
};

enum topics_event_type {
    TOPICS_NOTE = 1, /* something was done: a topic was created */
    TOPICS_WARNING,  /* not as it should be, or cannot be told; once per wording while it lasts */
    TOPICS_READY,    /* the round is over and all is well: partition_n is P */
    TOPICS_FAULT,    /* the round is over and the pool must not run so: err says why */
    TOPICS_AWAY,     /* the round is over without an answer (a broker is away, or a topic that was
                        there before has been deleted): ask again */
};

struct topics_event {
    enum topics_event_type type;
    enum err err;                  /* TOPICS_FAULT: ERR_CONFIG, ERR_DENIED */
    int32_t partition_n;           /* TOPICS_READY: partitions of tasks and of ledger */
    int32_t partitions[TOPIC_N];   /* TOPICS_READY: of each topic, 0 where it has no name */
    int64_t dead_letter_bytes_max; /* TOPICS_READY: the topic's max.message.bytes; 0: not known */
    struct fault fault;            /* what a person should read, and do */
};

struct topics;

/* Starts the thread; asks nothing yet. ERR_CONFIG, ERR_SYSTEM as kafka_client_open. */
MUST_USE enum err topics_open(const struct topics_options *options, struct topics **topics_out,
                              struct fault *fault);
/* Begins a round unless one is running. The loop calls it at start, after TOPICS_AWAY, and every
 * few minutes. A round asks the broker for at most TOPICS_ROUND_MS. */
void topics_check(struct topics *topics);
enum { TOPICS_ROUND_MS = 30000 };
/* What came of it, in order; false when there is nothing now. Events beyond TOPICS_EVENTS_MAX of a
 * round are dropped, the last word never. */
bool topics_next(struct topics *topics, struct topics_event *out);
enum { TOPICS_EVENTS_MAX = 64 };
/* Waits at most timeout_ms for a round in progress. NULL is ignored. */
void topics_close(struct topics *topics, int timeout_ms);

#endif
