/* SPDX-License-Identifier: Apache-2.0
 *
 * A process of the pool: what worker.c and bridge.c of the shell do with an engine, step by step.
 * Between any two steps it may be stopped for long, or die; then what it was about to do is done
 * late, or not at all. */
#include "base/check.h"
#include "sim.h"
#include "wire/task_codec.h"

static const int64_t epoch_us = 1700000000000000; /* 2023-11-14 */
static const int64_t outlet_pause_us = 1000000;   /* between two lives of a producer */
static const int64_t drain_us = 20000000;
static const int64_t session_us = 10000000;

/* ---- clocks ---- */

static int64_t clock_us(const struct clock_error *error, int64_t true_us)
{
    return true_us + error->skew_us + true_us * error->drift_ppm / 1000000;
}

static struct now now_of(const struct sim *sim, const struct worker *worker)
{
    return (struct now){
        .at = {clock_us(&sim->plan.boot[worker->index], sim->now_us)},
        .wall_us = epoch_us + clock_us(&sim->plan.wall[worker->index], sim->now_us) +
                   worker->clock_step_us,
    };
}

int64_t world_log_ms(const struct sim *sim)
{
    return (epoch_us + sim->now_us + sim->plan.broker_skew_us) / 1000;
}

int64_t world_api_s(const struct sim *sim)
{
    return (epoch_us + sim->now_us) / 1000000;
}

/* The true time by which the worker's boot-time clock shows this. */
static int64_t true_us_of(const struct sim *sim, const struct worker *worker, struct instant at)
{
    if (at.us == INT64_MAX)
        return INT64_MAX;
    const struct clock_error *error = &sim->plan.boot[worker->index];
    int64_t true_us = at.us - error->skew_us;
    true_us -= true_us * error->drift_ppm / 1000000;
    return true_us + 1;
}

/* ---- life ---- */

static void draw_hazard(struct sim *sim, struct worker *worker)
{
    uint32_t every = sim->plan.hazard_every;
    worker->hazard_in = every == 0 ? UINT32_MAX : 1 + below(sim, 2 * every);
}

void worker_open(struct sim *sim, uint32_t index)
{
    struct worker *worker = &sim->workers[index];
    *worker = (struct worker){.index = index,
                              .name = arena_print(&sim->arena, "w%u", index),
                              .memory = sim->engine_memory[index],
                              .turn_at_us = INT64_MAX};
}

void worker_start(struct sim *sim, struct worker *worker)
{
    if (worker->alive)
        return;
    worker->alive = true;
    worker->draining = false;
    worker->process++;
    worker->nonce = random_next(&sim->random);
    worker->options = sim->plan.options;
    worker->options.worker = worker->name;
    worker->options.nonce = worker->nonce;
    worker->options.seed = random_next(&sim->random);
    worker->engine = engine_open(&worker->options, worker->memory, ENGINE_BYTES_MIN);
    CHECK(worker->engine != NULL);
    outlet_open(&worker->outlet, worker->index);
    worker->outlet_opens_us = 0;
    worker->group = worker->reports = worker->answers = (struct inbox){0};
    worker->stalled_until_us = 0;
    worker->stage = STAGE_GROUP;
    worker->holds = false;
    for (int32_t p = 0; p < PARTITIONS_MAX; p++) {
        worker->known[p] = (struct knowledge){.epoch = -1};
        worker->assigned[p] = false;
    }
    draw_hazard(sim, worker);
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = -1,
                                  .what = "starts, process",
                                  .number = worker->process});
    worker_wake(sim, worker, sim->now_us);
    world_plan(sim, world_lag_us(sim, &sim->plan.group),
               (struct happening){.type = HAPPEN_REBALANCE});
}

