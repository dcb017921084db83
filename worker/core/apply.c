/* SPDX-License-Identifier: Apache-2.0 */
#include "core/apply.h"

#include <string.h>

#include "base/check.h"

/* Room in a revision for the events of one record. */
enum { REVISION_EVENTS = 65536 };

static void set_phase(struct ledger *ledger, struct entry *entry, enum entry_phase to)
{
    ledger->phase_n[entry->phase]--;
    entry_move(entry, to);
    ledger->phase_n[to]++;
}

static struct entry *need_entry(struct ledger *ledger, struct view id)
{
    uint32_t before = ledger->table.entry_n;
    struct entry *entry = table_need(&ledger->table, id);
    if (ledger->table.entry_n > before)
        ledger->phase_n[ENTRY_CLOSED]++;
    return entry;
}

static void touch(struct folded *out, struct entry *entry, const struct place *at)
{
    entry->touched = at->offset;
    out->touched[out->touched_n++] = entry;
}

/* ---- events ---- */

static void owe(struct ledger *ledger, struct place *at, struct kept *take_kept,
                enum outcome_status status)
{
    ledger->outcomes_n[status]++;
    outbox_push(&ledger->outbox, at->offset, take_kept);
}

/* The part of an outcome that the request and the place in the log give. */
static struct outcome outcome_of(const struct ledger *ledger, struct place *at,
                                 const struct entry *entry, const struct request *req)
{
    CHECK(at->event_n < REVISION_EVENTS);
    return (struct outcome){
        .dry_run = ledger->dry_run,
        .attempts = req->attempts,
        .revision = at->offset * REVISION_EVENTS + at->event_n++,
        .requested_ms = req->requested_ms,
        .accepted_ms = req->accepted_ms,
        .dispatched_ms = TIME_NONE,
        .finished_ms = TIME_NONE,
        .time_ms = at->log_ms,
        .source = req->source,
        .request_id = request_text(req, REQUEST_ID),
        .instance_id = entry_id(entry),
        .region = request_text(req, REQUEST_REGION),
        .requested_by = request_text(req, REQUEST_BY),
        .reason = request_text(req, REQUEST_REASON),
        .worker = ledger_owner(ledger),
        .traceparent = request_text(req, REQUEST_TRACEPARENT),
        .tracestate = request_text(req, REQUEST_TRACESTATE),
    };
}

/* The call that decided it. */
static void outcome_add_flight(struct outcome *outcome, const struct flight *flight)
{
    if (outcome->dry_run)
        return; /* no call was made */
    outcome->dispatch = flight->dispatch;
    outcome->batch_size = flight->batch_size;
    outcome->api_request_id = (struct view){flight->api_request_id, flight->api_request_id_n};
}

static void outcome_add_error(struct outcome *outcome, const struct last_error *error)
{
    if (error == NULL)
        return;
    outcome->error_source = error->source;
    outcome->error_code = last_error_code(error);
    outcome->error_message = last_error_message(error);
}

static void owe_event(struct ledger *ledger, struct place *at, const struct outcome *outcome)
{
    owe(ledger, at, kept_make(ledger->pool, outcome), outcome->status);
}

/* ---- closing ---- */

static struct request **link_of(struct entry *entry, const struct request *req)
{
    struct request **link = &entry->open;
    while (*link != req)
        link = &(*link)->next;
    return link;
}

/* Closes an open request with its final event and remembers that. */
static void close_request(struct ledger *ledger, struct place *at, struct entry *entry,
                          struct request *req, struct outcome *outcome)
{
    outcome->final = true;
    outcome->finished_ms = at->log_ms;
    struct kept *kept = kept_make(ledger->pool, outcome);
    int64_t window_ms =
        req->serves_after_ms == TIME_NONE ? 0 : req->requested_ms - req->serves_after_ms;
    int64_t forget_ms = at->log_ms + window_ms;
    if (req->expires_ms > forget_ms)
        forget_ms = req->expires_ms;
    owe(ledger, at, kept_share(kept), outcome->status);
    *link_of(entry, req) = req->next;
    entry->open_n--;
    entry->bytes -= (uint32_t)request_bytes(req);
    request_free(ledger->pool, req);
    entry_add_closed(ledger->pool, entry, kept, forget_ms);
    entry_trim(ledger->pool, entry, &ledger->limits);
}

