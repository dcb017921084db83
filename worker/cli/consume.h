/* SPDX-License-Identifier: Apache-2.0
 *
 * A topic read from the command line: all its partitions, or one, blocking, without a group.
 */
#ifndef WORKER_CLI_CONSUME_H
#define WORKER_CLI_CONSUME_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "shell/config.h"

enum { CONSUME_BROKER_MS = 10000 }; /* a broker must answer by then */

struct consume {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    rd_kafka_queue_t *events; /* errors, and what nobody reads */
    int32_t partition_n;      /* of the topic */
    int32_t first;            /* those that are read */
    int32_t count;
    int32_t at_end_n; /* of them, how many have been read to the end at some moment */
    bool *at_end;     /* which, of partition_n */
    bool is_away;     /* no broker can be reached at the moment */
};

/* Opens, and asks for the topic. ERR_UNAVAILABLE: no broker; ERR_DENIED: it refuses us;
 * ERR_INVALID: no such topic. */
MUST_USE enum err consume_open(struct consume *consume, const struct config *config,
                               enum topic topic, struct fault *fault);
/* The exit code that fits what consume_open and the two below say. */
int consume_exit_code(enum err err);
/* Begins with one partition (or all: -1) at an offset, RD_KAFKA_OFFSET_BEGINNING, or what is the
 * end at this moment (RD_KAFKA_OFFSET_END): records stored after the return are seen. */
MUST_USE enum err consume_start(struct consume *consume, int32_t partition, int64_t offset,
                                struct fault *fault);
/* Begins with all partitions at the first record of that time or a later one. */
MUST_USE enum err consume_start_at(struct consume *consume, int64_t unix_ms, struct fault *fault);
/* The next record, NULL when none came in time, or when a partition's end was reached (at_end_n
 * says of how many). The caller destroys it. */
rd_kafka_message_t *consume_next(struct consume *consume, int timeout_ms);
void consume_close(struct consume *consume);

/* A header's value, VIEW_NONE: none. */
struct view message_header(const rd_kafka_message_t *message, const char *name);

#endif
