/* SPDX-License-Identifier: Apache-2.0
 *
 * One seed: a world is drawn, faults rage for a while, then they stop and everything has to come to
 * its end. */
#include "base/check.h"
#include "sim.h"

enum { ARENA_BYTES = 512 * 1024 * 1024, RECORD_BUF_BYTES = 1024 * 1024 };
static const int64_t review_every_us = 500000;
/* What is read without end must not stop the world from ending. */
enum { STEPS_MAX = 2000000 };

void world_plan(struct sim *sim, int64_t in_us, struct happening what)
{
    what.at_us = sim->now_us + in_us;
    schedule_add(&sim->schedule, what);
}

int64_t world_lag_us(struct sim *sim, const struct lag *lag)
{
    int64_t us =
        lag->usual_us / 2 + (int64_t)random_below(&sim->random, (uint64_t)lag->usual_us + 1);
    if (!sim->calm && chance(sim, lag->tail_in_1000))
        us += (int64_t)random_below(&sim->random, (uint64_t)lag->tail_us);
    return us;
}

void world_open(struct sim *sim)
{
    arena_init(&sim->arena, ARENA_BYTES);
    buf_init(&sim->bytes, RECORD_BUF_BYTES);
    for (int i = 0; i < WORKERS_MAX; i++)
        sim->engine_memory[i] = memory_reserve(ENGINE_BYTES_MIN);
    sim->judge_memory = memory_reserve(ENGINE_BYTES_MIN);
}

static void begin(struct sim *sim, uint64_t seed)
{
    arena_reset(&sim->arena);
    sim->seed = seed;
    sim->random.state = seed;
    sim->now_us = 0;
    sim->calm = sim->over = false;
    sim->step_n = 0;
    sim->appends = NULL;
    sim->calls = NULL;
    sim->append_n = sim->call_n = 0;
    memset(sim->topics, 0, sizeof sim->topics);
    sim->trace.n = 0;
    plan_draw(&sim->plan, &sim->random);
    schedule_init(&sim->schedule, &sim->arena);
    ecm_open(sim);
    judge_open(sim);
    upstream_open(sim);
    trouble_begin(sim);
    for (uint32_t i = 0; i < (uint32_t)sim->plan.worker_n; i++) {
        worker_open(sim, i);
        world_plan(sim, below(sim, 3000000), (struct happening){.type = HAPPEN_START, .who = i});
    }
    world_plan(sim, sim->plan.first_request_us, (struct happening){.type = HAPPEN_REQUEST});
    world_plan(sim, sim->plan.calm_us, (struct happening){.type = HAPPEN_CALM});
    if (sim->plan.rebalance_every_us > 0)
        world_plan(sim, sim->plan.rebalance_every_us,
                   (struct happening){.type = HAPPEN_REBALANCE, .number = true});
    if (sim->plan.meddle_every_us > 0)
        world_plan(sim, sim->plan.meddle_every_us, (struct happening){.type = HAPPEN_MEDDLE});
    if (sim->plan.outage_every_us > 0)
        world_plan(sim, sim->plan.outage_every_us, (struct happening){.type = HAPPEN_OUTAGE});
}

static void rebalance(struct sim *sim, bool again)
{
    group_rebalance(sim);
    if (again && !sim->calm)
        world_plan(
            sim,
            1 + (int64_t)random_below(&sim->random, 2 * (uint64_t)sim->plan.rebalance_every_us),
            (struct happening){.type = HAPPEN_REBALANCE, .number = true});
}

static void meddle(struct sim *sim)
{
    if (sim->calm)
        return;
    ecm_meddle(sim);
    world_plan(sim,
               1 + (int64_t)random_below(&sim->random, 2 * (uint64_t)sim->plan.meddle_every_us),
               (struct happening){.type = HAPPEN_MEDDLE});
}

/* From here on nothing goes wrong any more. What is on its way by now may still be late. */
static void become_calm(struct sim *sim)
{
    sim->calm = true;
    trace_line(sim, (struct line){.worker = NOBODY, .partition = -1, .what = "faults stop"});
    if (sim->ecm.unreachable || sim->ecm.refusing)
        ecm_outage(sim);
    /* Whoever may reboot nothing at all holds its requests back until somebody acts. */
    for (uint32_t i = 0; i < sim->plan.machine_n; i++)
        sim->ecm.machines[i].denied = false;
    for (int32_t i = 0; i < sim->plan.worker_n; i++) {
        struct worker *worker = &sim->workers[i];
        worker->stalled_until_us = 0;
        if (worker->alive && sim->plan.scarce_bytes > 0)
            worker->engine->pool.size = worker->memory_bytes;
        worker_wake(sim, worker, sim->now_us);
    }
    world_plan(sim, 1, (struct happening){.type = HAPPEN_REBALANCE});
    world_plan(sim, review_every_us, (struct happening){.type = HAPPEN_REVIEW});
}