static void close_simply(struct ledger *ledger, struct place *at, struct entry *entry,
                         struct request *req, enum outcome_status status)
{
    struct outcome outcome = outcome_of(ledger, at, entry, req);
    outcome.status = status;
    if (status == OUTCOME_EXPIRED && (req->flags & REQUEST_TRIED))
        outcome_add_error(&outcome, entry->error);
    close_request(ledger, at, entry, req, &outcome);
}

/* To WAITING or CLOSED, whichever fits what is still open. */
static void settle(struct ledger *ledger, struct entry *entry)
{
    if (entry->open == NULL) {
        entry->next_ms = TIME_NONE;
        entry->tainted = false;
        entry_set_error(ledger->pool, entry, ERROR_NONE, VIEW_NONE, VIEW_NONE);
    }
    set_phase(ledger, entry, entry->open == NULL ? ENTRY_CLOSED : ENTRY_WAITING);
    if (!entry->tainted)
        entry_clear_flight(ledger->pool, entry);
}

/* The verdict on the flight, for everyone who rides on it. */
struct ending {
    enum outcome_status status;
    enum confirmed_by confirmed_by;
    const struct last_error *error;
};

static void close_riders(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct ending *ending)
{
    char leader_id[REQUEST_ID_DEFAULT_BYTES_MAX];
    struct view leader = VIEW_NONE;
    const struct request *leads = entry_leader(entry);
    if (leads != NULL) {
        leader = request_text(leads, REQUEST_ID);
        leader.n = leader.n < sizeof leader_id ? leader.n : sizeof leader_id;
        memcpy(leader_id, leader.p, leader.n);
        leader.p = leader_id;
    }
    bool was_sent = entry->phase == ENTRY_REBOOTING;
    for (struct request *req = entry->open, *next; req != NULL; req = next) {
        next = req->next;
        if (!(req->flags & REQUEST_RIDES))
            continue;
        struct outcome outcome = outcome_of(ledger, at, entry, req);
        outcome.status = ending->status;
        outcome.confirmed_by = ending->confirmed_by;
        if (!(req->flags & REQUEST_LEADS))
            outcome.served_by = leader;
        outcome_add_flight(&outcome, entry->flight);
        outcome_add_error(&outcome, ending->error);
        if (was_sent)
            outcome.dispatched_ms = entry->flight->started_ms;
        close_request(ledger, at, entry, req, &outcome);
    }
}

/* ---- tasks ---- */

/* Does a reboot whose intent has this log time and offset serve the request? (design: coalescing)*/
static bool serves(int64_t started_ms, int64_t intent, enum reboot_kind kind,
                   const struct request *req)
{
    if (reboot_strength(kind) < reboot_strength(req->kind))
        return false;
    if (req->not_before_ms != TIME_NONE && started_ms < req->not_before_ms)
        return false;
    if (req->serves_after_ms == TIME_NONE)
        return intent > req->applied;
    return started_ms > req->serves_after_ms;
}

static void close_as_served(struct ledger *ledger, struct place *at, struct entry *entry,
                            struct request *req)
{
    const struct reboot *reboot = entry->reboot;
    struct outcome outcome = outcome_of(ledger, at, entry, req);
    outcome.status =
        reboot->confirmed_by == CONFIRMED_NONE ? OUTCOME_DISPATCHED : OUTCOME_SUCCEEDED;
    outcome.confirmed_by = reboot->confirmed_by;
    outcome.dispatched_ms = reboot->dispatched_ms;
    if (!outcome.dry_run) {
        outcome.dispatch = reboot->dispatch;
        outcome.batch_size = reboot->batch_size;
        outcome.api_request_id = (struct view){reboot->text, reboot->api_request_id_n};
    }
    outcome.served_by = (struct view){reboot->text + reboot->api_request_id_n, reboot->leader_n};
    close_request(ledger, at, entry, req, &outcome);
}

