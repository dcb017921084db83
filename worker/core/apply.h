/* SPDX-License-Identifier: Apache-2.0
 *
 * What each kind of decision does to the entries it names: the second half of the fold
 * (core/ledger.h), with the events that follow.
 */
#ifndef WORKER_CORE_APPLY_H
#define WORKER_CORE_APPLY_H

#include "core/state.h"
#include "core/steps.h"

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
