/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold, and what the judge knows to tell: requests and how they ended, intents, calls and
 * effects, events that are owed.
 */
#ifndef TESTS_SIM_JUDGE_H
#define TESTS_SIM_JUDGE_H

#include "core/state.h"
#include "wire/record_codec.h"

#include "log.h"
#include "plan.h"

struct action;
struct ask;
struct machine;
struct sent_call;
struct sim;
struct worker;

/* A request id for one instance. */
struct key {
    struct key *next; /* of the machine */
    struct machine *machine;
    struct view request_id;
    struct ask *opened_by; /* of its last life; NULL: it was never accepted */
    int64_t accepted;      /* ledger offset, -1 */
    int64_t final;         /* ledger offset of the decision that closed it, -1: open */
    int64_t last_word;     /* and of the last record that owes its final event */
    int64_t revision;      /* of its last event */
    enum outcome_status status;
    uint64_t final_image;
    int64_t forget_ms;      /* may be forgotten from then on */
    uint32_t closed_before; /* finals of the machine before its own */
    bool is_cancelled;
};

/* A request in whose name an instance is called. */
struct rider {
    const struct key *key;
    const struct ask *ask;
    int64_t accepted; /* which life of the key */
};

/* A place in the ledger, whose it was, and when. */
struct moment {
    int64_t epoch;
    int64_t offset;
    int64_t log_ms;
    int64_t at_us;
};

/* Since when a worker knows something. */
struct news {
    uint32_t process; /* which life of it; 0: not yet */
    uint32_t turn;
    int64_t epoch;   /* it is bound to decide upon it under this epoch, -1: under any of its own */
    bool is_crossed; /* by a decision of its own that was proposed before */
};

/* An instance in an intent. */
struct boarding {
    struct machine *machine;
    struct rider *riders;
    uint32_t rider_n;
    bool flew;           /* the intent was in force */
    int64_t sent;        /* ledger offset of the decision that the API accepted it; -1 */
    int64_t went;        /* and of the decision that it was seen to have had an effect; -1 */
    int64_t baseline_us; /* its owner had been shown it as it was then; INT64_MAX: never */
    bool refused;        /* decided: it can have had no effect */
    bool back;           /* decided: it came back */
    struct news ok[WORKERS_MAX]; /* what the workers have learnt: it was sent */
    int64_t
        seen_epoch;  /* and an owner in force, of this epoch, who knew, has seen it rebooting; -1 */
    int64_t bad_end; /* offset of the decision that it failed, or is unknown; -1 */
    int64_t back_us[WORKERS_MAX]; /* when the workers read that it came back */
};

struct intent {
    struct dispatch_id dispatch;
    int32_t partition;
    int64_t offset;
    int64_t epoch;
    int64_t log_ms;
    int64_t stored_us;
    int64_t decided_ms;
    enum reboot_kind kind;
    uint32_t append;
    struct boarding *boarded;
    uint32_t boarded_n;
    struct sent_call *call;
};

struct effect {
    struct effect *next;
    struct machine *machine;
    struct sent_call *call;
    struct intent *intent;
    struct boarding *boarding;
    int64_t at_us;
    int64_t until_us;
};

/* An event, by its content. */
struct event_image {
    uint64_t hash;
    int32_t partition;
    int64_t offset; /* of the record that decided it */
};

/* An event that a valid record owes. */
struct owed_event {
    uint64_t hash;
    int64_t offset;
    bool published;
};

/* What a worker knows of the log's clock may be wrong by so much: its own drifts, and the log has
 * the clocks of several brokers. */
int64_t judge_clock_error_ms(const struct sim *sim);
/* No request of the simulation, open or closed, takes more of an entry. */
enum { ITEM_BYTES_MAX = 1024 };

