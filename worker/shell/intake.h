/* SPDX-License-Identifier: Apache-2.0
 *
 * Intake: records of the input become tasks and dead letters.
 *
 * What a record says is a pure function of it (the wire's business) and comes in as an
 * intake_split; here its tasks are routed (murmur2 of the instance ID, as Java's) and written, a
 * refused record's dead letter with them, and its offset may be committed once it and all before it
 * are acknowledged (shell/intake_flow.h). A failed write ends the producer's life
 * (shell/producer.h); every input partition with something outstanding is then to be read again
 * from its committed prefix (INTAKE_RESTART).
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

struct intake_options {
    struct producer *producer; /* outlives it; intake uses the tickets of tasks and dead letters */
    const char *requests;      /* topic name, for dead-letter headers; outlives it */
    int32_t partition_n;       /* P of tasks */
    /* What the dead-letter topic takes (topics_event.dead_letter_bytes_max). A larger record, which
     * only compression can bring in, is cut and says so in the header `truncated-from`: blocking
     * its partition for ever would be worse. */
    int64_t dead_letter_bytes_max;
};

/* A task as it is to be stored. */
struct intake_task {
    struct view instance_id; /* routes it, and is the record's key; VIEW_NONE: by source position */
    struct view value;
};

enum intake_result {
    INTAKE_TOMBSTONE = 0, /* a null value: counted, skipped */
    INTAKE_ACCEPTED,
    INTAKE_REFUSED, /* its tasks are refusals, and it becomes a dead letter */
};

/* What became of one record; lives for the call. */
struct intake_split {
    enum intake_result result;
    const struct intake_task *tasks; /* in the order of their index */
    uint32_t task_n;                 /* at most INSTANCES_PER_REQUEST_MAX */
    struct view error_code;          /* INTAKE_REFUSED */
    struct view error_message;
};

enum intake_event_type {
    INTAKE_COMMIT = 1, /* everything of `partition` below `offset` is done */
    INTAKE_RESTART,    /* stop reading `partition`, start again at `offset` (READER_BEGINNING: no
                          record of it was ever done); intake has forgotten what was outstanding and
                          waits for intake_assign */
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
    uint64_t tasks_n;        /* acknowledged */
    uint64_t dead_letters_n; /* acknowledged */
    uint64_t restarts_n;
    uint64_t outstanding_n; /* tasks and dead letters */
};

struct intake;

/* ERR_SYSTEM: no memory. */
MUST_USE enum err intake_open(const struct intake_options *options, struct intake **intake_out,
                              struct fault *fault);
/* Input partition p is ours and read from `offset` on (or READER_BEGINNING). A second call begins
 * anew: what is outstanding is forgotten. ERR_LIMIT: too many partitions, or no memory. */
MUST_USE enum err intake_assign(struct intake *intake, int32_t partition, int64_t offset,
                                struct fault *fault);
/* No longer ours: state is dropped, acknowledgements that come late are ignored. */
void intake_revoke(struct intake *intake, int32_t partition);
/* No record can be taken now; ask again after reports. */
bool intake_is_full(const struct intake *intake);
/* Takes one record of requests (READER_RECORD, with its headers) in the partition's order. Never
 * while intake_is_full. A record of a partition that is not assigned is ignored. */
void intake_take(struct intake *intake, const struct reader_event *record,
                 const struct intake_split *split);
/* A report on TOPIC_TASKS or TOPIC_DEAD_LETTERS. */
void intake_report(struct intake *intake, const struct producer_report *report);
/* What follows; false when there is nothing now. */
bool intake_next(struct intake *intake, struct intake_event *event_out);
/* Nothing outstanding: for the drain. */
bool intake_is_idle(const struct intake *intake);
void intake_stats(const struct intake *intake, struct intake_stats *out);
/* NULL is ignored. */
void intake_close(struct intake *intake);

#endif
