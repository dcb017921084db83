/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: new requests, repeated ones, cancels, refusals. */
#include "core/apply.h"
#include "core/steps.h"

static const struct reboot *reboot_that_serves(const struct entry *entry, const struct request *req)
{
    const struct reboot *reboot = entry->reboots;
    while (reboot != NULL &&
           !step_serves(&(struct effect){reboot->started_ms, reboot->intent, reboot->kind}, req))
        reboot = reboot->older;
    return reboot;
}

static void close_as_served(struct ledger *ledger, struct place *at, struct entry *entry,
                            struct request *req, const struct reboot *reboot)
{
    struct outcome outcome = step_outcome(ledger, at, entry, req);
    outcome.status =
        reboot->confirmed_by == CONFIRMED_NONE ? OUTCOME_DISPATCHED : OUTCOME_SUCCEEDED;
    outcome.confirmed_by = reboot->confirmed_by;
    outcome.dispatched_ms = reboot->started_ms;
    if (!outcome.dry_run) {
        outcome.dispatch = reboot->dispatch;
        outcome.batch_size = reboot->batch_size;
        outcome.api_request_id = (struct view){reboot->text, reboot->api_request_id_n};
    }
    outcome.served_by = (struct view){reboot->text + reboot->api_request_id_n, reboot->leader_n};
    step_close(ledger, at, entry, req, &outcome);
}

static void reject(struct ledger *ledger, struct place *at, const struct task_op *op,
                   struct view code, struct view message)
{
    const struct task *task = &op->task;
    struct outcome outcome = {
        .status = OUTCOME_REJECTED,
        .final = true,
        .dry_run = ledger->dry_run,
        .error_source = ERROR_WORKER,
        .revision = step_revision(at),
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
    step_owe(ledger, at, &outcome);
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
    struct outcome accepted = step_outcome(ledger, at, entry, req);
    accepted.status = OUTCOME_ACCEPTED;
    step_owe(ledger, at, &accepted);

    const struct reboot *served = reboot_that_serves(entry, req);
    bool is_under_way = entry->phase != ENTRY_WAITING && entry->phase != ENTRY_CLOSED;
    const struct flight *flight = is_under_way ? entry->flight : NULL;
    if (entry_take_early(ledger->pool, entry, request_text(req, REQUEST_ID), op->task_ms))
        step_close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
    else if (served != NULL)
        close_as_served(ledger, at, entry, req, served);
    else if (flight != NULL &&
             step_serves(&(struct effect){flight->started_ms, flight->intent, flight->kind}, req))
        req->flags |= REQUEST_RIDES;
    if (entry->phase == ENTRY_CLOSED && entry->open != NULL)
        step_phase(ledger, entry, ENTRY_WAITING);
}

/* Of what was asked, the last word on it keeps these. */
static bool says_the_same(const struct kept *last_word, const struct task *task)
{
    struct outcome outcome;
    kept_outcome(last_word, &outcome);
    return view_equals(outcome.region, task->region) &&
           view_equals(outcome.requested_by, task->requested_by) &&
           view_equals(outcome.reason, task->reason);
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
    if (!says_the_same(closed->last_word, &op->task))
        out->differing_id = op->task.request_id;
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
    bool is_unclear = entry->taint == TAINT_DENIED || entry->taint == TAINT_DOUBTED;
    bool may_have_gone =
        (req->flags & REQUEST_RIDES) || (is_unclear && (req->flags & REQUEST_TRIED));
    if (!may_have_gone) {
        step_close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
        if (entry->phase == ENTRY_WAITING || entry->open == NULL)
            step_settle(ledger, entry);
    } else if (entry->phase != ENTRY_REBOOTING) {
        req->flags |= REQUEST_CANCELLED;
    }
}

static void apply_task(struct ledger *ledger, struct place *at, const struct task_op *op,
                       struct folded *out)
{
    if (!sources_take(&ledger->sources, ledger->pool, op->task.source)) {
        ledger->repeated_n++;
        return;
    }
    if (op->task.type == TASK_REFUSED) {
        reject(ledger, at, op, op->task.error_code, op->task.error_message);
        return;
    }
    struct entry *entry = step_need_entry(ledger, op->task.instance_id);
    step_touch(out, entry, at);
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
