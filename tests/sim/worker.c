/* SPDX-License-Identifier: Apache-2.0
 *
 * A process of the pool: what worker.c and bridge.c of the shell do with an engine, step by step.
 * Between any two steps it may be stopped for long, or die; then what it was about to do is done
 * late, or not at all. */
#include "base/check.h"
#include "sim.h"
#include "wire/task_codec.h"

/* With less than this an engine takes no tasks: it is for what becomes of those it has. */
enum { RESERVED_BYTES = ENGINE_BYTES_MIN / 8 * 5 };

void worker_open(struct sim *sim, uint32_t index)
{
    struct worker *worker = &sim->workers[index];
    *worker = (struct worker){.index = index,
                              .name = arena_print(&sim->arena, "w%u", index),
                              .memory = sim->engine_memory[index],
                              .turn_at_us = INT64_MAX};
}

/* By what its next life can read and write. */
static struct release release_of(const struct sim *sim, const struct worker *worker)
{
    switch (sim->plan.upgrade) {
    case UPGRADE_NONE:
        return (struct release){LEDGER_FORMAT, LEDGER_FORMAT};
    case UPGRADE_ROLLING:
        return (struct release){NEXT_FORMAT, worker->is_upgraded ? NEXT_FORMAT : LEDGER_FORMAT};
    case UPGRADE_SKIPPING:
        return worker->is_upgraded ? (struct release){NEXT_FORMAT, NEXT_FORMAT}
                                   : (struct release){LEDGER_FORMAT, LEDGER_FORMAT};
    }
    UNREACHABLE();
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
    worker->options.rate_limit = sim->rate_limit;
    worker->options.worker = worker->name;
    worker->options.nonce = worker->nonce;
    worker->options.seed = random_next(&sim->random);
    worker->engine = engine_open(&worker->options, worker->memory, ENGINE_BYTES_MIN);
    CHECK(worker->engine != NULL);
    worker->memory_bytes = worker->engine->pool.size;
    if (sim->plan.scarce_bytes > 0 && !sim->calm)
        worker->engine->pool.size =
            pool_used(&worker->engine->pool) + RESERVED_BYTES + sim->plan.scarce_bytes;
    worker->full_n = 0;
    worker->release = release_of(sim, worker);
    outlet_open(&worker->outlet, worker->index);
    worker->outlet_opens_us = 0;
    worker->group = worker->reports = worker->answers = (struct inbox){0};
    worker->stalled_until_us = 0;
    worker->stage = STAGE_GROUP;
    worker->holds = false;
    for (int32_t p = 0; p < PARTITIONS_MAX; p++) {
        worker->known[p] = (struct knowledge){.epoch = -1};
        worker->assigned[p] = worker->stopped[p] = false;
    }
    hazard_draw(sim, worker);
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = -1,
                                  .what = "starts, process",
                                  .number = worker->process});
    worker_wake(sim, worker, sim->now_us);
    world_plan(sim, world_lag_us(sim, &sim->plan.group),
               (struct happening){.type = HAPPEN_REBALANCE});
}

void worker_end(struct sim *sim, struct worker *worker, int64_t noticed_us)
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

/* An orderly end. */
static void leave(struct sim *sim, struct worker *worker)
{
    trace_line(sim, (struct line){.worker = worker->index, .partition = -1, .what = "leaves"});
    worker_end(sim, worker, 1);
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

static bool is_at_ceiling(const struct worker *worker)
{
    return pool_free(&worker->engine->pool) < RESERVED_BYTES;
}

void worker_step(struct sim *sim, struct worker *worker, struct event *event)
{
    event->now = worker_now(sim, worker);
    worker->stepped_us = sim->now_us;
    worker->deed_n += event->type != EV_TICK;
    sim->step_n++;
    bool was_full = is_at_ceiling(worker);
    engine_step(worker->engine, event);
    if (event->type != EV_TASK) /* then it looks itself, somewhere in the step */
        worker->full_n = was_full && is_at_ceiling(worker) ? worker->full_n + 1 : 0;
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
    if (letter.type == EV_LIMITS)
        event.rate_limit = (double)letter.ticket;
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
    if (format_decode(stored, worker->release.reads, &sim->scratch, &sim->record, &fault) !=
        ERR_OK) {
        worker->known[p].is_alien = true;
        worker_step(sim, worker,
                    &(struct event){
                        .type = EV_LEDGER_STOPPED, .partition = p, .text = view_of(fault.text)});
        return;
    }
    worker->known[p].is_alien |= judge_is_alien(sim, &sim->record);
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
    if (worker->full_n > 1)
        judge_violated(sim, p, "worker %u takes tasks, and its memory is at the ceiling",
                       worker->index);
    worker_step(sim, worker,
                &(struct event){.type = EV_TASK,
                                .partition = p,
                                .offset = stored->offset,
                                .log_ms = stored->log_ms,
                                .bytes = (int64_t)stored->bytes.n,
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
                     worker_true_us(sim, worker, engine_wake(worker->engine)) <= sim->now_us;
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
    int64_t next_us = worker_true_us(sim, worker, engine_wake(worker->engine));
    if (next_us <= sim->now_us)
        next_us = sim->now_us + 20 + below(sim, 200);
    return next_us < worker->outlet_opens_us ? worker->outlet_opens_us : next_us;
}

void worker_turn(struct sim *sim, struct worker *worker)
{
    worker->turn_at_us = INT64_MAX;
    do {
        if (hazard_strikes(sim, worker))
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
