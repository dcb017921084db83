/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

static const int64_t wake_max_ms = 1000;

struct engine *engine_open(const struct engine_options *options, void *memory, size_t bytes_max)
{
    PRE(options->partition_n > 0 && options->partition_n <= ENGINE_PARTITIONS_MAX);
    PRE(options->snapshot_bytes_min > 0);
    if (bytes_max < ENGINE_BYTES_MIN)
        return NULL;
    struct pool pool;
    pool_init(&pool, memory, bytes_max);
    struct engine *eng = pool_need(&pool, sizeof *eng);
    eng->options = *options;
    eng->pool = pool;
    eng->random.state = options->seed;
    eng->clock.known = options->dry_run; /* nothing is signed */
    size_t n = (size_t)options->partition_n;
    eng->owners = pool_need(&eng->pool, sizeof *eng->owners * n);
    eng->owns = pool_need(&eng->pool, sizeof *eng->owns * n);
    for (int32_t p = 0; p < options->partition_n; p++) {
        eng->owners[p].partition = p;
        eng->owners[p].epoch = -1;
    }
    timers_init(&eng->timers, &eng->pool);
    for (int i = 0; i < CALL_ACTION_N; i++)
        quota_init(&eng->quota[i], options->rate_limit, options->partition_n);
    return eng;
}

struct owner *engine_owner_of(struct engine *eng, struct entry *entry)
{
    return &eng->owners[entry->partition];
}

void engine_note(struct engine *eng, struct note note)
{
    if (eng->note_n == NOTES_MAX)
        return;
    uint32_t i = (eng->note_first + eng->note_n++) % NOTES_MAX;
    size_t n = note.text.n < sizeof eng->note_texts[i] ? note.text.n : sizeof eng->note_texts[i];
    if (n > 0)
        memcpy(eng->note_texts[i], note.text.p, n);
    note.text = (struct view){eng->note_texts[i], n};
    eng->notes[i] = note;
}

void engine_wake_at(struct engine *eng, struct instant when)
{
    eng->wake = instant_earlier(eng->wake, when);
}

bool engine_take_slot(struct engine *eng, enum call_action action)
{
    const struct quota_owner owner = {eng->owns, eng->options.partition_n};
    return quota_take(&eng->quota[action], &owner, eng->now.wall_us);
}

struct instant engine_slot_wake(const struct engine *eng, enum call_action action)
{
    const struct quota_owner owner = {eng->owns, eng->options.partition_n};
    int64_t next_us = quota_next_us(&eng->quota[action], &owner, eng->now.wall_us);
    if (next_us == INT64_MAX)
        return INSTANT_NEVER;
    return (struct instant){eng->now.at.us + (next_us - eng->now.wall_us)};
}

/* ---- events ---- */

static void on_answer(struct engine *eng, const struct event *ev)
{
    clock_learn(eng, ev->answer);
    if (eng->clock.probe_call_id == ev->ticket)
        eng->clock.probe_call_id = 0;
    if (lister_answer(eng, ev->ticket, ev->answer) || look_answer(eng, ev->ticket, ev->answer))
        return;
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        if (d->state == DISPATCH_CALLED && d->call_id == ev->ticket) {
            dispatch_answer(eng, d, ev->answer);
            return;
        }
    }
}

static void on_partition(struct engine *eng, struct owner *owner, const struct event *ev)
{
    switch (ev->type) {
    case EV_ASSIGNED:
    case EV_REVOKED:
        owner_assigned(eng, owner, ev->type == EV_ASSIGNED);
        break;
    case EV_RECORD:
        owner_record(eng, owner, ev);
        break;
    case EV_LEDGER_END:
        owner_ledger_end(eng, owner);
        break;
    case EV_LEDGER_STOPPED:
    case EV_TASK_BAD:
        owner_stop(eng, owner, ev->text);
        break;
    case EV_APPENDED:
        owner_appended(eng, owner, ev->ticket);
        break;
    case EV_APPEND_FAILED:
        owner_restart(eng, owner);
        break;
    case EV_TASK:
        propose_take_task(eng, owner, ev);
        break;
    case EV_TASKS_GONE:
        owner_tasks_gone(eng, owner, ev->text);
        break;
    case EV_PUBLISHED:
        if (owner->live && outbox_ack(&owner->ledger.outbox, ev->ticket))
            owner->mark_due = true;
        break;
    case EV_TICK:
    case EV_ANSWER:
    case EV_LIMITS:
    case EV_DRAIN:
        UNREACHABLE();
    }
}