static void review(struct sim *sim)
{
    struct view why = VIEW_NONE;
    if (judge_is_settled(sim, &why)) {
        sim->over = true;
        return;
    }
    if (sim->now_us > sim->plan.settled_us)
        judge_violated(sim, -1, "%lld s after faults stopped %.*s",
                       (long long)((sim->now_us - sim->plan.calm_us) / 1000000), VIEW_FMT(why));
    world_plan(sim, review_every_us, (struct happening){.type = HAPPEN_REVIEW});
}

static void turn(struct sim *sim, const struct happening *what)
{
    struct worker *worker = &sim->workers[what->who];
    if (worker->alive && worker->turn_at_us == (int64_t)what->number)
        worker_turn(sim, worker);
}

static void happen(struct sim *sim, const struct happening *what)
{
    switch (what->type) {
    case HAPPEN_TURN:
        turn(sim, what);
        break;
    case HAPPEN_START:
        worker_start(sim, &sim->workers[what->who]);
        break;
    case HAPPEN_FETCH:
        reader_fetched(sim, what);
        break;
    case HAPPEN_STORE:
        append_arrives(sim, what->what, what->number != 0);
        break;
    case HAPPEN_REPORT:
        append_report(sim, what->what);
        break;
    case HAPPEN_TRIM:
        topic_trim(sim, what->what, (int64_t)what->number);
        break;
    case HAPPEN_ARRIVE:
        call_arrives(sim, what->what);
        break;
    case HAPPEN_EFFECT:
        call_effect(sim, what->what, (uint32_t)what->number);
        break;
    case HAPPEN_ANSWER:
        call_answered(sim, what->what, true);
        break;
    case HAPPEN_TIMEOUT:
        call_answered(sim, what->what, false);
        break;
    case HAPPEN_GROUP:
        group_told(sim, what);
        break;
    case HAPPEN_REBALANCE:
        rebalance(sim, what->number != 0);
        break;
    case HAPPEN_REQUEST:
        upstream_request(sim);
        break;
    case HAPPEN_INTAKE:
        upstream_intake(sim, what->what);
        break;
    case HAPPEN_MEDDLE:
        meddle(sim);
        break;
    case HAPPEN_OUTAGE:
        ecm_outage(sim);
        break;
    case HAPPEN_ELECTION:
    case HAPPEN_LIMITS:
    case HAPPEN_UPGRADE:
    case HAPPEN_STRANGER:
        trouble_happen(sim, what);
        break;
    case HAPPEN_CALM:
        become_calm(sim);
        break;
    case HAPPEN_REVIEW:
        review(sim);
        break;
    }
}

/* Of the calls of a large world, the first half had others of every partition waiting behind. */
static void note_usage(struct sim *sim)
{
    enum { CALLS_MIN = 100 };
    const struct ecm *ecm = &sim->ecm;
    uint32_t n = ecm->arrival_n;
    if (!sim->plan.is_large || sim->plan.options.batch_size > 2 || n < CALLS_MIN)
        return;
    /* One, or one in a hundred, may be the jitter's; more is nobody's luck. */
    if (ecm->throttled_n > 1 + n / 100)
        judge_violated(sim, -1, "%u of %u calls are over the limit", ecm->throttled_n, n);
    if (sim->plan.limits_us > 0)
        return;
    sim->usage.call_n += n;
    sim->usage.throttled_n += ecm->throttled_n;
    uint32_t first = n / 10;
    uint32_t last = n / 2;
    sim->usage.busy_n += last - first;
    sim->usage.busy_s += (double)(ecm->arrivals[last] - ecm->arrivals[first]) / 1e6;
}

static void end(struct sim *sim)
{
    note_usage(sim);
    for (int32_t i = 0; i < sim->plan.worker_n; i++)
        if (sim->workers[i].alive)
            memory_wipe(&sim->workers[i].engine->pool, sim->workers[i].memory);
    memory_wipe(&sim->judge.pool, sim->judge_memory);
}

void world_run(struct sim *sim, uint64_t seed)
{
    begin(sim, seed);
    struct happening what;
    while (!sim->over && schedule_next(&sim->schedule, &what)) {
        CHECK(what.at_us >= sim->now_us);
        sim->now_us = what.at_us;
        happen(sim, &what);
        if (sim->step_n > STEPS_MAX)
            judge_violated(sim, -1, "the engines do not come to rest");
    }
    end(sim);
}
