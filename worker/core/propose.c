/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions on their way into the ledger. A proposal changes nothing here: the state changes when
 * the record has come back (core/owner.c).
 *
 * At most one decision about an instance is under way, tasks excepted: a task may be proposed at
 * any time, because the fold decides what it means from the state it meets. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

static const int64_t mark_every_ms = 1000;
/* Of a TASKS record; the codec needs less than twice this for what it encodes. */
static const size_t tasks_bytes_max = 256 * 1024;

/* ---- tasks coming in ---- */

static struct view copy_text(char **to, struct view from)
{
    struct view copy = {*to, from.n};
    if (from.n == 0)
        return VIEW_NONE;
    memcpy(*to, from.p, from.n);
    *to += from.n;
    return copy;
}

void propose_take_task(struct engine *eng, struct owner *owner, const struct event *ev)
{
    if (owner->role != ROLE_OWNER || ev->offset < owner->task_next)
        return;
    if (ev->task->pool != eng->options.pool_mark) {
        owner_stop(eng, owner,
                   VIEW_LIT("the tasks topic holds tasks of a pool with another `group`: two pools "
                            "need topics of their own (topics.tasks, topics.ledger)"));
        return;
    }
    owner->task_next = ev->offset + 1;
    snapshot_count_task(owner, ev->bytes);
    if (sources_have(&owner->ledger.sources, ev->task->source)) {
        owner->ledger.repeated_n++;
        owner->mark_due = true;
        return;
    }
    struct task task = *ev->task;
    struct view *const texts[] = {&task.request_id,   &task.instance_id, &task.region,
                                  &task.requested_by, &task.reason,      &task.traceparent,
                                  &task.tracestate,   &task.error_code,  &task.error_message};
    enum { TEXT_N = sizeof texts / sizeof texts[0] };
    size_t text_n = 0;
    for (int i = 0; i < TEXT_N; i++)
        text_n += texts[i]->n;
    struct queued_task *queued = pool_need(&eng->pool, sizeof *queued + text_n);
    char *to = queued->text;
    for (int i = 0; i < TEXT_N; i++)
        *texts[i] = copy_text(&to, *texts[i]);
    queued->offset = ev->offset;
    queued->task_ms = ev->log_ms;
    queued->task = task;
    queued->text_n = (uint32_t)text_n;
    if (owner->task_last != NULL)
        owner->task_last->next = queued;
    else
        owner->task_first = queued;
    owner->task_last = queued;
    owner->task_n++;
}

void propose_forget(struct engine *eng, struct owner *owner)
{
    while (owner->task_first != NULL) {
        struct queued_task *task = owner->task_first;
        owner->task_first = task->next;
        pool_give(&eng->pool, task, sizeof *task + task->text_n);
    }
    owner->task_last = NULL;
    owner->task_n = 0;
    owner->tasks_in_flight = 0;
    pool_give(&eng->pool, owner->seen, sizeof *owner->seen * PENDING_MAX);
    pool_give(&eng->pool, owner->shut, sizeof *owner->shut * PENDING_MAX);
    pool_give(&eng->pool, owner->shut_ids, sizeof *owner->shut_ids * PENDING_MAX);
    owner->seen = NULL;
    owner->shut = NULL;
    owner->shut_ids = NULL;
    owner->seen_n = 0;
    owner->shut_n = 0;
    owner->mark_due = false;
    owner->mark_in_flight = false;
    owner->snapshot.stage = SNAPSHOT_NONE;
}

/* ---- queues of small decisions ---- */

bool propose_seen(struct engine *eng, struct entry *entry, struct owner *owner, struct seen seen)
{
    PRE(!entry->proposed);
    if (owner->seen_n == PENDING_MAX)
        return false;
    if (owner->seen == NULL)
        owner->seen = pool_need(&eng->pool, sizeof *owner->seen * PENDING_MAX);
    seen.instance_id = entry_id(entry);
    owner->seen[owner->seen_n++] = seen;
    entry->proposed = true;
    return true;
}

bool propose_shut(struct engine *eng, struct entry *entry, struct owner *owner, struct shut shut)
{
    PRE(!entry->proposed);
    if (owner->shut_n == PENDING_MAX)
        return false;
    if (owner->shut == NULL) {
        owner->shut = pool_need(&eng->pool, sizeof *owner->shut * PENDING_MAX);
        owner->shut_ids = pool_need(&eng->pool, sizeof *owner->shut_ids * PENDING_MAX);
    }
    /* A copy: a cancel that is folded meanwhile may close the request. */
    CHECK(shut.request_id.n <= sizeof *owner->shut_ids);
    char *id = owner->shut_ids[owner->shut_n];
    memcpy(id, shut.request_id.p, shut.request_id.n);
    shut.request_id.p = id;
    shut.instance_id = entry_id(entry);
    owner->shut[owner->shut_n++] = shut;
    entry->proposed = true;
    return true;
}

