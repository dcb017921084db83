/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps that decisions are made of (core/apply.h): an entry moves, an event is owed, a request
 * closes with its final word.
 */
#ifndef WORKER_CORE_STEPS_H
#define WORKER_CORE_STEPS_H

#include "core/state.h"

/* Where the record stands in the log. */
struct place {
    int64_t offset;
    int64_t log_ms;
    uint32_t event_n; /* events owed by this record so far: the low part of their revision */
};

/* A reboot, as far as it decides whom it serves. */
struct effect {
    int64_t started_ms; /* log time of its intent */
    int64_t intent;     /* its ledger offset */
    enum reboot_kind kind;
};

/* The verdict on a flight, for everyone who rides on it. */
struct ending {
    enum outcome_status status;
    enum confirmed_by confirmed_by;
    const struct last_error *error;
};

struct entry *step_need_entry(struct ledger *ledger, struct view id);
void step_touch(struct folded *out, struct entry *entry, const struct place *at);
void step_phase(struct ledger *ledger, struct entry *entry, enum entry_phase to);
/* To WAITING or CLOSED, whichever fits what is still open. */
void step_settle(struct ledger *ledger, struct entry *entry);

/* The next one of the record: rises with every event of an instance. */
int64_t step_revision(struct place *at);
/* The part of an outcome that the request and the place in the log give; takes a revision. */
struct outcome step_outcome(const struct ledger *ledger, struct place *at,
                            const struct entry *entry, const struct request *req);
/* The call that decided it. */
void step_add_flight(struct outcome *outcome, const struct flight *flight);
void step_add_error(struct outcome *outcome, const struct last_error *error);
void step_owe(struct ledger *ledger, struct place *at, const struct outcome *outcome);
/* An event of the flight, for its leader: dispatched, retrying. */
void step_owe_flight(struct ledger *ledger, struct place *at, struct entry *entry,
                     enum outcome_status status);

/* Closes an open request with its final event and remembers that. */
void step_close(struct ledger *ledger, struct place *at, struct entry *entry, struct request *req,
                struct outcome *outcome);
/* Without a call: expired, cancelled. */
void step_close_simply(struct ledger *ledger, struct place *at, struct entry *entry,
                       struct request *req, enum outcome_status status);
void step_close_riders(struct ledger *ledger, struct place *at, struct entry *entry,
                       const struct ending *ending);
/* The flight comes back: its riders wait again, or end here. */
void step_riders_back(struct ledger *ledger, struct place *at, struct entry *entry,
                      enum member_flag flags, uint32_t max_attempts);
/* What was taken for an attempt that came back did go: whoever rode on it rides again. */
void step_ride_again(struct entry *entry);
/* The flight became the last reboot of the instance. */
void step_remember(struct ledger *ledger, struct entry *entry, enum confirmed_by confirmed_by);
/* Does this reboot serve the request (the formula of coalescing)? */
bool step_serves(const struct effect *effect, const struct request *req);

#endif