static void run_timers(struct engine *eng)
{
    for (int i = 0; i < TIMERS_PER_STEP_MAX; i++) {
        struct entry *entry = timers_first(&eng->timers);
        if (entry == NULL || entry->due_ms > now_ms(eng))
            return;
        timers_set(&eng->timers, entry, TIME_NONE);
        review_entry(eng, engine_owner_of(eng, entry), entry);
    }
}

static struct instant timers_wake(const struct engine *eng)
{
    const struct entry *entry = timers_first(&eng->timers);
    if (entry == NULL)
        return INSTANT_NEVER;
    int64_t in_ms = entry->due_ms - now_ms(eng);
    return instant_after_ms(eng->now.at, in_ms > 0 ? in_ms : 0);
}

static void watch_memory(struct engine *eng)
{
    /* So much is left for what becomes of the tasks that were taken; and what one step may need
     * lies together. */
    enum { FREE_BYTES = ENGINE_BYTES_MIN / 8 * 5, STEP_BYTES = 100 * 1024 * 1024 };
    bool full = pool_free(&eng->pool) < FREE_BYTES || !pool_has(&eng->pool, STEP_BYTES);
    if (full && !eng->full)
        engine_note(eng, (struct note){.type = NOTE_FULL, .partition = -1});
    eng->full = full;
}

/* What time brings, and what the event made possible. */
static void move_on(struct engine *eng)
{
    watch_memory(eng);
    eng->wake = instant_after_ms(eng->now.at, wake_max_ms);
    for (int32_t p = 0; p < eng->options.partition_n; p++)
        owner_tick(eng, &eng->owners[p]);
    run_timers(eng);
    lister_tick(eng);
    lanes_form(eng);
    dispatch_sweep(eng);
    engine_wake_at(eng, timers_wake(eng));
    engine_wake_at(eng, lanes_wake(eng));
    engine_wake_at(eng, dispatch_wake(eng));
    engine_wake_at(eng, clock_wake(eng));
    engine_wake_at(eng, look_wake(eng));
    engine_wake_at(eng, lister_wake(eng));
}

void engine_step(struct engine *eng, const struct event *ev)
{
    eng->now = ev->now;
    switch (ev->type) {
    case EV_TICK:
        break;
    case EV_ANSWER:
        on_answer(eng, ev);
        break;
    case EV_LIMITS:
        eng->options.rate_limit = ev->rate_limit;
        for (int i = 0; i < CALL_ACTION_N; i++)
            quota_set_limit(&eng->quota[i], ev->rate_limit);
        break;
    case EV_DRAIN:
        eng->draining = true;
        break;
    case EV_ASSIGNED:
    case EV_REVOKED:
    case EV_RECORD:
    case EV_LEDGER_END:
    case EV_LEDGER_STOPPED:
    case EV_APPENDED:
    case EV_APPEND_FAILED:
    case EV_TASK:
    case EV_TASK_BAD:
    case EV_TASKS_GONE:
    case EV_PUBLISHED:
        PRE(ev->partition >= 0 && ev->partition < eng->options.partition_n);
        on_partition(eng, &eng->owners[ev->partition], ev);
        break;
    }
    if (ev->type != EV_TASK)
        move_on(eng);
}

/* ---- actions ---- */

static void free_spent(struct engine *eng)
{
    for (struct queued_task *task = eng->spent, *next; task != NULL; task = next) {
        next = task->next;
        pool_give(&eng->pool, task, sizeof *task + task->text_n);
    }
    eng->spent = NULL;
}

static bool next_note(struct engine *eng, struct action *act)
{
    if (eng->note_n == 0)
        return false;
    *act = (struct action){.type = ACT_NOTE, .note = eng->notes[eng->note_first]};
    eng->note_first = (eng->note_first + 1) % NOTES_MAX;
    eng->note_n--;
    return true;
}

