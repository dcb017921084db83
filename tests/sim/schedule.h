/* SPDX-License-Identifier: Apache-2.0
 *
 * Virtual time: what will happen, by when. Two things at the same moment happen in the order in
 * which they were planned, so a seed gives one run.
 */
#ifndef TESTS_SIM_SCHEDULE_H
#define TESTS_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

enum happening_type {
    HAPPEN_TURN,      /* who: a worker's loop turns, unless `number` is no longer its next turn */
    HAPPEN_START,     /* who: a worker's process starts */
    HAPPEN_FETCH,     /* who, what: a reader's fetch is answered; number: which fetch */
    HAPPEN_STORE,     /* what: an append reaches the log; number: 1 for the second time */
    HAPPEN_REPORT,    /* what: its delivery report comes in */
    HAPPEN_TRIM,      /* what: a partition's records are deleted below the offset `number` */
    HAPPEN_ARRIVE,    /* what: a call arrives at the API */
    HAPPEN_EFFECT,    /* what: and has its effect */
    HAPPEN_ANSWER,    /* what: its answer comes in */
    HAPPEN_TIMEOUT,   /* what: nobody waits for it any longer */
    HAPPEN_GROUP,     /* who, what: an assignment; number: given or taken */
    HAPPEN_REBALANCE, /* the group hands out partitions */
    HAPPEN_REQUEST,   /* an upstream publishes a request */
    HAPPEN_INTAKE,    /* what: an intake goes on */
    HAPPEN_MEDDLE,    /* somebody else operates on an instance */
    HAPPEN_OUTAGE,    /* the API goes away, or comes back */
    HAPPEN_ELECTION,  /* a partition gets another leader, or a broker's clock is set */
    HAPPEN_LIMITS,    /* the limit of calls changes; number: its workers know by now */
    HAPPEN_UPGRADE,   /* who: a worker's next life is of the next release */
    HAPPEN_STRANGER,  /* another pool claims a partition */
    HAPPEN_CALM,      /* faults stop */
    HAPPEN_REVIEW,    /* is everything settled? */
};

struct happening {
    int64_t at_us;
    uint64_t order;
    enum happening_type type;
    uint32_t who;
    uint32_t what;
    uint64_t number;
};

struct schedule {
    struct arena *arena;
    struct happening *heap;
    uint32_t n;
    uint32_t most; /* so many at a time so far */
    uint64_t order;
};

void schedule_init(struct schedule *schedule, struct arena *arena);
/* at_us of `what` says when; its order is given here. */
void schedule_add(struct schedule *schedule, struct happening what);
/* The next one; false when nothing is left. */
bool schedule_next(struct schedule *schedule, struct happening *out);

#endif
