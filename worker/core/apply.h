/* SPDX-License-Identifier: Apache-2.0
 *
 * What each kind of decision does to the entries it names: the second half of the fold
 * (core/ledger.h), with the events that follow.
 */
#ifndef WORKER_CORE_APPLY_H
#define WORKER_CORE_APPLY_H

#include "core/ledger.h"

/* Where the record stands in the log. */
struct place {
    int64_t offset;
    int64_t log_ms;
    uint32_t event_n; /* events owed by this record so far: the low part of their revision */
};

/* The record is valid; out->touched is filled. */
void apply_tasks(struct ledger *ledger, struct place *at, const struct record *record,
                 struct folded *out);
void apply_intent(struct ledger *ledger, struct place *at, const struct record *record,
                  struct folded *out);
void apply_answer(struct ledger *ledger, struct place *at, const struct record *record,
                  struct folded *out);
void apply_seen(struct ledger *ledger, struct place *at, const struct record *record,
                struct folded *out);
void apply_shut(struct ledger *ledger, struct place *at, const struct record *record,
                struct folded *out);

#endif
