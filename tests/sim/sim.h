/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulation: a pool of real engines in a world of virtual time, drawn from one seed.
 *
 * Real are the engines (core/engine.h) and the bytes of ledger records and tasks (wire/). Simulated
 * is everything that a worker's shell touches, at its worst: the log, the group, the API, clocks,
 * and the process itself, which is paused or dies between any two steps.
 *
 *   main.c      options, seeds, what is printed
 *   plan.c      what a seed draws: sizes, policy, clocks, which faults and how often
 *   theme.c     seeds that go deep instead of wide
 *   world.c     one seed from its beginning to its end
 *   topic.c     partitions of ledger and tasks; readers
 *   append.c    records on their way into them: late, twice, or never
 *   worker.c    a process: its clocks, its loop, its death
 *   hazard.c    what befalls it
 *   clock.c     what clocks show
 *   action.c    what its engine asks for
 *   group.c     who is told to own what, wrongly and late
 *   upstream.c  requests, and intake that makes tasks of them, again and again
 *   ecm.c       instances and what may be seen of them
 *   trouble.c   what befalls the pool as a whole: limits, upgrades, brokers, strangers
 *   format.c    records as a release to come writes them
 *   call.c      calls: refused, lost on either way, with late or partial effects
 *   judge*.c    what must hold, after every step, from outside
 *   dump.c      the folded state, canonically
 *   trace.c     what happened, in words
 *
 * The world is one struct; nothing is static but tables. Times ending in `_us` without "wall" or
 * "boot" are true time: microseconds since the seed began.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/random.h"
#include "core/engine_impl.h"
#include "wire/record_codec.h"

#include "arena.h"
#include "ecm.h"
#include "format.h"
#include "judge.h"
#include "log.h"
#include "memory.h"
#include "plan.h"
#include "schedule.h"
#include "trace.h"
#include "upstream.h"
#include "worker.h"

/* What large worlds had of the API's limit, all seeds together. */
struct usage {
    uint64_t call_n;
    uint64_t throttled_n;
    double busy_n; /* calls while there was more to call than the limit allows, */
    double busy_s; /* and for how long that was so */
};

struct brokers {
    int64_t ahead_us[BROKERS_MAX]; /* of the pool's time */
    uint32_t leaders[TOPIC_KINDS][PARTITIONS_MAX];
};

struct sim {
    uint64_t seed;
    struct random random;
    struct arena arena;
    struct plan plan;
    struct schedule schedule;
    int64_t now_us;
    bool calm;
    bool over;
    uint64_t step_n; /* of engines */
    struct usage usage;
    struct topic topics[TOPIC_KINDS][PARTITIONS_MAX];
    struct append *appends;
    uint32_t append_n;
    struct worker workers[WORKERS_MAX];
    struct brokers brokers;
    double rate_limit; /* as the operator set it last */
    struct ecm ecm;
    struct sent_call **calls;
    uint32_t call_n;
    struct upstream upstream;
    struct judge judge;
    struct trace trace;
    struct buf bytes; /* of the record being written */
    struct record record;
    struct record_scratch scratch;
    void *engine_memory[WORKERS_MAX];
    void *judge_memory;
};

static inline bool chance(struct sim *sim, uint32_t in_1000)
{
    return in_1000 > 0 && random_below(&sim->random, 1000) < in_1000;
}

static inline uint32_t below(struct sim *sim, uint32_t bound)
{
    return (uint32_t)random_below(&sim->random, bound);
}

void world_open(struct sim *sim);
/* One seed; returns when everything is settled. What does not hold ends the program. */
void world_run(struct sim *sim, uint64_t seed);
void world_plan(struct sim *sim, int64_t in_us, struct happening what);
/* A lag of this kind, drawn. */
int64_t world_lag_us(struct sim *sim, const struct lag *lag);
int64_t world_log_ms(const struct sim *sim, uint32_t broker);
int64_t world_api_s(const struct sim *sim);

void trouble_begin(struct sim *sim);
void trouble_happen(struct sim *sim, const struct happening *what);

#endif
