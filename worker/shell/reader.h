/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads partitions from explicit positions: ledger, tasks, requests; for tools, results.
 *
 * Belongs to no consumer group and commits nothing. It never moves a position by itself: a position
 * that is deleted, or beyond the end of a topic that has become shorter, ends the partition with a
 * READER_GONE event, and the caller starts over with its state discarded. Each started partition
 * has a queue of its own, filled up to `queue_bytes`; records that are not pulled wait there and
 * hold up no other partition, which is all the back-pressure there is.
 * (librdkafka looks again at a queue that was full only when its broker thread wakes, up to a
 * second later, unless some partition of that broker is being fetched: keep a quiet one started,
 * such as control, and there is no stall.) READER_BEGINNING is resolved by asking the broker; an
 * exact offset begins without that delay.
 */
#ifndef WORKER_SHELL_READER_H
#define WORKER_SHELL_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "shell/kafka_client.h"

enum reader_limit {
    READER_PARTITIONS_MAX = 4096, /* started at a time */
    READER_HEADERS_MAX = 4096,    /* of one record; a record with more shows the first ones */
};

#define READER_BEGINNING (-2) /* the log's start, whatever that is */

struct reader_options {
    struct kafka_options kafka;
    struct topic_names names; /* those it may read; known to the broker by now */
    bool headers[TOPIC_N];    /* unpack the headers of this topic's records */
    uint32_t queue_bytes;     /* prefetched per partition at most, and one fetch; 0: 1 MiB */
};

/* A partition of a topic. */
struct reader_at {
    enum topic topic;
    int32_t partition;
};

enum reader_event_type {
    READER_RECORD = 1,
    READER_EOF,  /* everything below `offset` has been handed out; repeated after new records */
    READER_GONE, /* the position is deleted, or the topic shorter than before (fault): the partition
                    has been stopped; start over */
    READER_FAILED, /* cannot be read: no such topic or partition any more, not authorised, a record
                      that fails its checksum (fault, err): the partition has been stopped */
};

/* Views live until the next call of any reader function. */
struct reader_event {
    enum reader_event_type type;
    struct reader_at at;
    int64_t offset;
    int64_t timestamp_ms; /* the record's time as the broker keeps it; TIME_NONE: it keeps none */
    bool log_append_time; /* timestamp_ms is the broker's own */
    bool is_tombstone;    /* a null value */
    struct view key;      /* VIEW_NONE (p NULL): null */
    struct view value;
    const struct kafka_header *headers;
    size_t header_n;
    enum err err;
    struct fault fault;
};

struct reader;

/* Errors as kafka_client_open. */
MUST_USE enum err reader_open(const struct reader_options *options, struct reader **reader_out,
                              struct fault *fault);
/* Starts a partition that is not started at `offset` (or READER_BEGINNING). A broker
 * that is away is no error: it begins when it can. ERR_LIMIT: READER_PARTITIONS_MAX; ERR_SYSTEM:
 * librdkafka refuses. */
MUST_USE enum err reader_start(struct reader *reader, struct reader_at at, int64_t offset,
                               struct fault *fault);
/* After this not one more event of that partition comes. Harmless when it is not started. */
void reader_stop(struct reader *reader, struct reader_at at);
bool reader_is_started(const struct reader *reader, struct reader_at at);
/* While paused, reader_next hands out nothing of that partition; its prefetched records stay. After
 * a resume call reader_next without waiting for the wake. Both harmless when not started. */
void reader_pause(struct reader *reader, struct reader_at at);
void reader_resume(struct reader *reader, struct reader_at at);
/* The next event of any partition, taking turns between them; false when there is none now. */
bool reader_next(struct reader *reader, struct reader_event *event_out);
/* The log's start and end as last heard from the broker with a fetch, for lag displays: never
 * exact. false: not known yet. */
bool reader_watermarks(const struct reader *reader, struct reader_at at, int64_t *low_out,
                       int64_t *high_out);
/* For shell/trim.c, which shares the connection. */
struct kafka_client *reader_client(struct reader *reader);
const char *reader_topic_name(const struct reader *reader, enum topic topic);
bool reader_is_up(const struct reader *reader);
/* NULL is ignored. */
void reader_close(struct reader *reader, int timeout_ms);

#endif
