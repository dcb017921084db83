/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

enum { SECOND = 1000 * 1000, MILLISECOND = 1000 };

static uint32_t below(struct random *random, uint32_t bound)
{
    return (uint32_t)random_below(random, bound);
}

/* One of n values, all alike. */
#define PICK(random, ...)                                                                          \
    (((const int64_t[]){                                                                           \
        __VA_ARGS__})[below(random, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))])

/* Absent in half of the seeds, else rare or often. */
static uint32_t appetite(struct random *random, uint32_t rare, uint32_t often)
{
    uint32_t drawn = below(random, 4);
    return drawn < 2 ? 0 : drawn == 2 ? rare : often;
}

static void draw_policy(struct plan *plan, struct random *random)
{
    plan->options = (struct engine_options){
        .pool = VIEW_LIT("pool"),
        .partition_n = plan->partition_n,
        .dry_run = below(random, 40) == 0,
        .limits = {.open_requests = (uint32_t)PICK(random, 2, 8, 256),
                   .closed_requests = (uint32_t)PICK(random, 2, 8, 256, 256),
                   .entry_bytes = (uint32_t)PICK(random, 4096, 262144, 262144)},
        .default_region = VIEW_LIT("ap-xian-ecm"),
        .request_max_age_ms = PICK(random, 60, 600, 86400) * 1000,
        .dedup_window_ms = PICK(random, 0, 5, 30, 30, 300) * 1000,
        .allow_force = below(random, 10) > 0,
        .rate_limit = (double)PICK(random, 2, 5, 20, 20),
        .batch_size = (uint32_t)PICK(random, 1, 3, 100, 100),
        .linger_ms = PICK(random, 0, 50, 200),
        .timeout_ms = PICK(random, 2, 5, 10) * 1000,
        .signature_life_ms = PICK(random, 10, 20, 60) * 1000,
        .settle_ms = 12000,
        .max_attempts = (uint32_t)PICK(random, 1, 3, 10),
        .retry_initial_ms = PICK(random, 100, 1000),
        .retry_max_ms = PICK(random, 2000, 8000),
        .confirm_enabled = below(random, 12) > 0,
        .confirm_interval_ms = PICK(random, 500, 1000, 5000),
        .confirm_timeout_ms = PICK(random, 20, 40) * 1000,
        .ambiguity_retry = below(random, 10) == 0,
        .snapshot_bytes_min = 200 + (int64_t)below(random, 2500),
    };
}

/* Half of the pools keep time, the others are off by seconds, or have one that is quite wrong. */
static void draw_clocks(struct plan *plan, struct random *random)
{
    int64_t worst_us = PICK(random, 20 * MILLISECOND, 20 * MILLISECOND, 4 * SECOND, 900 * SECOND);
    plan->clocks_agree = worst_us == 20 * MILLISECOND;
    for (int32_t i = 0; i < WORKERS_MAX; i++) {
        plan->wall[i] =
            (struct clock_error){(int64_t)random_below(random, (uint64_t)worst_us) - worst_us / 2,
                                 (int64_t)below(random, 100) - 50};
        plan->boot[i] =
            (struct clock_error){(int64_t)below(random, 1000000) * SECOND, plan->wall[i].drift_ppm};
    }
    plan->broker_skew_us = plan->clocks_agree ? 0 : (int64_t)below(random, 8 * SECOND) - 4 * SECOND;
}

static struct lag draw_lag(struct random *random, int64_t usual_us, int64_t tail_us)
{
    return (struct lag){
        .usual_us = usual_us, .tail_in_1000 = appetite(random, 5, 50), .tail_us = tail_us};
}

static void draw_lags(struct plan *plan, struct random *random)
{
    int64_t life_us = plan->options.signature_life_ms * MILLISECOND;
    plan->append = draw_lag(random, PICK(random, 500, 3000, 20000), PICK(random, 1, 20) * SECOND);
    plan->publish = draw_lag(random, PICK(random, 500, 3000, 300000), PICK(random, 1, 20) * SECOND);
    plan->report = draw_lag(random, PICK(random, 500, 3000), 3 * SECOND);
    plan->fetch = draw_lag(random, PICK(random, 500, 3000, 50000), PICK(random, 1, 20) * SECOND);
    plan->there = draw_lag(random, PICK(random, 5000, 40000), 2 * life_us);
    plan->back = draw_lag(random, PICK(random, 5000, 200000), 12 * SECOND);
    plan->group = draw_lag(random, 50 * MILLISECOND, PICK(random, 3, 30) * SECOND);
    plan->trim = draw_lag(random, 50 * MILLISECOND, PICK(random, 3, 60) * SECOND);
    plan->backend_us = PICK(random, 0, 1, 3) * SECOND;
    plan->stale_us = PICK(random, 0, 0, 2) * SECOND;
    plan->reboot_us[0] = PICK(random, 1, 3, 8) * SECOND;
    plan->reboot_us[1] = plan->reboot_us[0] + PICK(random, 1, 10) * SECOND;
}

