/* SPDX-License-Identifier: Apache-2.0
 *
 * What a seed draws before its world begins: how large, with which policy, and what goes wrong how
 * often. Each class of faults is absent in about half of the seeds, so that none hides another.
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "base/random.h"
#include "core/engine.h"

enum { WORKERS_MAX = 4, PARTITIONS_MAX = 4, INPUTS_MAX = 2, BROKERS_MAX = 3 };

/* How long something takes: usually about so long, and sometimes anything up to the tail. */
struct lag {
    int64_t usual_us;
    uint32_t tail_in_1000;
    int64_t tail_us;
};

/* Chances, in 1000. */
struct odds {
    /* of an append */
    uint32_t doubled;
    uint32_t lost; /* its producer breaks */
    uint32_t gap;  /* the broker uses an offset for itself */
    /* of a call */
    uint32_t not_sent;
    uint32_t lost_there;
    uint32_t lost_back;
    uint32_t unknown_before; /* InternalError, 5xx: without effect */
    uint32_t unknown_after;
    uint32_t unknown_later;
    uint32_t throttle;
    uint32_t busy;    /* for an instance */
    uint32_t partial; /* an error for one, and others are rebooted all the same */
    uint32_t no_date;
    /* of a reboot */
    uint32_t stays_down;
    uint32_t is_long;
    /* of a request */
    uint32_t repeat_id;
    uint32_t other_content;
    uint32_t cancel;
    uint32_t refused;
    uint32_t deferred;
    uint32_t expiring;
    uint32_t allow_repeat;
    uint32_t strong;
    uint32_t dated; /* requestedAt, or the record's time, is not now */
    /* of an intake, for each record */
    uint32_t redelivery;
    /* of a step between two actions of a group */
    uint32_t overlap;
};

/* What befalls a worker between two steps. */
enum hazard { HAZARD_CRASH, HAZARD_PAUSE, HAZARD_BREAK, HAZARD_DRAIN, HAZARD_CLOCK };
enum { HAZARD_N = 5 };

struct clock_error {
    int64_t skew_us;
    int64_t drift_ppm;
};

/* From the release that writes this format of records to the one that writes the next. */
enum upgrade {
    UPGRADE_NONE,
    UPGRADE_ROLLING,  /* as it is meant: both read both */
    UPGRADE_SKIPPING, /* a release was left out: the old one cannot read what the new one writes */
};

struct plan {
    int32_t worker_n;
    int32_t partition_n;
    int32_t input_n;
    uint32_t machine_n;
    uint32_t request_n; /* records */
    uint32_t asks_max;  /* instances of one record */
    bool is_large;      /* many instances at once and no faults: for lists, batches and the quota */
    int64_t calm_us;    /* faults stop */
    int64_t settled_us; /* and by then everything must have come to its end */
    int64_t first_request_us;
    int64_t request_every_us;
    struct engine_options options;
    struct clock_error wall[WORKERS_MAX];
    struct clock_error boot[WORKERS_MAX];
    int64_t broker_skew_us;
    bool clocks_agree;
    int64_t log_spread_us; /* the clocks of two brokers differ by so much at most */
    /* lags */
    struct lag append; /* to ledger and tasks */
    struct lag publish;
    struct lag report;
    struct lag fetch;
    struct lag there; /* to the API */
    struct lag back;
    struct lag group;
    struct lag trim;
    int64_t backend_us;   /* the API's own: an effect comes so late at most */
    int64_t stale_us;     /* what is read may be so old */
    int64_t reboot_us[2]; /* how long a reboot lasts */
    /* faults */
    struct odds odds;
    uint32_t hazard_every;      /* steps of a worker, on average; 0: never */
    uint32_t hazards[HAZARD_N]; /* weights */
    int64_t pause_us;
    int64_t clock_step_us;
    int64_t rebalance_every_us; /* 0: only when workers come and go */
    int64_t meddle_every_us;
    int64_t outage_every_us;
    int64_t election_every_us;
    int64_t limits_us;   /* the limit changes about then, and again; 0: never */
    int64_t stranger_us; /* another pool claims a partition; 0: never */
    size_t scarce_bytes; /* so much memory until no more tasks are taken; 0: plenty */
    enum upgrade upgrade;
    bool plain_claims;  /* claims of the next release can be read by this one */
    uint32_t api_limit; /* calls per second that the API lets through */
    uint32_t batch_limit;
    bool names; /* error messages name the instances they mean */
    /* loops */
    uint32_t reads_per_turn;
    uint32_t acts_per_turn;
    uint32_t digest_every; /* records between two comparisons of the whole state */
};

void plan_draw(struct plan *plan, struct random *random);
/* Some seeds go deep instead of wide: over what is drawn already. */
void theme_draw(struct plan *plan, struct random *random);

#endif