/* ---- records going out ---- */

static void append(struct engine *eng, struct owner *owner, struct action *act)
{
    if (eng->record.kind != RECORD_REPLY) {
        eng->record.epoch = owner->epoch;
        eng->record.seq = owner->seq++;
    }
    owner->appends_in_flight++;
    *act = (struct action){.type = ACT_APPEND,
                           .partition = owner->partition,
                           .ticket = ++eng->append_count,
                           .record = &eng->record};
}

static struct dispatch *dispatch_with_leg(struct engine *eng, struct owner *owner,
                                          bool (*fits)(const struct dispatch *, const struct leg *),
                                          struct leg **leg_out)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        for (uint32_t i = 0; i < d->leg_n; i++) {
            if (d->legs[i].partition == owner->partition && fits(d, &d->legs[i])) {
                *leg_out = &d->legs[i];
                return d;
            }
        }
    }
    return NULL;
}

static bool wants_intent(const struct dispatch *dispatch, const struct leg *leg)
{
    return dispatch->state == DISPATCH_INTENDED && !leg->proposed && !leg->replying;
}

static bool next_intent(struct engine *eng, struct owner *owner, struct action *act)
{
    struct leg *leg;
    struct dispatch *dispatch = dispatch_with_leg(eng, owner, wants_intent, &leg);
    if (dispatch == NULL)
        return false;
    for (uint32_t i = 0; i < leg->count; i++) {
        const struct aboard *member = &dispatch->aboard[leg->first + i];
        eng->call_ids[i] = (struct view){member->id, member->id_n};
    }
    eng->record = (struct record){
        .kind = RECORD_INTENT,
        .u.intent = {.dispatch = dispatch->id,
                     .kind = dispatch->kind,
                     .decided_ms = dispatch->decided_ms,
                     .sign_s = dispatch->sign_s,
                     .batch_size = dispatch->aboard_n,
                     .region = dispatch->region,
                     .instance_ids = eng->call_ids,
                     .instance_n = leg->count},
    };
    append(eng, owner, act);
    leg->proposed = true;
    leg->ticket = act->ticket;
    return true;
}

static bool wants_answer(const struct dispatch *dispatch, const struct leg *leg)
{
    return dispatch->state == DISPATCH_ANSWERED && !leg->answering && !leg->replying;
}

/* The members of the leg whose verdict is to be written down now. */
static uint32_t collect_members(struct engine *eng, struct owner *owner, struct dispatch *dispatch,
                                const struct leg *leg)
{
    uint32_t n = 0;
    for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (aboard->answered || aboard->state == ABOARD_OUT)
            continue;
        struct view id = {aboard->id, aboard->id_n};
        struct entry *entry = table_find(&owner->ledger.table, id);
        if (entry == NULL) {
            aboard->answered = true;
            continue;
        }
        if (entry->proposed)
            continue;
        queue_remove(entry); /* of those that wait for a call, say: an OK may come late */
        entry->proposed = true;
        eng->members[n++] = dispatch_member(eng, dispatch, entry, i);
    }
    return n;
}

static bool next_answer(struct engine *eng, struct owner *owner, struct action *act)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        for (uint32_t i = 0; i < d->leg_n; i++) {
            struct leg *leg = &d->legs[i];
            if (leg->partition != owner->partition || !wants_answer(d, leg))
                continue;
            uint32_t n = collect_members(eng, owner, d, leg);
            if (n == 0)
                continue;
            leg->answering = true;
            eng->record = (struct record){
                .kind = RECORD_ANSWER,
                .u.answer = {.dispatch = d->id,
                             .api_request_id = {d->api_request_id, d->api_request_id_n},
                             .batch_size = d->called_n,
                             .max_attempts = eng->options.max_attempts,
                             .final_dispatch =
                                 !eng->options.confirm_enabled || eng->options.dry_run,
                             .error_source = d->error_source,
                             .error_code = {d->code, d->code_n},
                             .error_message = {d->message, d->message_n},
                             .members = eng->members,
                             .member_n = n},
            };
            append(eng, owner, act);
            return true;
        }
    }
    return false;
}

static bool wants_reply(const struct dispatch *dispatch, const struct leg *leg)
{
    return dispatch->state == DISPATCH_ANSWERED && leg->replying;
}

