/* SPDX-License-Identifier: Apache-2.0
 *
 * What was read of instances, and requests that end without a call. */
#include "core/apply.h"
#include "core/steps.h"

/* A call whose answer nobody wrote down: it is counted when it is found. */
static void count_found(struct entry *entry)
{
    struct request *leader = entry_leader(entry);
    if (leader != NULL && entry->phase == ENTRY_DISPATCHING)
        leader->attempts++;
}

static void apply_went(struct ledger *ledger, struct place *at, struct entry *entry)
{
    if (entry->phase == ENTRY_WAITING && entry->taint == TAINT_DENIED) {
        step_ride_again(entry);
        entry->taint = TAINT_NONE;
        entry->next_ms = TIME_NONE;
    } else if (entry->phase != ENTRY_DISPATCHING && entry->phase != ENTRY_UNKNOWN) {
        return;
    }
    count_found(entry);
    step_phase(ledger, entry, ENTRY_REBOOTING);
    step_owe_flight(ledger, at, entry, OUTCOME_DISPATCHED);
}

static void apply_ending(struct ledger *ledger, struct place *at, struct entry *entry,
                         const struct ending *ending)
{
    if (ending->status == OUTCOME_SUCCEEDED)
        step_remember(ledger, entry, ending->confirmed_by);
    step_close_riders(ledger, at, entry, ending);
    step_settle(ledger, entry);
}

static void fail_tried(struct ledger *ledger, struct place *at, struct entry *entry)
{
    for (struct request *req = entry->open, *next; req != NULL; req = next) {
        next = req->next;
        if (!(req->flags & REQUEST_TRIED))
            continue;
        struct outcome outcome = step_outcome(ledger, at, entry, req);
        outcome.status = OUTCOME_FAILED;
        if (entry->flight != NULL)
            step_add_flight(&outcome, entry->flight);
        step_add_error(&outcome, entry->error);
        step_close(ledger, at, entry, req, &outcome);
    }
    entry->taint = TAINT_NONE;
    step_settle(ledger, entry);
}

static void apply_not_done(struct ledger *ledger, struct place *at, struct entry *entry)
{
    if (entry->phase == ENTRY_WAITING)
        return;
    count_found(entry);
    step_riders_back(ledger, at, entry, MEMBER_REFUSED, UINT32_MAX);
    /* Its answer may be in the log by now: the flight is remembered, or an OK would be lost under
     * this finding. */
    entry->taint = TAINT_DOUBTED;
    step_settle(ledger, entry);
}

static void apply_no_trace(struct ledger *ledger, struct place *at, struct entry *entry, bool is_up)
{
    if (entry->phase == ENTRY_WAITING)
        step_ride_again(entry);
    entry->taint = is_up ? TAINT_LOST : TAINT_NONE;
    count_found(entry);
    apply_ending(ledger, at, entry,
                 &(struct ending){.status = OUTCOME_UNKNOWN, .error = entry->error});
}

static void apply_clear(struct ledger *ledger, struct entry *entry)
{
    entry->taint = TAINT_NONE;
    entry_clear_flight(ledger->pool, entry);
}

static void apply_finding(struct ledger *ledger, struct place *at, struct entry *entry,
                          const struct seen *seen)
{
    bool rebooting = entry->phase == ENTRY_REBOOTING;
    bool unclear = entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN;
    bool denied = entry->phase == ENTRY_WAITING && entry->taint == TAINT_DENIED;
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
    case FOUND_NO_TRACE_UP:
        if (unclear || denied)
            apply_no_trace(ledger, at, entry, seen->finding == FOUND_NO_TRACE_UP);
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
    case FOUND_CLEAR:
        if (denied)
            apply_clear(ledger, entry);
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
        step_touch(out, entry, at);
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
        step_touch(out, entry, at);
        struct request *req = entry_find_open(entry, shut->request_id);
        if (req == NULL || (req->flags & REQUEST_RIDES))
            continue;
        step_close_simply(ledger, at, entry, req, shut->status);
        /* It may be rebooting for nobody: those who rode had ended before it was seen. */
        if (entry->phase == ENTRY_WAITING || entry->open == NULL)
            step_settle(ledger, entry);
    }
}