static void reject(struct ledger *ledger, struct place *at, const struct task_op *op,
                   struct view code, struct view message)
{
    const struct task *task = &op->task;
    CHECK(at->event_n < REVISION_EVENTS);
    struct outcome outcome = {
        .status = OUTCOME_REJECTED,
        .final = true,
        .dry_run = ledger->dry_run,
        .error_source = ERROR_WORKER,
        .revision = at->offset * REVISION_EVENTS + at->event_n++,
        .requested_ms = task->requested_ms,
        .accepted_ms = TIME_NONE,
        .dispatched_ms = TIME_NONE,
        .finished_ms = at->log_ms,
        .time_ms = at->log_ms,
        .source = task->source,
        .request_id = task->request_id,
        .instance_id = task->instance_id,
        .region = task->region,
        .requested_by = task->requested_by,
        .reason = task->reason,
        .error_code = code,
        .error_message = message,
        .worker = ledger_owner(ledger),
        .traceparent = task->traceparent,
        .tracestate = task->tracestate,
    };
    owe_event(ledger, at, &outcome);
}

/* Room for one more open request, when closed memory gives way? */
static bool has_room(const struct ledger *ledger, const struct entry *entry, size_t bytes)
{
    if (entry->open_n >= ledger->limits.open_requests)
        return false;
    if (entry->bytes + bytes <= ledger->limits.entry_bytes)
        return true;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        bytes += request_bytes(req);
    return bytes <= ledger->limits.entry_bytes;
}

static void open_request(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct task_op *op)
{
    struct request *req = request_make(ledger->pool, op);
    if (!has_room(ledger, entry, request_bytes(req))) {
        request_free(ledger->pool, req);
        reject(ledger, at, op, VIEW_LIT("request.cap"),
               VIEW_LIT("the instance has as many open requests as limits.open_requests or "
                        "limits.entry_bytes allow; send it again later"));
        return;
    }
    req->accepted_ms = at->log_ms;
    req->applied = at->offset;
    struct request **tail = &entry->open;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = req;
    entry->open_n++;
    entry->bytes += (uint32_t)request_bytes(req);
    entry_trim(ledger->pool, entry, &ledger->limits);
    ledger->opened_n++;
    struct outcome accepted = outcome_of(ledger, at, entry, req);
    accepted.status = OUTCOME_ACCEPTED;
    owe_event(ledger, at, &accepted);

    const struct reboot *last = entry->reboot;
    const struct flight *flight = entry->phase == ENTRY_WAITING ? NULL : entry->flight;
    if (entry_take_early(ledger->pool, entry, request_text(req, REQUEST_ID)))
        close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
    else if (last != NULL && serves(last->started_ms, last->intent, last->kind, req))
        close_as_served(ledger, at, entry, req);
    else if (flight != NULL && serves(flight->started_ms, flight->intent, flight->kind, req))
        req->flags |= REQUEST_RIDES;
    if (entry->phase == ENTRY_CLOSED && entry->open != NULL)
        set_phase(ledger, entry, ENTRY_WAITING);
}

/* A request id that is known already: the first one counts. */
static bool join_known(struct ledger *ledger, struct place *at, struct entry *entry,
                       const struct task_op *op, struct folded *out)
{
    const struct request *open = entry_find_open(entry, op->task.request_id);
    if (open != NULL) {
        if (!request_says(open, &op->task))
            out->differing_id = op->task.request_id;
        return true;
    }
    const struct closed *closed = entry_find_closed(entry, op->task.request_id);
    if (closed == NULL)
        return false;
    outbox_push(&ledger->outbox, at->offset, kept_share(closed->last_word));
    return true;
}

static void apply_cancel(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct task_op *op)
{
    struct request *req = entry_find_open(entry, op->task.request_id);
    if (req == NULL) {
        if (entry_find_closed(entry, op->task.request_id) == NULL) {
            entry_add_early(ledger->pool, entry, op->task.request_id, op->task.expires_ms);
            entry_trim(ledger->pool, entry, &ledger->limits);
        }
        return;
    }
    bool may_have_gone =
        (req->flags & REQUEST_RIDES) || (entry->tainted && (req->flags & REQUEST_TRIED));
    if (!may_have_gone) {
        close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
        if (entry->phase == ENTRY_WAITING)
            settle(ledger, entry);
    } else if (entry->phase != ENTRY_REBOOTING) {
        req->flags |= REQUEST_CANCELLED;
    }
}

