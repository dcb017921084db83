/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

enum {
    SPINS_MAX = 2000,          /* turns at one moment */
    BEGIN_MS = 2000,           /* what the first worker gets to become the owner */
    START_S = 1767261600,      /* 2026-01-01T10:00:00Z */
    BOOTED_US = 500 * 1000000, /* the machines have been up for a while */
};

struct world world;

_Noreturn void world_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, what, expr);
    abort();
}

/* ---- the clock ---- */

int64_t world_wall_ms(void)
{
    return START_S * INT64_C(1000) + world.now_us / 1000;
}

static struct now now_of(const struct worker *worker)
{
    return (struct now){.at = {BOOTED_US + world.now_us},
                        .wall_us =
                            START_S * INT64_C(1000000) + world.now_us + worker->skew_ms * 1000};
}

/* ---- workers ---- */

void world_init(void)
{
    world.options = (struct engine_options){
        .pool = VIEW_LIT("reboot-workers"),
        .seed = 1,
        .partition_n = 1,
        .limits = {.open_requests = 256, .closed_requests = 256, .entry_bytes = 256 * 1024},
        .request_max_age_ms = 24 * 3600 * 1000,
        .dedup_window_ms = 5 * 60 * 1000,
        .allow_force = true,
        .rate_limit = 20,
        .batch_size = 100,
        .linger_ms = 200,
        .timeout_ms = 10000,
        .signature_life_ms = 5 * 60 * 1000,
        .settle_ms = 30 * 1000,
        .max_attempts = 10,
        .retry_initial_ms = 1000,
        .retry_max_ms = 60 * 1000,
        .confirm_enabled = true,
        .confirm_interval_ms = 5000,
        .confirm_timeout_ms = 10 * 60 * 1000,
        .snapshot_bytes_min = INT64_MAX,
    };
    for (int p = 0; p < PARTITIONS_MAX; p++)
        world.epoch[p] = -1;
    static const enum kind shown[] = {SHOW_CLAIM, SHOW_INTENT, SHOW_SEEN, SHOW_SNAPSHOT, SHOW_REPLY,
                                      SHOW_CALL,  SHOW_LOOK,   SHOW_LIST, SHOW_EVENT,    SHOW_NOTE};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        world.shows[shown[i]] = true;
}