/* The process is gone; what it had handed over may go on without it. */
static void end(struct sim *sim, struct worker *worker, int64_t noticed_us)
{
    outlet_break(sim, &worker->outlet, false);
    outlet_close(&worker->outlet);
    for (int kind = 0; kind < 2; kind++)
        for (int32_t p = 0; p < PARTITIONS_MAX; p++)
            reader_stop(&worker->readers[kind][p]);
    call_process_died(sim, worker);
    /* The next engine finds its memory zeroed. */
    memory_wipe(&worker->engine->pool, worker->memory);
    worker->engine = NULL;
    worker->alive = false;
    worker->turn_at_us = INT64_MAX;
    world_plan(sim, 100000 + below(sim, 8000000),
               (struct happening){.type = HAPPEN_START, .who = worker->index});
    world_plan(sim, noticed_us, (struct happening){.type = HAPPEN_REBALANCE});
}

static void crash(struct sim *sim, struct worker *worker)
{
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "dies"});
    end(sim, worker, 1 + below(sim, (uint32_t)session_us));
}

/* An orderly end. */
static void leave(struct sim *sim, struct worker *worker)
{
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "leaves"});
    end(sim, worker, 1);
}

/* ---- what befalls it ---- */

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

static void begin_drain(struct sim *sim, struct worker *worker)
{
    if (worker->draining)
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

/* True when it does not go on now. */
static bool is_struck(struct sim *sim, struct worker *worker)
{
    if (sim->calm || --worker->hazard_in > 0)
        return false;
    draw_hazard(sim, worker);
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
        begin_drain(sim, worker);
        return false;
    case HAZARD_CLOCK:
        step_clock(sim, worker);
        return false;
    }
    UNREACHABLE();
}

/* ---- what it is told ---- */

void worker_wake(struct sim *sim, struct worker *worker, int64_t at_us)
{
    if (!worker->alive || at_us == INT64_MAX)
        return;
    if (at_us < worker->stalled_until_us)
        at_us = worker->stalled_until_us;
    if (at_us < sim->now_us)
        at_us = sim->now_us;
    if (at_us >= worker->turn_at_us)
        return;
    worker->turn_at_us = at_us;
    world_plan(
        sim, at_us - sim->now_us,
        (struct happening){.type = HAPPEN_TURN, .who = worker->index, .number = (uint64_t)at_us});
}

static struct inbox *inbox_for(struct worker *worker, enum event_type type)
{
    if (type == EV_ASSIGNED || type == EV_REVOKED || type == EV_DRAIN)
        return &worker->group;
    return type == EV_ANSWER ? &worker->answers : &worker->reports;
}

void worker_post(struct sim *sim, struct worker *worker, struct letter letter)
{
    if (!worker->alive)
        return;
    struct inbox *inbox = inbox_for(worker, letter.type);
    if (inbox->first == inbox->n)
        inbox->first = inbox->n = 0;
    inbox->letters = arena_room(&sim->arena, inbox->letters, inbox->n, sizeof *inbox->letters);
    inbox->letters[inbox->n++] = letter;
    worker_wake(sim, worker, sim->now_us);
}

void worker_step(struct sim *sim, struct worker *worker, struct event *event)
{
    event->now = now_of(sim, worker);
    worker->stepped_us = sim->now_us;
    worker->deed_n += event->type != EV_TICK;
    sim->step_n++;
    engine_step(worker->engine, event);
}

static bool take_letter(struct sim *sim, struct worker *worker, struct inbox *inbox)
{
    if (inbox->first == inbox->n)
        return false;
    struct letter letter = inbox->letters[inbox->first++];
    struct event event = {
        .type = letter.type, .partition = letter.partition, .ticket = letter.ticket};
    if (letter.type == EV_ASSIGNED || letter.type == EV_REVOKED)
        worker->assigned[letter.partition] = letter.type == EV_ASSIGNED;
    if (letter.type == EV_ANSWER) {
        event.answer = &letter.call->answer;
        judge_told(sim, worker, letter.call);
    }
    if (letter.type == EV_APPENDED)
        sim->appends[letter.append].told = true;
    trace_letter(sim, worker, &letter);
    worker_step(sim, worker, &event);
    return true;
}

