/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

enum { SECOND = 1000 * 1000, MILLISECOND = 1000 };

static uint32_t below(struct random *random, uint32_t bound)
{
    return (uint32_t)random_below(random, bound);
}

/* What a pool does for a whole account on a good day, with its clocks within 20 ms and the
 * network's jitter: more calls than the limit allows at once, more reboots than can be read one by
 * one. */
static void draw_large(struct plan *plan, struct random *random)
{
    struct lag near = {.usual_us = 3 * MILLISECOND};
    plan->is_large = true;
    plan->machine_n = 200 + below(random, 300);
    plan->request_n = plan->machine_n / 25;
    plan->asks_max = 60;
    plan->first_request_us = 8 * SECOND; /* every partition has its owner by then */
    plan->request_every_us = 20 * MILLISECOND;
    plan->calm_us = 30 * SECOND;
    plan->odds = (struct odds){.repeat_id = 100, .allow_repeat = 100, .strong = 50};
    plan->hazard_every = 0;
    plan->rebalance_every_us = plan->meddle_every_us = plan->outage_every_us = 0;
    plan->clocks_agree = true;
    plan->broker_skew_us = plan->log_spread_us = plan->election_every_us = 0;
    for (int i = 0; i < WORKERS_MAX; i++)
        plan->wall[i] = (struct clock_error){(int64_t)below(random, 20 * MILLISECOND), 0};
    plan->append = plan->publish = plan->report = plan->fetch = plan->group = near;
    plan->there = plan->back = (struct lag){.usual_us = 60 * MILLISECOND};
    plan->options.rate_limit = plan->api_limit = 20;
    static const uint32_t sizes[] = {1, 2, 100};
    plan->options.batch_size = sizes[below(random, 3)];
    plan->options.dry_run = false;
    plan->batch_limit = 100;
    plan->reads_per_turn = 2000;
    plan->acts_per_turn = 1000;
    plan->digest_every = 64;
    if (below(random, 4) == 0) /* while there is more to call than the limit allows */
        plan->limits_us = plan->first_request_us + 3 * SECOND;
}

/* Wall clocks are set all the time, and calls arrive when their workers are long gone: a signature
 * must not outlive its intent. */
static void draw_set_clocks(struct plan *plan)
{
    plan->hazard_every = 100;
    plan->hazards[HAZARD_CRASH] = 1;
    plan->hazards[HAZARD_CLOCK] = 4;
    plan->clock_step_us = 60 * SECOND;
    plan->there.tail_in_1000 = 300;
    plan->odds.no_date = 0;
}

/* One partition goes from hand to hand while calls are in the air, and every answer comes in. */
static void draw_takeovers(struct plan *plan, struct random *random)
{
    plan->worker_n = WORKERS_MAX;
    plan->partition_n = plan->options.partition_n = 1;
    plan->request_n = 60;
    plan->hazard_every = 0;
    plan->rebalance_every_us = SECOND / 2;
    plan->outage_every_us = 0;
    plan->options.dry_run = false;
    plan->options.dedup_window_ms = 0;
    plan->options.rate_limit = plan->api_limit = 20;
    plan->group = (struct lag){.usual_us = 50 * MILLISECOND};
    plan->append = (struct lag){500 * MILLISECOND, 50, 1 * SECOND};
    plan->fetch = (struct lag){20 * MILLISECOND, 50, 1 * SECOND};
    plan->there = (struct lag){.usual_us = 40 * MILLISECOND};
    plan->back = (struct lag){800 * MILLISECOND, 200, 1 * SECOND};
    plan->odds = (struct odds){.doubled = 50, .overlap = 600, .repeat_id = 100, .cancel = 100};
    if (below(random, 2) == 0)
        return;
    /* Or the API denies it for all, and does it for some all the same. */
    plan->machine_n = 6;
    plan->asks_max = 6;
    plan->options.batch_size = 100;
    plan->options.max_attempts = 10;
    plan->odds.busy = 200;
    plan->odds.partial = 1000;
}

/* Whatever is written takes its time, and workers read again and again: news meets what is still on
 * its way, and reports what has been read anew since. */
static void draw_slow_log(struct plan *plan)
{
    plan->request_n = 60;
    plan->hazard_every = 300;
    plan->hazards[HAZARD_CRASH] = plan->hazards[HAZARD_DRAIN] = 0;
    plan->hazards[HAZARD_BREAK] = 8;
    plan->worker_n = 2;
    plan->rebalance_every_us = 2 * SECOND;
    plan->group = (struct lag){.usual_us = 50 * MILLISECOND};
    plan->append = (struct lag){300 * MILLISECOND, 100, 3 * SECOND};
    plan->publish = (struct lag){500 * MILLISECOND, 300, 6 * SECOND};
    plan->trim = (struct lag){.usual_us = 50 * MILLISECOND};
    plan->report = (struct lag){500 * MILLISECOND, 300, 3 * SECOND};
    plan->there = (struct lag){.usual_us = 40 * MILLISECOND};
    plan->back = (struct lag){200 * MILLISECOND, 200, 1 * SECOND};
    plan->odds.overlap = 0;
    plan->odds.expiring = 400;
    plan->odds.strong = 300;
    plan->options.snapshot_bytes_min = 200;
}

/* Answers are lost all the time, and the policy says to call again. */
static void draw_lost_answers(struct plan *plan, struct random *random)
{
    plan->options.ambiguity_retry = true;
    plan->options.dry_run = false;
    plan->options.signature_life_ms = 10000;
    plan->odds.lost_back = 400;
    plan->odds.unknown_later = below(random, 2) == 0 ? 300 : 0;
    plan->meddle_every_us = 0;
}

/* Memory for some dozen tasks, and more of them at once than fit. */
static void draw_scarce(struct plan *plan, struct random *random)
{
    plan->scarce_bytes = 1024 + below(random, 64 * 1024);
    plan->request_n = 60;
    plan->asks_max = 10;
    plan->machine_n = 20;
}

static void draw_upgrade(struct plan *plan, struct random *random)
{
    plan->upgrade = below(random, 2) == 0 ? UPGRADE_ROLLING : UPGRADE_SKIPPING;
    plan->plain_claims = below(random, 2) == 0;
    plan->worker_n = 2 + (int32_t)below(random, WORKERS_MAX - 1);
}

void theme_draw(struct plan *plan, struct random *random)
{
    switch (below(random, 40)) {
    case 0:
        draw_large(plan, random);
        break;
    case 1:
        draw_set_clocks(plan);
        break;
    case 2:
        draw_takeovers(plan, random);
        break;
    case 3:
        draw_lost_answers(plan, random);
        break;
    case 4:
        draw_scarce(plan, random);
        break;
    case 5:
        draw_upgrade(plan, random);
        break;
    case 6:
        plan->stranger_us = 1 + (int64_t)random_below(random, (uint64_t)plan->calm_us);
        break;
    case 7:
        draw_slow_log(plan);
        break;
    case 8:
        plan->limits_us = 1 + below(random, 10 * SECOND);
        break;
    default:
        break;
    }
}