/* Draining is over when nothing is in the air and everything owed is acknowledged and marked. */
static bool is_drained(const struct engine *eng)
{
    if (eng->dispatches != NULL)
        return false;
    for (int32_t p = 0; p < eng->options.partition_n; p++) {
        const struct owner *owner = &eng->owners[p];
        if (owner->role != ROLE_OWNER)
            continue;
        if (owner->appends_in_flight > 0 || outbox_count(&owner->ledger.outbox) > 0 ||
            owner->seen_n > 0 || owner->shut_n > 0 || owner->mark_due ||
            owner->snapshot.stage != SNAPSHOT_NONE)
            return false;
    }
    return true;
}

bool engine_next(struct engine *eng, struct action *act)
{
    free_spent(eng);
    if (next_note(eng, act) || clock_next_call(eng, act) || dispatch_next_call(eng, act) ||
        look_next_call(eng, act))
        return true;
    for (int32_t i = 0; i < eng->options.partition_n; i++) {
        int32_t p = (eng->turn + i) % eng->options.partition_n;
        if (owner_next(eng, &eng->owners[p], act)) {
            eng->turn = p;
            return true;
        }
    }
    eng->turn = (eng->turn + 1) % eng->options.partition_n;
    if (eng->draining && !eng->drained_said && is_drained(eng)) {
        eng->drained_said = true;
        *act = (struct action){.type = ACT_DRAINED, .partition = -1};
        return true;
    }
    return false;
}

struct instant engine_wake(const struct engine *eng)
{
    return eng->wake;
}

uint32_t engine_task_room(const struct engine *eng, int32_t partition)
{
    const struct owner *owner = &eng->owners[partition];
    if (owner->role != ROLE_OWNER || !owner->tasks_running || eng->draining)
        return 0;
    if (outbox_count(&owner->ledger.outbox) >= OWED_MAX || eng->full)
        return 0;
    return TASK_QUEUE_MAX - owner->task_n;
}

/* ---- numbers ---- */

void engine_stats(const struct engine *eng, struct engine_stats *out)
{
    *out = (struct engine_stats){
        .batches_n = eng->batches_n,
        .batched_instances_n = eng->batched_n,
        .batches_under_way_n = eng->dispatch_n,
        .throttled_n = eng->throttled_n,
        .passed_slots_n = eng->quota[CALL_REBOOT].passed_n,
        .breaker_open = eng->breaker.open,
        .full = eng->full,
        .pace = eng->quota[CALL_REBOOT].pace,
        .clock_offset_s = eng->clock.offset_s,
        .pool_used_bytes = pool_used(&eng->pool),
        .pool_bytes_max = eng->pool.size,
        .next_wake = eng->wake,
    };
    for (int32_t p = 0; p < eng->options.partition_n; p++) {
        const struct owner *owner = &eng->owners[p];
        if (owner->role != ROLE_OWNER)
            continue;
        const struct ledger *ledger = &owner->ledger;
        for (int i = 0; i < ENTRY_PHASE_N; i++)
            out->entries_by_phase[i] += ledger->phase_n[i];
        for (int i = 0; i < OUTCOME_STATUS_N; i++)
            out->outcomes[i] += ledger->outcomes_n[i];
        out->tasks_joined_n += ledger->opened_n;
        out->tasks_repeated_n += ledger->repeated_n;
        out->requests_repeated_n += ledger->known_n;
    }
}

void engine_partition_stats(const struct engine *eng, int32_t partition,
                            struct partition_stats *out)
{
    const struct owner *owner = &eng->owners[partition];
    *out = (struct partition_stats){
        .role = owner->role,
        .assigned = owner->assigned,
        .epoch = owner->live ? owner->ledger.epoch : -1,
        .stopped_why = owner->role == ROLE_STOPPED ? owner->stopped_why : NULL,
    };
    if (!owner->live)
        return;
    out->ledger_offset = owner->ledger.next_offset;
    out->cursor = owner->ledger.cursor;
    out->owed_n = outbox_count(&owner->ledger.outbox);
    out->entry_n = owner->ledger.table.entry_n;
}