/* ---- what it reads ---- */

static void take_end(struct sim *sim, struct worker *worker, enum topic_kind kind, int32_t p)
{
    worker->readers[kind][p].at_end = false;
    if (kind == TOPIC_TASKS)
        return;
    const struct topic *topic = &sim->topics[kind][p];
    worker->known[p].at_end = true;
    worker_step(
        sim, worker,
        &(struct event){.type = EV_LEDGER_END, .partition = p, .offset = topic->next_offset});
}

static void take_record(struct sim *sim, struct worker *worker, int32_t p)
{
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][p];
    const struct stored *stored = &topic->records[worker->readers[TOPIC_LEDGER][p].next++];
    struct fault fault;
    enum err err = record_decode(stored->bytes, &sim->scratch, &sim->record, &fault);
    CHECK(err == ERR_OK);
    worker_step(sim, worker,
                &(struct event){.type = EV_RECORD,
                                .partition = p,
                                .offset = stored->offset,
                                .log_ms = stored->log_ms,
                                .bytes = (int64_t)stored->bytes.n,
                                .record = &sim->record});
    judge_read(sim, worker, p, stored);
}

static void take_task(struct sim *sim, struct worker *worker, int32_t p)
{
    const struct topic *topic = &sim->topics[TOPIC_TASKS][p];
    const struct stored *stored = &topic->records[worker->readers[TOPIC_TASKS][p].next++];
    struct task task;
    struct fault fault;
    enum err err = task_decode(stored->bytes, &task, &fault);
    CHECK(err == ERR_OK);
    worker_step(sim, worker,
                &(struct event){.type = EV_TASK,
                                .partition = p,
                                .offset = stored->offset,
                                .log_ms = stored->log_ms,
                                .task = &task});
}

static void take_from(struct sim *sim, struct worker *worker, enum topic_kind kind, int32_t p)
{
    struct reader *reader = &worker->readers[kind][p];
    if (reader->gone) {
        /* What the position stood for is deleted. */
        reader_stop(reader);
        if (kind == TOPIC_TASKS) {
            worker_step(sim, worker,
                        &(struct event){.type = EV_TASKS_GONE,
                                        .partition = p,
                                        .text = VIEW_LIT("tasks behind the cursor are gone")});
            return;
        }
        worker_step(sim, worker, &(struct event){.type = EV_APPEND_FAILED, .partition = p});
    } else if (reader->next == reader->fetched) {
        take_end(sim, worker, kind, p);
    } else if (kind == TOPIC_LEDGER) {
        take_record(sim, worker, p);
    } else {
        take_task(sim, worker, p);
    }
}

static bool may_read(const struct worker *worker, int kind, int32_t p)
{
    return reader_has(&worker->readers[kind][p]) &&
           (kind == TOPIC_LEDGER || engine_task_room(worker->engine, p) > 0);
}

/* The next record of any partition. */
static bool take_read(struct sim *sim, struct worker *worker)
{
    uint32_t ready[2 * PARTITIONS_MAX];
    uint32_t ready_n = 0;
    if (worker->reads_left == 0)
        return false;
    for (int kind = 0; kind < 2; kind++)
        for (int32_t p = 0; p < sim->plan.partition_n; p++)
            if (may_read(worker, kind, p))
                ready[ready_n++] = (uint32_t)(kind * PARTITIONS_MAX + p);
    if (ready_n == 0)
        return false;
    worker->reads_left--;
    uint32_t drawn = ready[ready_n == 1 ? 0 : below(sim, ready_n)];
    take_from(sim, worker, drawn / PARTITIONS_MAX, (int32_t)(drawn % PARTITIONS_MAX));
    return true;
}

/* ---- a turn ---- */

