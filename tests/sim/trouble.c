/* SPDX-License-Identifier: Apache-2.0
 *
 * What befalls the pool as a whole: partitions get other leaders, whose clocks differ, and clocks
 * of brokers are set; its limit of calls changes; it is upgraded, worker by worker; and another
 * pool claims a partition of its ledger. */
#include "base/check.h"
#include "sim.h"

static int64_t soon_us(struct sim *sim, int64_t every_us)
{
    return 1 + (int64_t)random_below(&sim->random, 2 * (uint64_t)every_us);
}

static void plan_if(struct sim *sim, int64_t in_us, struct happening what)
{
    if (in_us > 0)
        world_plan(sim, in_us, what);
}

static void set_broker_clock(struct sim *sim, uint32_t broker)
{
    uint64_t spread_us = (uint64_t)sim->plan.log_spread_us;
    sim->brokers.ahead_us[broker] =
        (int64_t)random_below(&sim->random, spread_us + 1) - (int64_t)(spread_us / 2);
}

void trouble_begin(struct sim *sim)
{
    const struct plan *plan = &sim->plan;
    memset(&sim->brokers, 0, sizeof sim->brokers);
    sim->rate_limit = plan->options.rate_limit;
    for (uint32_t i = 0; i < BROKERS_MAX && plan->log_spread_us > 0; i++)
        set_broker_clock(sim, i);
    plan_if(sim, plan->election_every_us, (struct happening){.type = HAPPEN_ELECTION});
    plan_if(sim, plan->limits_us, (struct happening){.type = HAPPEN_LIMITS});
    plan_if(sim, plan->stranger_us, (struct happening){.type = HAPPEN_STRANGER});
    for (uint32_t i = 0; i < (uint32_t)plan->worker_n && plan->upgrade != UPGRADE_NONE; i++)
        world_plan(sim, 1 + (int64_t)random_below(&sim->random, (uint64_t)plan->calm_us),
                   (struct happening){.type = HAPPEN_UPGRADE, .who = i});
}

static void elect(struct sim *sim)
{
    struct brokers *brokers = &sim->brokers;
    if (sim->calm)
        return;
    uint32_t broker = below(sim, BROKERS_MAX);
    if (below(sim, 3) == 0)
        set_broker_clock(sim, broker);
    else
        brokers->leaders[below(sim, 2)][below(sim, (uint32_t)sim->plan.partition_n)] = broker;
    world_plan(sim, soon_us(sim, sim->plan.election_every_us),
               (struct happening){.type = HAPPEN_ELECTION});
}

/* The operator tells the workers of another limit; once they know, it holds at the API. */
static void set_limits(struct sim *sim, bool known)
{
    static const uint32_t limits[] = {2, 5, 10, 20};
    static const int64_t known_us = 2000000;
    if (known) {
        sim->ecm.limit = (uint32_t)sim->rate_limit;
        return;
    }
    uint32_t limit = sim->plan.is_large ? 10 : limits[below(sim, sizeof limits / sizeof limits[0])];
    bool rises = limit > sim->ecm.limit;
    sim->rate_limit = limit;
    if (rises)
        sim->ecm.limit = limit;
    for (int32_t i = 0; i < sim->plan.worker_n; i++)
        worker_post(sim, &sim->workers[i],
                    (struct letter){.type = EV_LIMITS, .partition = -1, .ticket = limit});
    world_plan(sim, known_us, (struct happening){.type = HAPPEN_LIMITS, .number = true});
    if (!sim->calm && !sim->plan.is_large)
        world_plan(sim, soon_us(sim, sim->plan.limits_us),
                   (struct happening){.type = HAPPEN_LIMITS});
}

static void upgrade(struct sim *sim, struct worker *worker)
{
    if (worker->is_upgraded)
        return;
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "is upgraded"});
    worker->is_upgraded = true;
    worker_drain(sim, worker);
}

/* It stands in the log before anybody here has read it; whoever has decides nothing any more. */
static void claim_strangely(struct sim *sim)
{
    const struct engine_options *options = &sim->plan.options;
    bool is_rehearsal = below(sim, 4) == 0;
    const struct record claim = {
        .kind = RECORD_CLAIM,
        .u.claim = {.pool = is_rehearsal ? options->pool : VIEW_LIT("another"),
                    .worker = VIEW_LIT("stranger"),
                    .nonce = random_next(&sim->random),
                    .dry_run = options->dry_run != is_rehearsal,
                    .limits = options->limits},
    };
    struct fault fault;
    enum err err = format_encode(sim, LEDGER_FORMAT, &claim, &fault);
    CHECK(err == ERR_OK);
    append_strange(sim, (int32_t)below(sim, (uint32_t)sim->plan.partition_n),
                   buf_view(&sim->bytes));
}

void trouble_happen(struct sim *sim, const struct happening *what)
{
    if (what->type == HAPPEN_ELECTION) {
        elect(sim);
    } else if (what->type == HAPPEN_LIMITS) {
        set_limits(sim, what->number != 0);
    } else if (what->type == HAPPEN_UPGRADE) {
        upgrade(sim, &sim->workers[what->who]);
    } else {
        CHECK(what->type == HAPPEN_STRANGER);
        claim_strangely(sim);
    }
}
