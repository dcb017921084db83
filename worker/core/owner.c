/* SPDX-License-Identifier: Apache-2.0
 *
 * One partition: reading its ledger, claiming it, owning it, losing it; and what a folded record
 * sets free. Live operation and restoring are the same code: state changes only in ledger_fold. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

static const int64_t claim_pause_ms = 250;  /* doubled with every claim lost, up to 2^6 */
static const int64_t claim_calm_ms = 60000; /* owned for so long: the next loss is the first */
static const int64_t tick_ms = 1000;

/* ---- coming and going ---- */

static void begin_reading(struct engine *eng, struct owner *owner)
{
    CHECK(!owner->live);
    ledger_init(&owner->ledger, &eng->pool, eng->options.nonce, owner->partition);
    outbox_number_from(&owner->ledger.outbox, owner->numbers_used);
    owner->live = true;
    owner->role = ROLE_RESTORING;
    owner->want_read = true;
    owner->epoch = -1;
}

/* Everything that only an owner has. */
static void lay_down(struct engine *eng, struct owner *owner)
{
    dispatch_lost_partition(eng, owner);
    struct entry *entry = NULL;
    while ((entry = table_next(&owner->ledger.table, entry)) != NULL)
        entry_unwatch(eng, entry);
    propose_forget(eng, owner);
    outbox_rewind(&owner->ledger.outbox);
    eng->owns[owner->partition] = false;
    if (owner->tasks_running)
        owner->want_stop_tasks = true;
    owner->tasks_running = false;
    owner->want_tasks = false;
    owner->tasks_gone = false;
    owner->epoch = -1;
}

static void drop_state(struct engine *eng, struct owner *owner)
{
    if (owner->live) {
        lay_down(eng, owner);
        owner->numbers_used = owner->ledger.outbox.end;
        ledger_release(&owner->ledger);
        owner->live = false;
    }
    for (struct dispatch *d = owner->replies, *next; d != NULL; d = next) {
        next = d->next;
        dispatch_free(eng, d);
    }
    owner->replies = NULL;
    owner->reply_n = 0;
    owner->want_claim = false;
    owner->want_read = false;
    owner->appends_in_flight = 0;
    owner->snapshot = (struct snapshot){.trimmed = owner->snapshot.trimmed,
                                        .tasks_trimmed = owner->snapshot.tasks_trimmed};
    if (owner->reading)
        owner->want_stop_reading = true;
    owner->role = ROLE_NONE;
}

void owner_restart(struct engine *eng, struct owner *owner)
{
    if (!owner->live || owner->role == ROLE_STOPPED) {
        /* A REPLY to a partition that is not followed any more: there is no state to drop. */
        if (owner->appends_in_flight > 0)
            owner->appends_in_flight--;
        return;
    }
    drop_state(eng, owner);
    if (owner->assigned) /* else whoever is takes over */
        begin_reading(eng, owner);
}

static void note_why(struct owner *owner, struct view why)
{
    size_t n = why.n < sizeof owner->stopped_why - 1 ? why.n : sizeof owner->stopped_why - 1;
    if (n > 0)
        memcpy(owner->stopped_why, why.p, n);
    owner->stopped_why[n] = '\0';
}

void owner_stop(struct engine *eng, struct owner *owner, struct view why)
{
    drop_state(eng, owner);
    owner->role = ROLE_STOPPED;
    note_why(owner, why);
    engine_note(eng,
                (struct note){.type = NOTE_STOPPED, .partition = owner->partition, .text = why});
}

/* Whoever took the partition over has deleted what was applied, or it is lost. A mark tells: it
 * comes back void in the first case. */
void owner_tasks_gone(struct engine *eng, struct owner *owner, struct view why)
{
    if (owner->role != ROLE_OWNER)
        return;
    owner->tasks_gone = true;
    owner->gone_seq = owner->seq;
    note_why(owner, why);
    owner->mark_due = true;
    owner->mark_at = eng->now.at;
}

void owner_assigned(struct engine *eng, struct owner *owner, bool assigned)
{
    owner->assigned = assigned;
    if (assigned && owner->role == ROLE_NONE)
        begin_reading(eng, owner);
    else if (!assigned && owner->role != ROLE_OWNER &&
             (owner->role != ROLE_CLAIMING || owner->want_claim))
        drop_state(eng, owner);
}

