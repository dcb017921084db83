/* SPDX-License-Identifier: Apache-2.0
 *
 * What the worker writes to Kafka: ledger records, tasks, dead letters, outcomes.
 *
 * An idempotent producer, acks=all, without time-outs and without gaps: records to a partition that
 * is named are stored in the order of producer_put, and none is stored behind one that failed
 * (shell/producer_gate.h). So ANY
 * failure for good, or a fatal error of librdkafka's, ends this life of the producer: everything
 * outstanding is reported as failed (whether or not it was stored: nobody knows), and then a new
 * life begins by itself. Whoever reads a failed report must take up again from what it knows to be
 * stored (partition: drop, read, claim anew; input: from the committed offset).
 *
 * Outstanding records are bounded in number and bytes; tasks and dead letters may use half, so that
 * intake never locks out the ledger.
 */
#ifndef WORKER_SHELL_PRODUCER_H
#define WORKER_SHELL_PRODUCER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/instant.h"
#include "shell/kafka_client.h"

enum producer_limit {
    PRODUCER_RECORDS_MAX = 65536,          /* outstanding */
    PRODUCER_BYTES_MAX = 32 * 1024 * 1024, /* outstanding, keys, values and headers */
    PRODUCER_HEADERS_MAX = 4112,           /* of one record */
    /* Of one record: a refused request of the greatest size with its headers must still fit. */
    PRODUCER_RECORD_BYTES_MAX = 8 * 1024 * 1024 - 64 * 1024,
    PRODUCER_REOPEN_MS = 1000, /* between two lives, at least */
    PRODUCER_STUCK_MS = 5000,  /* without an acknowledgement: something is wrong */
};
#define PRODUCER_ANY (-1) /* by key: murmur2 as Java's, random without one */

struct producer_options {
    struct kafka_options kafka;
    struct topic_names names; /* those it may write to: known to the broker by now */
};

struct producer_record {
    enum topic topic;
    int32_t partition; /* or PRODUCER_ANY; one that is named takes no headers */
    uint64_t ticket;   /* comes back in the report */
    struct view key;   /* VIEW_NONE: none */
    struct view value;
    const struct kafka_header *headers;
    size_t header_n;
};

/* What became of one record. For one partition in the order of producer_put. */
struct producer_report {
    enum topic topic;
    int32_t partition;
    int64_t offset; /* stored there; -1 when it failed */
    uint64_t ticket;
    enum err err;       /* ERR_OK: acknowledged by all in-sync replicas; else failed for good */
    struct fault fault; /* when it failed */
};

struct producer_stats {
    uint64_t outstanding_n;
    uint64_t outstanding_bytes;
    uint64_t delivered_n[TOPIC_N];
    uint64_t failed_n[TOPIC_N];
    uint64_t lives_n; /* 1, and one more for each fatal end */
};

struct producer;

/* Opens and warms up (asks for a producer id and the topics' leaders). Errors as
 * kafka_client_open. */
MUST_USE enum err producer_open(const struct producer_options *options,
                                struct producer **producer_out, struct fault *fault);
/* Copies the record and queues it. On any error nothing is queued and no report will come:
 * ERR_LIMIT: the bound is reached, try again after some reports; ERR_UNAVAILABLE: between two
 * lives, try again later (a timer: at most PRODUCER_REOPEN_MS and some); ERR_INVALID: larger than
 * PRODUCER_RECORD_BYTES_MAX; ERR_SYSTEM: librdkafka refuses (no such partition): this life
 * ends. */
MUST_USE enum err producer_put(struct producer *producer, const struct producer_record *record,
                               struct fault *fault);
/* Is there room for that much more of a topic's records? Never between two lives. */
bool producer_has_room(const struct producer *producer, enum topic topic, uint64_t record_n,
                       uint64_t bytes);
/* The next report, or false when there is none now. The loop calls it until false on each turn in
 * which the wake fired, and at least once a second. */
bool producer_next(struct producer *producer, struct producer_report *report_out);
/* Nothing outstanding and no report unread. For the drain: go on with producer_next until idle or
 * out of time. */
bool producer_is_idle(const struct producer *producer);
/* Has a broker connection and is not between two lives. */
bool producer_is_up(const struct producer *producer);
/* Has nothing of what is outstanding for one of the topics been acknowledged for PRODUCER_STUCK_MS?
 * (librdkafka tries again without a word when a broker has too few replicas, or no disk.) fault
 * says which topic. */
bool producer_is_stuck(const struct producer *producer, struct instant now, struct fault *fault);
/* The last error met, empty text: none. */
const struct fault *producer_last_error(const struct producer *producer);
void producer_stats(const struct producer *producer, struct producer_stats *out);
/* Ends this life as if a record had failed: for a caller that knows of a gap. */
void producer_break(struct producer *producer, const char *why);
/* Discards what is outstanding, without reports. NULL is ignored. */
void producer_close(struct producer *producer, int timeout_ms);

#endif