/* The partition is somebody else's by now: what became of the call is news for the owner. */
static bool next_reply(struct engine *eng, struct owner *owner, struct action *act)
{
    struct leg *leg;
    struct dispatch *dispatch = dispatch_with_leg(eng, owner, wants_reply, &leg);
    if (dispatch == NULL)
        return false;
    leg->replying = false;
    uint32_t n = 0;
    for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (!aboard->answered && aboard->state != ABOARD_OUT)
            eng->call_ids[n++] = (struct view){aboard->id, aboard->id_n};
        aboard->answered = true;
    }
    if (n == 0)
        return false;
    eng->record = (struct record){
        .kind = RECORD_REPLY,
        .u.reply = {.dispatch = dispatch->id,
                    .worker = eng->options.worker,
                    .sent = dispatch->verdict != VERDICT_NOT_SENT,
                    .error_source = dispatch->error_source,
                    .api_request_id = {dispatch->api_request_id, dispatch->api_request_id_n},
                    .error_code = {dispatch->code, dispatch->code_n},
                    .error_message = {dispatch->message, dispatch->message_n},
                    .batch_size = dispatch->called_n,
                    .instance_ids = eng->call_ids,
                    .instance_n = n},
    };
    append(eng, owner, act);
    return true;
}

static bool next_seen(struct engine *eng, struct owner *owner, struct action *act)
{
    if (owner->seen_n == 0)
        return false;
    eng->record = (struct record){.kind = RECORD_SEEN,
                                  .u.seen = {.items = owner->seen, .item_n = owner->seen_n}};
    owner->seen_n = 0;
    append(eng, owner, act);
    return true;
}

static bool next_shut(struct engine *eng, struct owner *owner, struct action *act)
{
    if (owner->shut_n == 0)
        return false;
    eng->record = (struct record){.kind = RECORD_SHUT,
                                  .u.shut = {.items = owner->shut, .item_n = owner->shut_n}};
    owner->shut_n = 0;
    append(eng, owner, act);
    return true;
}

static bool next_tasks(struct engine *eng, struct owner *owner, struct action *act)
{
    if (owner->task_first == NULL || owner->tasks_in_flight >= TASKS_IN_FLIGHT_MAX)
        return false;
    uint32_t n = 0;
    size_t bytes = 0;
    int64_t cursor = 0;
    while (owner->task_first != NULL && n < RECORD_OPS_MAX && bytes < tasks_bytes_max) {
        struct queued_task *task = owner->task_first;
        judge_task(&eng->options, task, &eng->ops[n++]);
        bytes += task->text_n;
        cursor = task->offset + 1;
        owner->task_first = task->next;
        task->next = eng->spent;
        eng->spent = task;
    }
    if (owner->task_first == NULL)
        owner->task_last = NULL;
    owner->task_n -= n;
    owner->tasks_in_flight++;
    eng->record = (struct record){.kind = RECORD_TASKS,
                                  .u.tasks = {.cursor = cursor, .ops = eng->ops, .op_n = n}};
    append(eng, owner, act);
    return true;
}

static bool next_mark(struct engine *eng, struct owner *owner, struct action *act)
{
    if (!owner->mark_due || owner->mark_in_flight)
        return false;
    if (!instant_reached(eng->now.at, owner->mark_at) && !eng->draining)
        return false;
    const struct ledger *ledger = &owner->ledger;
    /* Tasks that are proposed but not folded stand before this record or void it. */
    int64_t cursor = owner->task_first != NULL ? owner->task_first->offset : owner->task_next;
    owner->mark_due = false;
    owner->mark_in_flight = true;
    owner->mark_at = instant_after_ms(eng->now.at, mark_every_ms);
    eng->record = (struct record){
        .kind = RECORD_MARK,
        .u.mark = {.cursor = cursor,
                   .published = outbox_published(&ledger->outbox, ledger->next_offset)}};
    append(eng, owner, act);
    return true;
}

bool propose_next(struct engine *eng, struct owner *owner, struct action *act)
{
    if (next_reply(eng, owner, act))
        return true;
    if (!owner_can_propose(owner))
        return false;
    if (snapshot_holds(eng, owner)) {
        if (owner->appends_in_flight >= APPENDS_IN_FLIGHT_MAX || !snapshot_next(eng, owner))
            return false;
        append(eng, owner, act);
        return true;
    }
    if (next_answer(eng, owner, act))
        return true;
    if (owner->appends_in_flight >= APPENDS_IN_FLIGHT_MAX)
        return false;
    return next_intent(eng, owner, act) || next_seen(eng, owner, act) ||
           next_shut(eng, owner, act) || next_tasks(eng, owner, act) || next_mark(eng, owner, act);
}