static bool outlet_is_open(struct sim *sim, struct worker *worker)
{
    if (worker->outlet_opens_us > sim->now_us)
        return false;
    if (worker->outlet_opens_us != 0) {
        outlet_open(&worker->outlet, worker->index);
        worker->outlet_opens_us = 0;
    }
    return true;
}

static bool take_action(struct sim *sim, struct worker *worker)
{
    if (worker->holds) {
        worker->holds = false;
        action_do(sim, worker, &worker->held);
        return true;
    }
    if (!outlet_is_open(sim, worker) || worker->acts_left == 0)
        return false;
    worker->holds = engine_next(worker->engine, &worker->held);
    worker->acts_left -= worker->holds;
    worker->deed_n += worker->holds;
    return worker->holds;
}

/* One step of the turn; false when the turn is over. */
static bool go_on(struct sim *sim, struct worker *worker)
{
    switch (worker->stage) {
    case STAGE_GROUP:
        worker->reads_left = sim->plan.reads_per_turn;
        worker->acts_left = sim->plan.acts_per_turn;
        if (take_letter(sim, worker, &worker->group))
            return true;
        worker->stage = STAGE_REPORTS;
        return true;
    case STAGE_REPORTS:
        if (!take_letter(sim, worker, &worker->reports))
            worker->stage = STAGE_READS;
        return true;
    case STAGE_READS:
        if (!take_read(sim, worker))
            worker->stage = STAGE_ANSWERS;
        return true;
    case STAGE_ANSWERS:
        if (!take_letter(sim, worker, &worker->answers))
            worker->stage = STAGE_TICK;
        return true;
    case STAGE_TICK:
        worker_step(sim, worker, &(struct event){.type = EV_TICK});
        worker->stage = STAGE_ACTIONS;
        return true;
    case STAGE_ACTIONS:
        return take_action(sim, worker);
    }
    UNREACHABLE();
}

static bool has_more(const struct sim *sim, const struct worker *worker)
{
    if ((worker->acts_left == 0 && worker->outlet_opens_us == 0) ||
        worker->group.first < worker->group.n || worker->reports.first < worker->reports.n ||
        worker->answers.first < worker->answers.n)
        return true;
    for (int kind = 0; kind < 2; kind++)
        for (int32_t p = 0; p < sim->plan.partition_n; p++)
            if (may_read(worker, kind, p))
                return true;
    return false;
}

/* An engine that wants to be woken at once, turn after turn, and then does nothing, burns the
 * processor. */
static void check_rest(struct sim *sim, struct worker *worker)
{
    enum { RESTLESS_MAX = 50 };
    bool wants_now = worker->outlet_opens_us == 0 &&
                     true_us_of(sim, worker, engine_wake(worker->engine)) <= sim->now_us;
    worker->restless_n = wants_now && worker->deed_n == 0 ? worker->restless_n + 1 : 0;
    worker->deed_n = 0;
    if (worker->restless_n > RESTLESS_MAX)
        judge_violated(sim, -1, "worker %u wants to be woken at once, and has nothing to do",
                       worker->index);
}

static int64_t next_turn_us(struct sim *sim, struct worker *worker)
{
    if (has_more(sim, worker))
        return sim->now_us + 20 + below(sim, 200);
    int64_t next_us = true_us_of(sim, worker, engine_wake(worker->engine));
    if (next_us <= sim->now_us)
        next_us = sim->now_us + 20 + below(sim, 200);
    return next_us < worker->outlet_opens_us ? worker->outlet_opens_us : next_us;
}

void worker_turn(struct sim *sim, struct worker *worker)
{
    worker->turn_at_us = INT64_MAX;
    do {
        if (is_struck(sim, worker))
            return;
    } while (go_on(sim, worker));
    worker->stage = STAGE_GROUP;
    worker->turn++;
    check_rest(sim, worker);
    if (worker->draining && (worker->drained || sim->now_us >= worker->drain_until_us)) {
        leave(sim, worker);
        return;
    }
    worker_wake(sim, worker, next_turn_us(sim, worker));
}
