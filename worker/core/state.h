/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fold of one ledger partition keeps, and what it says of each record.
 */
#ifndef WORKER_CORE_STATE_H
#define WORKER_CORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "core/outbox.h"
#include "core/record.h"
#include "core/sources.h"
#include "core/table.h"

enum { POOL_NAME_BYTES_MAX = 255 };

struct ledger {
    struct pool *pool;
    struct table table;
    struct outbox outbox;
    struct sources sources;
    int64_t next_offset; /* one behind the last record folded; -1 before the first */
    int64_t epoch;       /* -1: none */
    uint32_t next_seq;
    int64_t cursor;    /* the next task to apply */
    int64_t published; /* of the last valid MARK */
    /* Snapshots; -1: none. */
    int64_t begin;           /* offset of the BEGIN of the one under way */
    int64_t begin_cursor;    /* its cursor */
    int64_t snapshot;        /* offset of the BEGIN of the last one that came to its END */
    int64_t snapshot_cursor; /* and its cursor */
    struct limits limits;
    bool dry_run;
    uint8_t pool_n;
    uint8_t owner_n;
    char pool_name[POOL_NAME_BYTES_MAX];
    char owner[POOL_NAME_BYTES_MAX]; /* the worker of the claim in force */
    uint64_t repeated_n;             /* tasks whose source position had been applied */
    uint64_t known_n;                /* requests whose id was open or closed already */
    uint64_t opened_n;
    uint64_t outcomes_n[OUTCOME_STATUS_N];
    uint64_t phase_n[ENTRY_PHASE_N];
};

/* What a fold touched, for the owner. */
struct folded {
    struct entry *touched[RECORD_OPS_MAX]; /* in the order of the record; an entry may repeat */
    uint32_t touched_n;
    struct view differing_id; /* a request id that came again with other content, or none */
    const char *why;          /* FOLD_BROKEN: for a person */
};

static inline struct view ledger_owner(const struct ledger *ledger)
{
    return (struct view){ledger->owner, ledger->owner_n};
}

#endif
