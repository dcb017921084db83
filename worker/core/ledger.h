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
 * business (owner.c).
 */
#ifndef WORKER_CORE_LEDGER_H
#define WORKER_CORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "core/record.h"
#include "core/state.h"

enum fold_result {
    FOLD_APPLIED = 1,
    FOLD_VOID = 2,   /* of an older epoch, a duplicate, or behind a gap: nothing changed */
    FOLD_CLAIM = 3,  /* a CLAIM was applied: the partition has a new owner */
    FOLD_NEWS = 4,   /* a REPLY: nothing changed, the owner may decide on it */
    FOLD_BROKEN = 5, /* the log cannot be trusted or understood: stop */
    FOLD_FULL = 6,   /* the pool has no room for what may come of it: stop */
};

void ledger_init(struct ledger *ledger, struct pool *pool, uint64_t seed, int32_t partition);
/* Every hint must be gone. */
void ledger_release(struct ledger *ledger);
/* Folds the record at this offset. Offsets rise but may have gaps (brokers use some themselves). */
enum fold_result ledger_fold(struct ledger *ledger, int64_t offset, int64_t log_ms,
                             const struct record *record, struct folded *out);

#endif