void owner_ledger_end(struct engine *eng, struct owner *owner)
{
    (void)eng;
    if (owner->role != ROLE_RESTORING || owner->want_read)
        return;
    owner->role = ROLE_CLAIMING;
    owner->want_claim = true;
}

/* ---- what a record sets free ---- */

static void review_all(struct engine *eng, struct owner *owner)
{
    struct entry *entry = NULL;
    while ((entry = table_next(&owner->ledger.table, entry)) != NULL)
        review_entry(eng, owner, entry);
}

/* The first claim sets the clock; a later one can only show that it is later than was thought. */
static void learn_log_clock(struct engine *eng, const struct event *claim)
{
    int64_t ahead_us = claim->log_ms * 1000 - eng->now.at.us;
    bool known = false;
    for (int32_t p = 0; p < eng->options.partition_n; p++)
        known = known || eng->owns[p];
    if (!known || ahead_us > eng->log_ahead_us)
        eng->log_ahead_us = ahead_us;
}

/* What an owner sees after an attempt that was denied is lost with it before it is in the log. The
 * last owner, whose epoch began at `before`, has not looked for what its own calls did while it
 * waited for their answers. */
static void inherit(struct engine *eng, struct owner *owner, int64_t before)
{
    struct entry *entry = NULL;
    while ((entry = table_next(&owner->ledger.table, entry)) != NULL)
        if ((entry->phase == ENTRY_WAITING && entry->taint == TAINT_DENIED) ||
            (entry->phase == ENTRY_DISPATCHING && entry->flight->intent < before))
            hint_need(eng, entry)->inherited = true;
}

static void become_owner(struct engine *eng, struct owner *owner, const struct event *ev,
                         int64_t before)
{
    learn_log_clock(eng, ev);
    owner->role = ROLE_OWNER;
    owner->epoch = ev->offset;
    owner->seq = 0;
    owner->claim_ms = ev->log_ms;
    owner->writers_time = ev->writers_time;
    owner->claim_read = eng->now.at;
    owner->want_tasks = true;
    owner->tasks_running = true;
    owner->task_next = owner->ledger.cursor;
    owner->task_commit = -1;
    owner->mark_due = outbox_count(&owner->ledger.outbox) > 0;
    owner->mark_at = instant_after_ms(eng->now.at, tick_ms);
    eng->owns[owner->partition] = true;
    for (int i = 0; i < CALL_ACTION_N; i++)
        quota_begin(&eng->quota[i], eng->now.wall_us);
    engine_note(eng, (struct note){.type = NOTE_CLAIMED,
                                   .partition = owner->partition,
                                   .offset = ev->offset,
                                   .count = owner->ledger.table.entry_n});
    inherit(eng, owner, before);
    review_all(eng, owner);
    while (owner->replies != NULL) {
        struct dispatch *reply = owner->replies;
        owner->replies = reply->next;
        dispatch_begin_reply(eng, owner, reply);
    }
    owner->reply_n = 0;
}

static void lose(struct engine *eng, struct owner *owner)
{
    engine_note(eng, (struct note){.type = NOTE_LOST,
                                   .partition = owner->partition,
                                   .offset = owner->ledger.epoch,
                                   .text = ledger_owner(&owner->ledger)});
    if (!owner->assigned) {
        drop_state(eng, owner);
        return;
    }
    if (instant_ms_between(owner->claim_read, eng->now.at) >= claim_calm_ms)
        owner->claims_lost = 0;
    lay_down(eng, owner);
    owner->role = ROLE_DEPOSED;
    uint32_t doubled = owner->claims_lost < 6 ? owner->claims_lost : 6;
    owner->claims_lost++;
    uint64_t pause_ms = random_below(&eng->random, (uint64_t)claim_pause_ms << doubled);
    owner->claim_at = instant_after_ms(eng->now.at, claim_pause_ms + (int64_t)pause_ms);
}