/* Advances the position of the op's input partition; false when the op had been applied before. */
static bool take_source(struct ledger *ledger, struct source source)
{
    if (ledger_has_source(ledger, source))
        return false;
    uint32_t i = 0;
    while (i < ledger->source_n && ledger->sources[i].partition != source.partition)
        i++;
    if (i == ledger->source_cap) {
        uint32_t cap = ledger->source_cap == 0 ? 8 : ledger->source_cap * 2;
        struct source_position *more = pool_need(ledger->pool, sizeof *more * cap);
        if (i > 0)
            memcpy(more, ledger->sources, sizeof *more * i);
        pool_give(ledger->pool, ledger->sources, sizeof *more * ledger->source_cap);
        ledger->sources = more;
        ledger->source_cap = cap;
    }
    if (i == ledger->source_n)
        ledger->source_n++;
    ledger->sources[i] = (struct source_position){
        .partition = source.partition, .offset = source.offset, .index = source.index};
    return true;
}

static void apply_task(struct ledger *ledger, struct place *at, const struct task_op *op,
                       struct folded *out)
{
    if (!take_source(ledger, op->task.source)) {
        ledger->repeated_n++;
        return;
    }
    if (op->task.type == TASK_REFUSED) {
        reject(ledger, at, op, op->task.error_code, op->task.error_message);
        return;
    }
    struct entry *entry = need_entry(ledger, op->task.instance_id);
    touch(out, entry, at);
    if (op->task.type == TASK_CANCEL)
        apply_cancel(ledger, at, entry, op);
    else if (join_known(ledger, at, entry, op, out))
        ledger->known_n++;
    else if (op->reject_code.n > 0)
        reject(ledger, at, op, op->reject_code, op->reject_message);
    else
        open_request(ledger, at, entry, op);
}

void apply_tasks(struct ledger *ledger, struct place *at, const struct record *record,
                 struct folded *out)
{
    for (uint32_t i = 0; i < record->u.tasks.op_n; i++)
        apply_task(ledger, at, &record->u.tasks.ops[i], out);
    if (record->u.tasks.cursor > ledger->cursor)
        ledger->cursor = record->u.tasks.cursor;
}

/* ---- intent and answer ---- */

void apply_intent(struct ledger *ledger, struct place *at, const struct record *record,
                  struct folded *out)
{
    for (uint32_t i = 0; i < record->u.intent.instance_n; i++) {
        struct entry *entry = table_find(&ledger->table, record->u.intent.instance_ids[i]);
        if (entry == NULL)
            continue;
        touch(out, entry, at);
        if (entry->phase != ENTRY_WAITING)
            continue;
        struct request *leader = NULL;
        for (struct request *req = entry->open; req != NULL; req = req->next) {
            bool made_for = reboot_strength(req->kind) <= reboot_strength(record->u.intent.kind) &&
                            (req->not_before_ms == TIME_NONE ||
                             req->not_before_ms <= record->u.intent.decided_ms);
            req->flags &= (uint8_t) ~(REQUEST_RIDES | REQUEST_LEADS);
            if (!made_for)
                continue;
            req->flags |= REQUEST_RIDES;
            if (leader == NULL)
                leader = req;
        }
        if (leader == NULL)
            continue;
        leader->flags |= REQUEST_LEADS;
        entry->tainted = false;
        entry_set_flight(ledger->pool, entry,
                         &(struct flight){
                             .dispatch = record->u.intent.dispatch,
                             .started_ms = at->log_ms,
                             .intent = at->offset,
                             .sign_s = record->u.intent.sign_s,
                             .batch_size = record->u.intent.batch_size,
                             .kind = (uint8_t)record->u.intent.kind,
                         });
        set_phase(ledger, entry, ENTRY_DISPATCHING);
    }
}

static bool same_dispatch(struct dispatch_id a, struct dispatch_id b)
{
    return a.nonce == b.nonce && a.count == b.count;
}

