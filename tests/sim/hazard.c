/* SPDX-License-Identifier: Apache-2.0
 *
 * What befalls a process between two steps: it dies, or is stopped for a while; its producer
 * breaks; it is told to end; its clock is set. */
#include "base/check.h"
#include "sim.h"

static const int64_t outlet_pause_us = 1000000; /* between two lives of a producer */
static const int64_t drain_us = 20000000;
static const int64_t session_us = 10000000;

void hazard_draw(struct sim *sim, struct worker *worker)
{
    uint32_t every = sim->plan.hazard_every;
    worker->hazard_in = every == 0 ? UINT32_MAX : 1 + below(sim, 2 * every);
}

static void crash(struct sim *sim, struct worker *worker)
{
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "dies"});
    worker_end(sim, worker, 1 + below(sim, (uint32_t)session_us));
}

static enum hazard pick_hazard(struct sim *sim)
{
    uint32_t all = 0;
    for (int i = 0; i < HAZARD_N; i++)
        all += sim->plan.hazards[i];
    uint32_t drawn = all == 0 ? 0 : below(sim, all);
    int i = 0;
    while (i < HAZARD_N - 1 && drawn >= sim->plan.hazards[i])
        drawn -= sim->plan.hazards[i++];
    return all == 0 ? HAZARD_PAUSE : (enum hazard)i;
}

static void pause_for(struct sim *sim, struct worker *worker, int64_t us)
{
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = -1,
                                  .what = "is stopped for ms",
                                  .number = us / 1000});
    worker->stalled_until_us = sim->now_us + us;
    worker->turn_at_us = INT64_MAX;
    worker_wake(sim, worker, worker->stalled_until_us);
}

void worker_break_outlet(struct sim *sim, struct worker *worker)
{
    if (worker->outlet_opens_us != 0)
        return;
    trace_line(sim,
               (struct line){.worker = worker->index, .partition = -1, .what = "producer breaks"});
    outlet_break(sim, &worker->outlet, true);
    int64_t quiet_us = outlet_quiet_us(&worker->outlet);
    quiet_us = quiet_us > sim->now_us ? quiet_us : sim->now_us;
    worker->outlet_opens_us = quiet_us + outlet_pause_us;
    worker_wake(sim, worker, worker->outlet_opens_us);
}

void worker_drain(struct sim *sim, struct worker *worker)
{
    if (!worker->alive || worker->draining)
        return;
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "drains"});
    worker->draining = true;
    worker->drained = false;
    worker->drain_until_us = sim->now_us + drain_us;
    worker_post(sim, worker, (struct letter){.type = EV_DRAIN, .partition = -1});
    worker_wake(sim, worker, worker->drain_until_us);
}

/* Somebody sets its wall clock. */
static void step_clock(struct sim *sim, struct worker *worker)
{
    int64_t step_us = (int64_t)random_below(&sim->random, 2 * (uint64_t)sim->plan.clock_step_us) -
                      sim->plan.clock_step_us;
    worker->clock_step_us += step_us;
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = -1,
                                  .what = "has its clock set by ms",
                                  .number = step_us / 1000});
}

bool hazard_strikes(struct sim *sim, struct worker *worker)
{
    if (sim->calm || --worker->hazard_in > 0)
        return false;
    hazard_draw(sim, worker);
    switch (pick_hazard(sim)) {
    case HAZARD_CRASH:
        crash(sim, worker);
        return true;
    case HAZARD_PAUSE:
        pause_for(sim, worker,
                  1 + (int64_t)random_below(&sim->random, (uint64_t)sim->plan.pause_us));
        return true;
    case HAZARD_BREAK:
        worker_break_outlet(sim, worker);
        return false;
    case HAZARD_DRAIN:
        worker_drain(sim, worker);
        return false;
    case HAZARD_CLOCK:
        step_clock(sim, worker);
        return false;
    }
    UNREACHABLE();
}
