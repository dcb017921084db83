/* SPDX-License-Identifier: Apache-2.0
 *
 * Which records may be handed to librdkafka yet.
 *
 * Brokers refuse a batch behind a gap in a producer's sequence numbers, but only once they know the
 * producer: of one they know nothing of they accept any number. And librdkafka keeps one request
 * ready behind the one in flight. So a batch behind a refused first one would be stored (seen on
 * Apache Kafka 4.3.1, tests: test_kafka_gapless). Therefore one record alone goes to a partition
 * first, and the others are held until it is acknowledged; again after an hour of silence, since
 * brokers forget idle producers (producer.id.expiration.ms, a day by default).
 *
 * What is held is bounded by whoever counts outstanding records (shell/producer.h).
 */
#ifndef WORKER_SHELL_PRODUCER_GATE_H
#define WORKER_SHELL_PRODUCER_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "shell/kafka_conf.h"

enum { GATE_FORGETS_MS = 3600000, GATE_PARTITIONS_MAX = 4096 };

struct gate_at {
    enum topic topic;
    int32_t partition;
};

/* A record that waits. */
struct gate_held {
    struct gate_held *next;
    void *opaque; /* the caller's */
    struct view key;
    struct view value;
    char bytes[];
};

struct gate;

struct gates {
    struct gate *of[TOPIC_N]; /* by partition */
    size_t n[TOPIC_N];
    uint64_t held_n;
};

/* ERR_LIMIT: no memory, or GATE_PARTITIONS_MAX. */
MUST_USE enum err gates_need(struct gates *gates, struct gate_at at);
/* The rest is for partitions that gates_need has seen. May the next record go now? If so, it
 * counts as sent. */
bool gates_pass(struct gates *gates, struct gate_at at, struct instant now);
/* Keeps a copy; opaque is not NULL. ERR_LIMIT: no memory. */
MUST_USE enum err gates_hold(struct gates *gates, struct gate_at at, struct view key,
                             struct view value, void *opaque);
/* One that was sent is acknowledged, or not. */
void gates_answered(struct gates *gates, struct gate_at at, bool stored, struct instant now);
/* The next held record of a partition that may go by now; NULL: none. */
const struct gate_held *gates_next(const struct gates *gates, struct gate_at at);
/* That one is sent: it is held no longer. */
void gates_sent(struct gates *gates, struct gate_at at);
/* Forgets any held record, each partition's in order; returns its opaque, NULL: none is held. */
void *gates_drop(struct gates *gates, struct gate_at *at_out);
/* A new producer, whom no broker knows: nothing is sent and nothing held (gates_drop). */
void gates_reset(struct gates *gates);
void gates_release(struct gates *gates);

#endif
