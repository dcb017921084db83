/* SPDX-License-Identifier: Apache-2.0
 *
 * The fold of one ledger partition: the same log gives the same state in every reader.
 *
 * A record is applied or void by one rule: a CLAIM at offset o makes o the epoch and 0 the next
 * seq; any other record is valid only with that epoch and that very seq. The fold is total: a
 * decision about an entry that has changed meanwhile (only tasks may be proposed while another
 * decision about the same instance is under way) finds what it can do, or does nothing.
 *
 * Never here: clocks, configuration, effects. What follows from a folded record is the owner's
 * business (core/owner.h).
 */
#ifndef WORKER_CORE_LEDGER_H
#define WORKER_CORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "core/outbox.h"
#include "core/record.h"
#include "core/table.h"

enum { POOL_NAME_BYTES_MAX = 255 };

struct ledger {
    struct pool *pool;
    struct table table;
    struct outbox outbox;
    struct source_position *sources; /* by partition; source_cap of them */
    uint32_t source_n;
    uint32_t source_cap;
    int64_t next_offset; /* one behind the last record folded; -1 before the first */
    int64_t epoch;       /* -1: none */
    uint32_t next_seq;
    int64_t cursor;    /* the next task to apply */
    int64_t published; /* of the last valid MARK */
    struct limits limits;
    bool dry_run;
    uint8_t pool_n;
    uint8_t owner_n;
    char pool_name[POOL_NAME_BYTES_MAX];
    char owner[POOL_NAME_BYTES_MAX]; /* the worker of the claim in force */
    uint64_t owner_nonce;
    uint64_t repeated_n; /* tasks whose source position had been applied */
    uint64_t known_n;    /* requests whose id was open or closed already */
    uint64_t opened_n;
    uint64_t outcomes_n[OUTCOME_STATUS_N];
    uint64_t phase_n[ENTRY_PHASE_N];
};

enum fold_result {
    FOLD_APPLIED = 1,
    FOLD_VOID = 2,   /* of an older epoch, a duplicate, or behind a gap: nothing changed */
    FOLD_CLAIM = 3,  /* a CLAIM was applied: the partition has a new owner */
    FOLD_NEWS = 4,   /* a REPLY: nothing changed, the owner may decide on it */
    FOLD_BROKEN = 5, /* the log cannot be trusted or understood: stop */
    FOLD_FULL = 6,   /* the pool has no room for what may come of it: stop */
};

/* What a fold touched, for the owner. */
struct folded {
    struct entry *touched[RECORD_OPS_MAX]; /* in the order of the record; an entry may repeat */
    uint32_t touched_n;
    struct view differing_id; /* a request id that came again with other content, or none */
    const char *why;          /* FOLD_BROKEN: for a person */
};

void ledger_init(struct ledger *ledger, struct pool *pool, uint64_t seed, int32_t partition);
/* Every hint must be gone. */
void ledger_release(struct ledger *ledger);
/* Folds the record at this offset. Offsets rise but may have gaps (brokers use some themselves). */
enum fold_result ledger_fold(struct ledger *ledger, int64_t offset, int64_t log_ms,
                             const struct record *record, struct folded *out);
/* Was a task from this place in the input applied? */
bool ledger_has_source(const struct ledger *ledger, struct source source);
struct view ledger_owner(const struct ledger *ledger);

#endif
