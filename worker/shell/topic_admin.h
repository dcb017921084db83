/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking brokers about topics and creating them: calls that wait.
 *
 * For a thread that may wait (shell/kafka_topics.c), never for the loop. Never changes a topic that
 * exists.
 */
#ifndef WORKER_SHELL_TOPIC_ADMIN_H
#define WORKER_SHELL_TOPIC_ADMIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "shell/topic_rules.h"

/* How to ask, and how long. */
struct topic_admin {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* for answers; nobody else polls it */
    struct instant deadline;
    const atomic_bool *stop; /* another thread wants an end */
};

/* Fills in partitions and replicas of each named topic; partition_n 0: it does not exist.
 * ERR_UNAVAILABLE: no answer in time; ERR_DENIED. */
MUST_USE enum err topic_admin_look(const struct topic_admin *admin,
                                   struct topic_facts facts[TOPIC_N], struct fault *fault);
/* Fills in the configurations of each named topic that exists. What cannot be told is left empty,
 * with a warning. ERR_UNAVAILABLE: no answer in time. */
MUST_USE enum err topic_admin_describe(const struct topic_admin *admin,
                                       struct topic_facts facts[TOPIC_N],
                                       struct topic_findings *findings, struct fault *fault);

struct topic_creation {
    int32_t partition_n;
    int32_t replication_factor; /* -1: the broker's default */
    struct topic_needs needs;
};

/* Creates the named topics that do not exist. created_out has a bit for each that was. A topic that
 * somebody else has just made is fine. ERR_CONFIG: a broker refuses, fault says why and what to do;
 * ERR_UNAVAILABLE: no answer in time. */
MUST_USE enum err topic_admin_create(const struct topic_admin *admin,
                                     const struct topic_facts facts[TOPIC_N],
                                     const struct topic_creation *creation, unsigned *created_out,
                                     struct fault *fault);

#endif