static void owe_of_flight(struct ledger *ledger, struct place *at, struct entry *entry,
                          enum outcome_status status)
{
    struct request *leader = entry_leader(entry);
    if (leader == NULL)
        return;
    struct outcome outcome = outcome_of(ledger, at, entry, leader);
    outcome.status = status;
    outcome_add_flight(&outcome, entry->flight);
    if (status == OUTCOME_RETRYING)
        outcome_add_error(&outcome, entry->error);
    else
        outcome.dispatched_ms = entry->flight->started_ms;
    owe_event(ledger, at, &outcome);
}

static void remember_reboot(struct ledger *ledger, struct entry *entry,
                            enum confirmed_by confirmed_by)
{
    const struct flight *flight = entry->flight;
    const struct request *leads = entry_leader(entry);
    struct view leader = leads == NULL ? VIEW_NONE : request_text(leads, REQUEST_ID);
    uint16_t leader_n = (uint16_t)leader.n;
    struct reboot *old = entry->reboot;
    if (old != NULL)
        pool_give(ledger->pool, old, sizeof *old + old->api_request_id_n + old->leader_n);
    struct reboot *reboot =
        pool_need(ledger->pool, sizeof *reboot + flight->api_request_id_n + leader_n);
    reboot->started_ms = flight->started_ms;
    reboot->intent = flight->intent;
    reboot->dispatched_ms = flight->started_ms;
    reboot->dispatch = flight->dispatch;
    reboot->batch_size = flight->batch_size;
    reboot->kind = flight->kind;
    reboot->confirmed_by = (uint8_t)confirmed_by;
    reboot->api_request_id_n = flight->api_request_id_n;
    reboot->leader_n = leader_n;
    memcpy(reboot->text, flight->api_request_id, flight->api_request_id_n);
    if (leader_n > 0)
        memcpy(reboot->text + flight->api_request_id_n, leader.p, leader_n);
    entry->reboot = reboot;
}

/* The flight comes back: its riders wait again, or end here. */
static void riders_back(struct ledger *ledger, struct place *at, struct entry *entry,
                        uint32_t flags, uint32_t max_attempts)
{
    for (struct request *req = entry->open, *next; req != NULL; req = next) {
        next = req->next;
        if (!(req->flags & REQUEST_RIDES))
            continue;
        req->flags &= (uint8_t)~REQUEST_RIDES;
        req->flags |= REQUEST_TRIED;
        if ((flags & MEMBER_STRIKE) && req->strikes < UINT16_MAX)
            req->strikes++;
        if (req->strikes >= max_attempts) {
            struct outcome outcome = outcome_of(ledger, at, entry, req);
            outcome.status = OUTCOME_FAILED;
            outcome_add_flight(&outcome, entry->flight);
            outcome_add_error(&outcome, entry->error);
            close_request(ledger, at, entry, req, &outcome);
        } else if ((flags & MEMBER_REFUSED) && (req->flags & REQUEST_CANCELLED)) {
            close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
        }
    }
}

static void apply_sent(struct ledger *ledger, struct place *at, struct entry *entry,
                       bool final_dispatch)
{
    set_phase(ledger, entry, ENTRY_REBOOTING);
    if (!final_dispatch) {
        owe_of_flight(ledger, at, entry, OUTCOME_DISPATCHED);
        return;
    }
    remember_reboot(ledger, entry, CONFIRMED_NONE);
    close_riders(ledger, at, entry, &(struct ending){.status = OUTCOME_DISPATCHED});
    settle(ledger, entry);
}

static void apply_back(struct ledger *ledger, struct place *at, struct entry *entry,
                       const struct member *member, uint32_t max_attempts)
{
    const struct request *leader = entry_leader(entry);
    bool last = leader != NULL && leader->strikes + 1u >= max_attempts;
    if ((member->flags & MEMBER_STRIKE) && !last)
        owe_of_flight(ledger, at, entry, OUTCOME_RETRYING);
    entry->tainted = !(member->flags & MEMBER_REFUSED);
    entry->next_ms = member->next_ms;
    riders_back(ledger, at, entry, member->flags, max_attempts);
    settle(ledger, entry);
}