/* Where the judge sits: one for each partition. */
struct bench {
    struct ledger reference; /* a reader from 0 that never stops */
    int64_t epoch;
    uint32_t next_seq;
    struct source applied[INPUTS_MAX]; /* the last place; offset -1: none */
    uint32_t cursor;                   /* index of the first task not covered by the cursor */
    uint32_t begin; /* index of the BEGIN of the snapshot under way, NOBODY: none */
    struct owed_event *owed;
    uint32_t owed_n;
    uint32_t unpublished; /* index of the first one */
    bool is_foreign;      /* another pool has claimed it: nothing goes on here */
};

struct judge {
    struct pool pool;
    struct bench benches[PARTITIONS_MAX];
    struct intent **intents;
    uint32_t intent_n;
    struct event_image *images;
    uint32_t image_n;
    struct folded folded;
    struct record record;
    struct record_scratch scratch;
};

void judge_open(struct sim *sim);
/* A record was stored in a ledger partition. */
void judge_stored(struct sim *sim, int32_t partition, struct stored *stored);
/* A worker's engine has been told the record. */
void judge_read(struct sim *sim, struct worker *worker, int32_t partition,
                const struct stored *stored);
/* A worker commits a position, for displays. */
void judge_commit(struct sim *sim, struct worker *worker, const struct action *act);
/* A worker says that nothing of it is in the air. */
void judge_drained(struct sim *sim, struct worker *worker);
/* A worker has records deleted. */
void judge_trim(struct sim *sim, struct worker *worker, const struct action *act);
/* The log begins elsewhere now. */
void judge_trimmed(struct sim *sim, int32_t partition);
void judge_append(struct sim *sim, struct worker *worker, int32_t partition,
                  const struct record *record);
/* Is it a claim that this pool, or the release that read it, has to stop at? */
bool judge_is_alien(const struct sim *sim, const struct record *record);
_Noreturn void judge_violated(struct sim *sim, int32_t partition, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Events. */
void judge_decided(struct sim *sim, int32_t partition, int64_t offset,
                   const struct outcome *outcome);
uint32_t judge_publish(struct sim *sim, struct worker *worker, int32_t partition,
                       const struct outcome *outcome);
void judge_published(struct sim *sim, const struct append *append);

/* Intents, calls, effects. */
void judge_intent(struct sim *sim, int32_t partition, const struct stored *stored);
void judge_intent_folded(struct sim *sim, int32_t partition);
void judge_answer(struct sim *sim, int32_t partition);
void judge_seen(struct sim *sim, const struct stored *stored);
void judge_shut(struct sim *sim, const struct stored *stored);
/* A worker has read the REPLY that sim->record holds. */
void judge_reply_read(struct sim *sim, const struct worker *worker, int32_t partition);
/* A worker has read the answer that sim->record holds. */
void judge_answer_read(struct sim *sim, const struct worker *worker, int32_t partition);
void judge_call(struct sim *sim, struct worker *worker, struct sent_call *call);
void judge_effect(struct sim *sim, struct sent_call *call, struct machine *machine,
                  int64_t until_us);
/* A worker's engine is told the answer. */
void judge_told(struct sim *sim, const struct worker *worker, const struct sent_call *call);
/* HARD > SOFT_FIRST, FORCE > SOFT. */
int judge_strength(enum reboot_kind kind);
/* By the formula of coalescing. */
bool judge_serves(const struct sim *sim, const struct intent *intent, const struct ask *ask);
struct intent *judge_find_intent(const struct sim *sim, int32_t partition,
                                 struct dispatch_id dispatch);
struct boarding *judge_find_boarding(const struct intent *intent, const struct machine *machine);
/* Is no promise made about this one and what is decided after it at the moment? */
bool judge_is_excused(const struct sim *sim, const struct effect *effect, struct moment moment);

/* Is everything settled? If not, what is missing first goes to *why. */
bool judge_is_settled(struct sim *sim, struct view *why);

/* The folded state, canonically. */
uint64_t dump_digest(const struct ledger *ledger);
uint64_t dump_event(const struct outcome *outcome);
void dump_print(const struct ledger *ledger);

#endif
