/* SPDX-License-Identifier: Apache-2.0
 *
 * A process of the pool, with its engine; and the group that tells it what it may try to own.
 */
#ifndef TESTS_SIM_WORKER_H
#define TESTS_SIM_WORKER_H

#include "core/engine.h"

#include "log.h"

struct sent_call;

/* What waits to be told to the engine. */
struct letter {
    enum event_type type;
    int32_t partition;
    uint64_t ticket;
    uint32_t append; /* EV_APPENDED */
    struct sent_call *call;
};

struct inbox {
    struct letter *letters;
    uint32_t first;
    uint32_t n;
};

/* What a worker does in one turn of its loop, in this order. */
enum stage { STAGE_GROUP, STAGE_REPORTS, STAGE_READS, STAGE_ANSWERS, STAGE_TICK, STAGE_ACTIONS };

/* What its shell has handed to the engine of one ledger partition. */
struct knowledge {
    int64_t epoch; /* of the last claim read */
    bool own;      /* it was this process' own */
    uint32_t turn; /* in which it was read */
    bool at_end;   /* the end was told since the last start */
    bool is_whole; /* it began at the log's beginning, or has met the end of a snapshot */
    bool is_alien; /* it was shown what is not this pool's, or of a release to come */
};

/* The newest format of records that a program reads, and the one that it writes. */
struct release {
    uint32_t reads;
    uint32_t writes;
};

struct worker {
    uint32_t index;
    struct view name;
    bool alive;
    bool draining;
    bool drained;
    int64_t drain_until_us;
    uint32_t process; /* number of its life */
    uint64_t nonce;
    struct engine_options options;
    struct engine *engine;
    char *memory;
    struct outlet outlet;
    int64_t outlet_opens_us; /* 0: it is open */
    struct reader readers[2][PARTITIONS_MAX];
    struct knowledge known[PARTITIONS_MAX];
    bool assigned[PARTITIONS_MAX]; /* as its engine was told */
    bool stopped[PARTITIONS_MAX];  /* it said that somebody has to look after it */
    struct release release;
    bool is_upgraded; /* from its next life on */
    size_t memory_bytes;
    uint32_t full_n; /* steps since when its memory is at the ceiling */
    /* Appends since it began to read the ledger that it has not read back. */
    uint32_t unread_n[PARTITIONS_MAX];
    uint32_t first_append[PARTITIONS_MAX];
    struct inbox group;
    struct inbox reports;
    struct inbox answers;
    int64_t group_us;   /* when the last assignment on its way arrives */
    int64_t turn_at_us; /* INT64_MAX: none is planned */
    int64_t stalled_until_us;
    int64_t clock_step_us; /* by which its wall clock was set */
    enum stage stage;
    uint32_t turn;
    struct action held; /* asked for, and not done yet: the process may be stopped in between */
    bool holds;
    int64_t stepped_us;  /* the last time that its engine knows */
    uint32_t deed_n;     /* events and actions of this turn */
    uint32_t restless_n; /* turns in a row that were wanted at once and did nothing */
    uint32_t reads_left;
    uint32_t acts_left;
    uint32_t hazard_in; /* steps until something befalls it */
};

void worker_open(struct sim *sim, uint32_t index);
void worker_start(struct sim *sim, struct worker *worker);
/* The process is gone; what it had handed over may go on without it. The group notices then. */
void worker_end(struct sim *sim, struct worker *worker, int64_t noticed_us);
struct now worker_now(const struct sim *sim, const struct worker *worker);
/* The true time by which its boot-time clock shows this. */
int64_t worker_true_us(const struct sim *sim, const struct worker *worker, struct instant at);
/* It is told to end in order. */
void worker_drain(struct sim *sim, struct worker *worker);
/* In how many steps something befalls it next. */
void hazard_draw(struct sim *sim, struct worker *worker);
/* Something may befall it now; true when it does not go on. */
bool hazard_strikes(struct sim *sim, struct worker *worker);
/* Its producer fails: what is outstanding is reported as failed. */
void worker_break_outlet(struct sim *sim, struct worker *worker);
void worker_turn(struct sim *sim, struct worker *worker);
void worker_wake(struct sim *sim, struct worker *worker, int64_t at_us);
/* Tells the engine. */
void worker_step(struct sim *sim, struct worker *worker, struct event *event);
/* It will be told in a turn to come. */
void worker_post(struct sim *sim, struct worker *worker, struct letter letter);

/* What its engine asks for is done. */
void action_do(struct sim *sim, struct worker *worker, const struct action *act);

void group_rebalance(struct sim *sim);
void group_told(struct sim *sim, const struct happening *what);

#endif