static void draw_odds(struct plan *plan, struct random *random)
{
    plan->odds = (struct odds){
        .doubled = appetite(random, 3, 30),
        .lost = appetite(random, 1, 5),
        .gap = appetite(random, 5, 100),
        .not_sent = appetite(random, 20, 200),
        .lost_there = appetite(random, 20, 150),
        .lost_back = appetite(random, 20, 150),
        .unknown_before = appetite(random, 20, 150),
        .unknown_after = appetite(random, 20, 150),
        .unknown_later = appetite(random, 20, 150),
        .throttle = appetite(random, 10, 100),
        .busy = appetite(random, 30, 200),
        .partial = appetite(random, 200, 1000),
        .stays_down = appetite(random, 20, 100),
        .is_long = appetite(random, 20, 100),
        .repeat_id = appetite(random, 50, 200),
        .other_content = appetite(random, 100, 500),
        .cancel = appetite(random, 50, 200),
        .refused = appetite(random, 20, 100),
        .deferred = appetite(random, 50, 200),
        .expiring = appetite(random, 50, 300),
        .allow_repeat = appetite(random, 50, 200),
        .strong = appetite(random, 100, 500),
        .dated = appetite(random, 50, 300),
        .redelivery = appetite(random, 5, 40),
        .overlap = appetite(random, 100, 500),
    };
}

static void draw_faults(struct plan *plan, struct random *random)
{
    draw_odds(plan, random);
    plan->hazard_every = (uint32_t)PICK(random, 0, 300, 1000, 3000);
    for (int i = 0; i < HAZARD_N; i++)
        plan->hazards[i] = appetite(random, 1, 4);
    /* Who is told no time by the API can only rely on its own clock. */
    if (plan->clocks_agree && plan->hazards[HAZARD_CLOCK] == 0)
        plan->odds.no_date = appetite(random, 50, 1000);
    plan->pause_us = PICK(random, 1, 15, 60) * SECOND;
    plan->clock_step_us = PICK(random, 1, 15, 60) * SECOND;
    plan->rebalance_every_us = PICK(random, 0, 3, 15) * SECOND;
    plan->meddle_every_us = PICK(random, 0, 0, 0, 10) * SECOND;
    plan->outage_every_us = PICK(random, 0, 0, 0, 20) * SECOND;
    plan->log_spread_us = PICK(random, 0, 0, 200, 2000) * MILLISECOND;
    plan->election_every_us = plan->log_spread_us == 0 ? 0 : PICK(random, 1, 10) * SECOND;
    plan->api_limit = (uint32_t)plan->options.rate_limit;
    plan->batch_limit = (uint32_t)PICK(random, 2, 100, 100, 100);
    plan->names = below(random, 2) == 0;
}

void plan_draw(struct plan *plan, struct random *random)
{
    *plan = (struct plan){
        .worker_n = 1 + (int32_t)below(random, WORKERS_MAX),
        .partition_n = 1 + (int32_t)below(random, PARTITIONS_MAX),
        .input_n = 1 + (int32_t)below(random, INPUTS_MAX),
        .machine_n = 1 + below(random, 10),
        .request_n = 4 + below(random, 40),
        .asks_max = 3,
        .reads_per_turn = (uint32_t)PICK(random, 1, 3, 2000),
        .acts_per_turn = (uint32_t)PICK(random, 1, 1000, 1000),
        .digest_every = (uint32_t)PICK(random, 1, 8, 8, 8),
    };
    draw_policy(plan, random);
    draw_clocks(plan, random);
    draw_lags(plan, random);
    draw_faults(plan, random);
    plan->calm_us = PICK(random, 20, 40, 80) * SECOND;
    plan->request_every_us = plan->calm_us / plan->request_n;
    theme_draw(plan, random);
    /* After that the slowest things may still have to run their course one after the other: a wait
     * until notBefore, every attempt with its longest pause, the horizon of a lost call, and a
     * reboot that is watched to the end. */
    int64_t course_ms = plan->options.signature_life_ms + plan->options.settle_ms +
                        2 * plan->options.confirm_timeout_ms +
                        (int64_t)plan->options.max_attempts *
                            (plan->options.retry_max_ms + plan->options.timeout_ms);
    plan->settled_us = plan->calm_us + 2 * course_ms * MILLISECOND + 120 * SECOND;
}