static void apply_member(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct record *record, const struct member *member)
{
    struct request *leader = entry_leader(entry);
    if (leader != NULL && member->verdict != MEMBER_NOT_SENT && entry->phase == ENTRY_DISPATCHING &&
        !ledger->dry_run)
        leader->attempts++;
    entry->flight->batch_size = record->u.answer.batch_size;
    struct view api_id = record->u.answer.api_request_id;
    size_t api_id_max = sizeof entry->flight->api_request_id;
    entry->flight->api_request_id_n = (uint8_t)(api_id.n < api_id_max ? api_id.n : api_id_max);
    if (api_id.n > 0)
        memcpy(entry->flight->api_request_id, api_id.p, entry->flight->api_request_id_n);
    if (record->u.answer.error_source != ERROR_NONE)
        entry_set_error(ledger->pool, entry, record->u.answer.error_source,
                        record->u.answer.error_code, record->u.answer.error_message);
    switch (member->verdict) {
    case MEMBER_SENT:
        apply_sent(ledger, at, entry, record->u.answer.final_dispatch);
        break;
    case MEMBER_BACK:
        apply_back(ledger, at, entry, member, record->u.answer.max_attempts);
        break;
    case MEMBER_FAILED:
        close_riders(ledger, at, entry,
                     &(struct ending){.status = OUTCOME_FAILED, .error = entry->error});
        settle(ledger, entry);
        break;
    case MEMBER_UNKNOWN:
        set_phase(ledger, entry, ENTRY_UNKNOWN);
        break;
    case MEMBER_NOT_SENT:
        entry->next_ms = member->next_ms;
        riders_back(ledger, at, entry, MEMBER_REFUSED, UINT32_MAX);
        settle(ledger, entry);
        break;
    }
}

void apply_answer(struct ledger *ledger, struct place *at, const struct record *record,
                  struct folded *out)
{
    for (uint32_t i = 0; i < record->u.answer.member_n; i++) {
        const struct member *member = &record->u.answer.members[i];
        struct entry *entry = table_find(&ledger->table, member->instance_id);
        if (entry == NULL)
            continue;
        touch(out, entry, at);
        bool open = entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN;
        if (open && same_dispatch(entry->flight->dispatch, record->u.answer.dispatch))
            apply_member(ledger, at, entry, record, member);
    }
}

/* ---- sightings and shutting ---- */

/* What was taken for an attempt that came back did go: whoever rode on it rides again. */
static void ride_again(struct entry *entry)
{
    struct request *leader = entry_leader(entry);
    const struct flight *flight = entry->flight;
    for (struct request *req = entry->open; req != NULL; req = req->next) {
        bool rode = (req->flags & REQUEST_TRIED) &&
                    reboot_strength(req->kind) <= reboot_strength(flight->kind);
        if (!rode && !serves(flight->started_ms, flight->intent, flight->kind, req))
            continue;
        req->flags |= REQUEST_RIDES;
        if (leader == NULL) {
            leader = req;
            leader->flags |= REQUEST_LEADS;
        }
    }
}

static void apply_went(struct ledger *ledger, struct place *at, struct entry *entry)
{
    if (entry->phase == ENTRY_WAITING && entry->tainted) {
        ride_again(entry);
        entry->tainted = false;
        entry->next_ms = TIME_NONE;
    } else if (entry->phase == ENTRY_DISPATCHING) {
        struct request *leader = entry_leader(entry);
        if (leader != NULL)
            leader->attempts++;
    } else if (entry->phase != ENTRY_UNKNOWN) {
        return;
    }
    set_phase(ledger, entry, ENTRY_REBOOTING);
    owe_of_flight(ledger, at, entry, OUTCOME_DISPATCHED);
}

static void apply_ending(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct ending *ending)
{
    if (ending->status == OUTCOME_SUCCEEDED)
        remember_reboot(ledger, entry, ending->confirmed_by);
    close_riders(ledger, at, entry, ending);
    settle(ledger, entry);
}