/* Does the ledger belong to this pool, and to this kind of run? */
static bool check_pool(struct engine *eng, struct owner *owner)
{
    const struct ledger *ledger = &owner->ledger;
    struct view pool = {ledger->pool_name, ledger->pool_n};
    if (view_equals(pool, eng->options.pool) && ledger->dry_run == eng->options.dry_run)
        return true;
    owner_stop(eng, owner,
               view_equals(pool, eng->options.pool)
                   ? VIEW_LIT("the ledger is claimed with another `dry_run`: a dry run needs a "
                              "group and tasks, ledger and results topics of its own")
                   : VIEW_LIT("the ledger is claimed by a pool with another `group`: two pools "
                              "need topics of their own (topics.ledger, topics.tasks)"));
    return false;
}

static void on_claim(struct engine *eng, struct owner *owner, const struct event *ev,
                     int64_t before)
{
    const struct record *claim = ev->record;
    if (!check_pool(eng, owner))
        return;
    if (owner->role == ROLE_CLAIMING && !owner->want_claim &&
        claim->u.claim.nonce == owner->claim_nonce) {
        become_owner(eng, owner, ev, before);
    } else if (owner->role == ROLE_OWNER) {
        lose(eng, owner);
    }
}

static void release_own(struct engine *eng, struct owner *owner, const struct event *ev)
{
    const struct record *record = ev->record;
    struct folded *folded = &eng->folded;
    if (owner->tasks_gone && record->seq >= owner->gone_seq) {
        char why[sizeof owner->stopped_why];
        memcpy(why, owner->stopped_why, sizeof why);
        owner_stop(eng, owner, view_of(why));
        return;
    }
    if (record->kind == RECORD_TASKS)
        owner->tasks_in_flight--;
    if (record->kind == RECORD_MARK)
        owner->mark_in_flight = false;
    if (record->kind == RECORD_END)
        owner->mark_due = true; /* the log before the snapshot goes when a mark covers it */
    if (record->kind != RECORD_TASKS)
        for (uint32_t i = 0; i < folded->touched_n; i++)
            folded->touched[i]->proposed = false;
    if (record->kind == RECORD_INTENT)
        dispatch_folded_intent(eng, owner, record);
    if (record->kind == RECORD_ANSWER)
        dispatch_folded_answer(eng, owner, record);
    for (uint32_t i = 0; i < folded->touched_n; i++)
        review_entry(eng, owner, folded->touched[i]);
    if (folded->differing_id.n > 0)
        engine_note(eng, (struct note){.type = NOTE_REQUEST_DIFFERS,
                                       .partition = owner->partition,
                                       .text = folded->differing_id});
}

void owner_keep_reply(struct engine *eng, struct owner *owner, struct dispatch *reply)
{
    if (owner->reply_n == REPLIES_MAX) {
        dispatch_free(eng, reply);
        return;
    }
    reply->next = owner->replies;
    owner->replies = reply;
    owner->reply_n++;
}

static void on_reply(struct engine *eng, struct owner *owner, const struct record *record)
{
    struct dispatch *reply = dispatch_of_reply(eng, owner, record);
    if (owner->role == ROLE_OWNER)
        dispatch_begin_reply(eng, owner, reply);
    else
        owner_keep_reply(eng, owner, reply);
}

void owner_record(struct engine *eng, struct owner *owner, const struct event *ev)
{
    if (!owner->live || owner->want_read)
        return;
    struct folded *folded = &eng->folded;
    int64_t before = owner->ledger.epoch;
    switch (ledger_fold(&owner->ledger, ev->offset, ev->log_ms, ev->record, folded)) {
    case FOLD_CLAIM:
        on_claim(eng, owner, ev, before);
        break;
    case FOLD_APPLIED:
        snapshot_count(eng, owner, ev->record, ev->bytes);
        if (ev->record->kind == RECORD_BEGIN && !check_pool(eng, owner))
            return;
        if (owner->role == ROLE_OWNER)
            release_own(eng, owner, ev);
        break;
    case FOLD_NEWS:
        on_reply(eng, owner, ev->record);
        break;
    case FOLD_VOID:
        break;
    case FOLD_BROKEN:
        owner_stop(eng, owner, view_of(folded->why));
        break;
    case FOLD_FULL:
        owner_stop(eng, owner, VIEW_LIT("the ledger does not fit into this worker's memory"));
        break;
    }
}