static void start(struct worker *worker)
{
    struct engine_options options = world.options;
    options.worker = view_of(worker->name);
    options.nonce = (uint64_t)(unsigned char)worker->name[0] << 32;
    worker->memory = mmap(NULL, ENGINE_BYTES_MIN, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (worker->memory == MAP_FAILED)
        world_fail("no memory for an engine");
    worker->engine = engine_open(&options, worker->memory, ENGINE_BYTES_MIN);
    CHECK(worker->engine != NULL);
    for (int p = 0; p < PARTITIONS_MAX; p++)
        worker->ledger_at[p] = worker->tasks_at[p] = -1;
}

int world_worker(const char *name, bool make)
{
    for (int w = 0; w < world.worker_n; w++)
        if (strcmp(world.workers[w].name, name) == 0)
            return w;
    if (!make)
        return -1;
    if (world.worker_n == WORKERS_MAX)
        world_fail("too many workers");
    struct worker *worker = &world.workers[world.worker_n];
    (void)snprintf(worker->name, sizeof worker->name, "%s", name);
    start(worker);
    return world.worker_n++;
}

void world_kill(int w)
{
    struct worker *worker = &world.workers[w];
    (void)munmap(worker->memory, ENGINE_BYTES_MIN);
    worker->engine = NULL;
    worker->memory = NULL;
    worker->report_n = 0;
}

void world_begin(void)
{
    if (world.begun)
        return;
    world.begun = true;
    world.quiet = true;
    int w = world_worker("A", true);
    for (int32_t p = 0; p < world.options.partition_n; p++)
        world_assign(w, p, true);
    world_settle();
    world_wait_ms(BEGIN_MS);
    world.quiet = false;
}

void world_assign(int w, int32_t partition, bool assigned)
{
    struct worker *worker = &world.workers[w];
    if (worker->engine == NULL || worker->assigned[partition] == assigned)
        return;
    worker->assigned[partition] = assigned;
    world_step(
        w, &(struct event){.type = assigned ? EV_ASSIGNED : EV_REVOKED, .partition = partition});
}

void world_step(int w, struct event *ev)
{
    struct worker *worker = &world.workers[w];
    ev->now = now_of(worker);
    engine_step(worker->engine, ev);
    worker->stirred = true;
}

/* ---- what reaches them ---- */

static bool deliver_report(int w)
{
    struct worker *worker = &world.workers[w];
    if (worker->report_n == 0)
        return false;
    struct report report = worker->reports[0];
    worker->report_n--;
    memmove(worker->reports, worker->reports + 1, sizeof report * worker->report_n);
    world_step(w, &(struct event){
                      .type = report.type, .partition = report.partition, .ticket = report.ticket});
    return true;
}

static bool is_up(const struct worker *worker)
{
    return worker->engine != NULL && !worker->suspended;
}

static bool deliver(int w)
{
    if (deliver_report(w))
        return true;
    for (int32_t p = 0; p < world.options.partition_n; p++)
        if (!world.workers[w].deaf && log_deliver(w, p))
            return true;
    return false;
}

/* ---- what they do ---- */

static void act_on(int w, const struct action *act)
{
    struct worker *worker = &world.workers[w];
    switch (act->type) {
    case ACT_LEDGER_READ:
        worker->ledger_at[act->partition] =
            act->offset > 0 ? act->offset : world.ledger[act->partition].first;
        worker->ledger_ended[act->partition] = false;
        break;
    case ACT_LEDGER_STOP:
        worker->ledger_at[act->partition] = -1;
        break;
    case ACT_LEDGER_TRIM:
    case ACT_TASKS_TRIM:
        log_trim(w, act);
        break;
    case ACT_APPEND:
        log_append(w, act);
        break;
    case ACT_TASKS_READ:
        worker->tasks_at[act->partition] =
            act->offset > 0 ? act->offset : world.tasks[act->partition].first;
        break;
    case ACT_TASKS_STOP:
        worker->tasks_at[act->partition] = -1;
        break;
    case ACT_TASKS_COMMIT:
        break;
    case ACT_PUBLISH:
        log_publish(w, act);
        break;
    case ACT_CALL:
        api_call(w, act->call);
        break;
    case ACT_NOTE:
        show_note(w, &act->note);
        break;
    case ACT_DRAINED:
        show_line(SHOW_NOTE, w, "drained");
        break;
    }
}

static bool is_awake(const struct worker *worker)
{
    return worker->stirred || instant_reached(now_of(worker).at, engine_wake(worker->engine));
}

/* One turn of a worker's loop. */
static bool turn(int w)
{
    struct worker *worker = &world.workers[w];
    bool busy = false;
    while (is_up(worker) && deliver(w))
        busy = true;
    if (!is_up(worker) || !is_awake(worker))
        return busy;
    world_step(w, &(struct event){.type = EV_TICK});
    worker->stirred = false;
    struct action act;
    while (engine_next(worker->engine, &act)) {
        act_on(w, &act);
        busy = true;
    }
    return busy;
}

void world_settle(void)
{
    for (int spins = 0;; spins++) {
        if (spins == SPINS_MAX)
            world_fail("something turns without end at one moment");
        bool busy = api_answer_reads();
        for (int w = 0; w < world.worker_n; w++)
            busy = turn(w) || busy;
        if (!busy)
            return;
    }
}

static int64_t next_us(void)
{
    int64_t next = INT64_MAX;
    for (int w = 0; w < world.worker_n; w++) {
        const struct worker *worker = &world.workers[w];
        if (is_up(worker) && engine_wake(worker->engine).us != INT64_MAX &&
            engine_wake(worker->engine).us - BOOTED_US < next)
            next = engine_wake(worker->engine).us - BOOTED_US;
    }
    return next;
}

void world_wait_ms(int64_t ms)
{
    int64_t until = world.now_us + ms * 1000;
    int spins = 0;
    while (next_us() <= until) {
        spins = next_us() > world.now_us ? 0 : spins + 1;
        if (spins == SPINS_MAX)
            world_fail("a worker wants to be woken without end, and does nothing");
        if (next_us() > world.now_us)
            world.now_us = next_us();
        world_settle();
    }
    world.now_us = until;
    world_settle();
}