static void fail_tried(struct ledger *ledger, struct place *at, struct entry *entry)
{
    for (struct request *req = entry->open, *next; req != NULL; req = next) {
        next = req->next;
        if (!(req->flags & REQUEST_TRIED))
            continue;
        struct outcome outcome = outcome_of(ledger, at, entry, req);
        outcome.status = OUTCOME_FAILED;
        if (entry->flight != NULL)
            outcome_add_flight(&outcome, entry->flight);
        outcome_add_error(&outcome, entry->error);
        close_request(ledger, at, entry, req, &outcome);
    }
    entry->tainted = false;
    settle(ledger, entry);
}

static void apply_not_done(struct ledger *ledger, struct place *at, struct entry *entry)
{
    if (entry->phase == ENTRY_WAITING)
        return;
    struct request *leader = entry_leader(entry);
    if (leader != NULL && entry->phase == ENTRY_DISPATCHING)
        leader->attempts++;
    riders_back(ledger, at, entry, MEMBER_REFUSED, UINT32_MAX);
    settle(ledger, entry);
}

static void apply_no_trace(struct ledger *ledger, struct place *at, struct entry *entry)
{
    if (entry->phase == ENTRY_WAITING && entry->tainted)
        ride_again(entry);
    entry->tainted = false;
    apply_ending(ledger, at, entry,
                 &(struct ending){.status = OUTCOME_UNKNOWN, .error = entry->error});
}

static void apply_finding(struct ledger *ledger, struct place *at, struct entry *entry,
                          const struct seen *seen)
{
    bool rebooting = entry->phase == ENTRY_REBOOTING;
    bool unclear = entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN;
    if (seen->error_code.n > 0)
        entry_set_error(ledger->pool, entry, ERROR_WORKER, seen->error_code, seen->error_message);
    switch (seen->finding) {
    case FOUND_WENT:
        apply_went(ledger, at, entry);
        break;
    case FOUND_NOT_DONE:
        if (unclear)
            apply_not_done(ledger, at, entry);
        break;
    case FOUND_NO_TRACE:
        if (unclear || (entry->phase == ENTRY_WAITING && entry->tainted))
            apply_no_trace(ledger, at, entry);
        break;
    case FOUND_RUNNING:
    case FOUND_ABSENT:
        if (rebooting)
            apply_ending(ledger, at, entry,
                         &(struct ending){.status = OUTCOME_SUCCEEDED,
                                          .confirmed_by = seen->finding == FOUND_RUNNING
                                                              ? CONFIRMED_STATE
                                                              : CONFIRMED_ABSENCE});
        break;
    case FOUND_OVERDUE:
        if (rebooting)
            apply_ending(ledger, at, entry, &(struct ending){.status = OUTCOME_UNCONFIRMED});
        break;
    case FOUND_DOWN:
        if (rebooting)
            apply_ending(ledger, at, entry,
                         &(struct ending){.status = OUTCOME_FAILED, .error = entry->error});
        break;
    case FOUND_NOT_RUNNABLE:
        if (entry->phase == ENTRY_WAITING)
            fail_tried(ledger, at, entry);
        break;
    }
}

void apply_seen(struct ledger *ledger, struct place *at, const struct record *record,
                struct folded *out)
{
    for (uint32_t i = 0; i < record->u.seen.item_n; i++) {
        const struct seen *seen = &record->u.seen.items[i];
        struct entry *entry = table_find(&ledger->table, seen->instance_id);
        if (entry == NULL)
            continue;
        touch(out, entry, at);
        apply_finding(ledger, at, entry, seen);
    }
}

void apply_shut(struct ledger *ledger, struct place *at, const struct record *record,
                struct folded *out)
{
    for (uint32_t i = 0; i < record->u.shut.item_n; i++) {
        const struct shut *shut = &record->u.shut.items[i];
        struct entry *entry = table_find(&ledger->table, shut->instance_id);
        if (entry == NULL)
            continue;
        touch(out, entry, at);
        struct request *req = entry_find_open(entry, shut->request_id);
        if (req == NULL || (req->flags & REQUEST_RIDES))
            continue;
        close_simply(ledger, at, entry, req, shut->status);
        if (entry->phase == ENTRY_WAITING)
            settle(ledger, entry);
    }
}