void owner_appended(struct engine *eng, struct owner *owner, uint64_t ticket)
{
    if (owner->appends_in_flight > 0)
        owner->appends_in_flight--;
    dispatch_appended(eng, ticket);
}

int64_t owner_log_now_ms(const struct engine *eng, const struct owner *owner)
{
    return owner->claim_ms + instant_ms_between(owner->claim_read, eng->now.at);
}

/* ---- time and actions ---- */

void owner_tick(struct engine *eng, struct owner *owner)
{
    if (owner->role == ROLE_DEPOSED && !eng->draining) {
        if (instant_reached(eng->now.at, owner->claim_at)) {
            owner->role = ROLE_CLAIMING;
            owner->want_claim = true;
        } else {
            engine_wake_at(eng, owner->claim_at);
        }
    }
    /* Else what is under way wakes us when it comes back. */
    bool may_mark = !owner->mark_in_flight && owner->snapshot.stage == SNAPSHOT_NONE;
    if (owner->role == ROLE_OWNER && owner->mark_due && may_mark)
        engine_wake_at(eng, owner->mark_at);
}

static bool next_claim(struct engine *eng, struct owner *owner, struct action *act)
{
    if (!owner->want_claim || eng->draining)
        return false;
    owner->want_claim = false;
    owner->claim_nonce = eng->options.nonce + ++eng->claim_count;
    eng->record = (struct record){
        .kind = RECORD_CLAIM,
        .u.claim = {.pool = eng->options.pool,
                    .worker = eng->options.worker,
                    .nonce = owner->claim_nonce,
                    .format = LEDGER_FORMAT,
                    .dry_run = eng->options.dry_run,
                    .limits = eng->options.limits},
    };
    owner->appends_in_flight++;
    *act = (struct action){.type = ACT_APPEND,
                           .partition = owner->partition,
                           .ticket = ++eng->append_count,
                           .record = &eng->record};
    return true;
}

static bool next_publish(struct engine *eng, struct owner *owner, struct action *act)
{
    struct outbox *outbox = &owner->ledger.outbox;
    if (owner->role != ROLE_OWNER || outbox_in_flight(outbox) >= PUBLISH_IN_FLIGHT_MAX)
        return false;
    uint64_t number;
    const struct kept *kept = outbox_send(outbox, &number);
    if (kept == NULL)
        return false;
    kept_outcome(kept, &eng->outcome);
    *act = (struct action){.type = ACT_PUBLISH,
                           .partition = owner->partition,
                           .ticket = number,
                           .outcome = &eng->outcome};
    return true;
}

static bool next_simple(struct owner *owner, struct action *act)
{
    *act = (struct action){.partition = owner->partition};
    if (owner->want_stop_tasks) {
        owner->want_stop_tasks = false;
        act->type = ACT_TASKS_STOP;
        return true;
    }
    if (owner->want_stop_reading) {
        owner->want_stop_reading = false;
        owner->reading = false;
        act->type = ACT_LEDGER_STOP;
        return true;
    }
    if (owner->want_read) {
        owner->want_read = false;
        owner->reading = true;
        act->type = ACT_LEDGER_READ;
        return true;
    }
    if (owner->want_tasks) {
        owner->want_tasks = false;
        act->type = ACT_TASKS_READ;
        act->offset = owner->ledger.cursor;
        return true;
    }
    if (owner->role == ROLE_OWNER && owner->task_commit < owner->ledger.cursor &&
        owner->task_n == 0 && owner->tasks_in_flight == 0) {
        owner->task_commit = owner->ledger.cursor;
        act->type = ACT_TASKS_COMMIT;
        act->offset = owner->ledger.cursor;
        return true;
    }
    return false;
}

bool owner_next(struct engine *eng, struct owner *owner, struct action *act)
{
    if (next_simple(owner, act) || next_claim(eng, owner, act) || propose_next(eng, owner, act) ||
        snapshot_next_trim(eng, owner, act))
        return true;
    return owner->live && next_publish(eng, owner, act);
}
