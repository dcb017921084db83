/* SPDX-License-Identifier: Apache-2.0
 *
 * Intake: records of the input become tasks and dead letters.
 *
 * A pure function of the record (wire/request.h) and then bookkeeping: no policy, no clock. For
 * each input partition tasks are written in order and without gaps, and its offset may be committed
 * only as the contiguous prefix of records whose tasks and dead letters are all acknowledged. A
 * failed write ends the producer's life (shell/producer.h); every input partition with something
 * outstanding is then to be read again from its committed prefix (INTAKE_RESTART).
 *
 * Does not read: the loop feeds it what the reader hands out, and stops feeding while
 * intake_is_full.
 */
#ifndef WORKER_SHELL_INTAKE_H
#define WORKER_SHELL_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "shell/producer.h"
#include "shell/reader.h"

enum intake_limit {
    INTAKE_PARTITIONS_MAX = 4096,       /* assigned at a time */
    INTAKE_PIECES_MAX = 16384,          /* outstanding tasks and dead letters, and one record */
    INTAKE_BYTES_MAX = 4 * 1024 * 1024, /* of them, and one record's */
};

struct intake_options {
    struct producer *producer; /* outlives it; intake uses the tickets of tasks and dead letters */
    const char *requests;      /* topic name, for default request ids and dead-letter headers */
    int32_t partition_n;       /* P of tasks */
    uint32_t request_bytes_max;
};

enum intake_event_type {
    INTAKE_COMMIT = 1, /* everything of `partition` below `offset` is done */
    INTAKE_RESTART,    /* stop reading `partition`, start again at `offset`; intake has forgotten
                          what was outstanding and waits for intake_assign */
};

struct intake_event {
    enum intake_event_type type;
    int32_t partition; /* of requests */
    int64_t offset;
    struct fault fault; /* INTAKE_RESTART: why */
};

/* For requests_total{result} and dead_letters_total. */
struct intake_stats {
    uint64_t accepted_n;     /* records that became tasks */
    uint64_t refused_n;      /* records that became a dead letter and refusals */
    uint64_t tombstones_n;   /* skipped */
    uint64_t tasks_n;        /* written */
    uint64_t dead_letters_n; /* written */
    uint64_t restarts_n;
    uint64_t outstanding_n; /* pieces */
    uint64_t outstanding_bytes;
};

struct intake;

/* ERR_SYSTEM: no memory. */
MUST_USE enum err intake_open(const struct intake_options *options, struct intake **intake_out,
                              struct fault *fault);
/* Input partition p is ours and read from `offset` on (READER_BEGINNING: nothing is committed
 * before its first record is done). A second call begins anew: what is outstanding is forgotten. */
MUST_USE enum err intake_assign(struct intake *intake, int32_t partition, int64_t offset,
                                struct fault *fault);
/* No longer ours: state is dropped, acknowledgements that come late are ignored. */
void intake_revoke(struct intake *intake, int32_t partition);
/* No record can be taken now; ask again after reports. */
bool intake_is_full(const struct intake *intake);
/* Takes one record (READER_RECORD of requests; others are a broken check), in the partition's
 * order. Never call it while intake_is_full. A record of a partition that is not assigned is
 * ignored. */
void intake_take(struct intake *intake, const struct reader_event *record);
/* A report on TOPIC_TASKS or TOPIC_DEAD_LETTERS. */
void intake_report(struct intake *intake, const struct producer_report *report);
/* What follows; false when there is nothing now. */
bool intake_next(struct intake *intake, struct intake_event *event_out);
/* Nothing outstanding: for the drain. */
bool intake_is_idle(const struct intake *intake);
void intake_stats(const struct intake *intake, struct intake_stats *out);
void intake_close(struct intake *intake);

#endif
