/* SPDX-License-Identifier: Apache-2.0 */
#include "core/steps.h"

#include <string.h>

#include "base/check.h"

/* Room in a revision for the events of one record: every open request of every instance in it ends.
 * What is left for the offset are 2^35, in numbers that JSON readers take exactly. */
enum { REVISION_EVENTS = 1 << 18 };

void step_phase(struct ledger *ledger, struct entry *entry, enum entry_phase to)
{
    ledger->phase_n[entry->phase]--;
    entry_move(entry, to);
    ledger->phase_n[to]++;
}

void step_touch(struct folded *out, struct entry *entry, const struct place *at)
{
    entry->touched = at->offset;
    out->touched[out->touched_n++] = entry;
}

struct entry *step_need_entry(struct ledger *ledger, struct view id)
{
    uint32_t before = ledger->table.entry_n;
    struct entry *entry = table_need(&ledger->table, id);
    if (ledger->table.entry_n > before)
        ledger->phase_n[ENTRY_CLOSED]++;
    return entry;
}

static void owe(struct ledger *ledger, struct place *at, struct kept *take_kept,
                enum outcome_status status)
{
    ledger->outcomes_n[status]++;
    outbox_push(&ledger->outbox, at->offset, take_kept);
}

int64_t step_revision(struct place *at)
{
    CHECK(at->event_n < REVISION_EVENTS);
    return at->offset * REVISION_EVENTS + at->event_n++;
}

struct outcome step_outcome(const struct ledger *ledger, struct place *at,
                            const struct entry *entry, const struct request *req)
{
    return (struct outcome){
        .dry_run = ledger->dry_run,
        .attempts = req->attempts,
        .revision = step_revision(at),
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

void step_add_flight(struct outcome *outcome, const struct flight *flight)
{
    if (outcome->dry_run)
        return; /* no call was made */
    outcome->dispatch = flight->dispatch;
    outcome->batch_size = flight->batch_size;
    outcome->api_request_id = (struct view){flight->api_request_id, flight->api_request_id_n};
}

void step_add_error(struct outcome *outcome, const struct last_error *error)
{
    if (error == NULL)
        return;
    outcome->error_source = error->source;
    outcome->error_code = last_error_code(error);
    outcome->error_message = last_error_message(error);
}

void step_owe(struct ledger *ledger, struct place *at, const struct outcome *outcome)
{
    owe(ledger, at, kept_make(ledger->pool, outcome), outcome->status);
}

static struct request **link_of(struct entry *entry, const struct request *req)
{
    struct request **link = &entry->open;
    while (*link != req)
        link = &(*link)->next;
    return link;
}

void step_close(struct ledger *ledger, struct place *at, struct entry *entry, struct request *req,
                struct outcome *outcome)
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

void step_close_simply(struct ledger *ledger, struct place *at, struct entry *entry,
                       struct request *req, enum outcome_status status)
{
    struct outcome outcome = step_outcome(ledger, at, entry, req);
    outcome.status = status;
    if (status == OUTCOME_EXPIRED && (req->flags & REQUEST_TRIED))
        step_add_error(&outcome, entry->error);
    step_close(ledger, at, entry, req, &outcome);
}

static bool has_tried(const struct entry *entry)
{
    const struct request *req = entry->open;
    while (req != NULL && !(req->flags & REQUEST_TRIED))
        req = req->next;
    return req != NULL;
}

void step_settle(struct ledger *ledger, struct entry *entry)
{
    /* A pause is for those whose attempt came back, an error is theirs. */
    if (!has_tried(entry)) {
        entry->next_ms = TIME_NONE;
        entry_set_error(ledger->pool, entry, ERROR_NONE, VIEW_NONE, VIEW_NONE);
    }
    if (entry->open == NULL)
        entry->taint = entry->taint == TAINT_LOST ? TAINT_LOST : TAINT_NONE;
    step_phase(ledger, entry, entry->open == NULL ? ENTRY_CLOSED : ENTRY_WAITING);
    if (entry->taint == TAINT_NONE)
        entry_clear_flight(ledger->pool, entry);
}

void step_close_riders(struct ledger *ledger, struct place *at, struct entry *entry,
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
        struct outcome outcome = step_outcome(ledger, at, entry, req);
        outcome.status = ending->status;
        outcome.confirmed_by = ending->confirmed_by;
        if (!(req->flags & REQUEST_LEADS))
            outcome.served_by = leader;
        step_add_flight(&outcome, entry->flight);
        step_add_error(&outcome, ending->error);
        if (was_sent)
            outcome.dispatched_ms = entry->flight->started_ms;
        step_close(ledger, at, entry, req, &outcome);
    }
}

void step_owe_flight(struct ledger *ledger, struct place *at, struct entry *entry,
                     enum outcome_status status)
{
    struct request *leader = entry_leader(entry);
    if (leader == NULL)
        return;
    struct outcome outcome = step_outcome(ledger, at, entry, leader);
    outcome.status = status;
    step_add_flight(&outcome, entry->flight);
    if (status == OUTCOME_RETRYING)
        step_add_error(&outcome, entry->error);
    else
        outcome.dispatched_ms = entry->flight->started_ms;
    step_owe(ledger, at, &outcome);
}

/* In whose name the flight was made. */
static struct view leader_of_flight(const struct entry *entry)
{
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if (req->flags & REQUEST_LEADS)
            return request_text(req, REQUEST_ID);
    for (const struct closed *closed = entry->closed; closed != NULL; closed = closed->next) {
        struct outcome word;
        kept_outcome(closed->last_word, &word);
        if (dispatch_id_equals(word.dispatch, entry->flight->dispatch))
            return word.served_by.n > 0 ? word.served_by : word.request_id;
    }
    return VIEW_NONE;
}

void step_remember(struct ledger *ledger, struct entry *entry, enum confirmed_by confirmed_by)
{
    const struct flight *flight = entry->flight;
    entry_add_reboot(ledger->pool, entry,
                     &(struct reboot){.started_ms = flight->started_ms,
                                      .intent = flight->intent,
                                      .dispatch = flight->dispatch,
                                      .batch_size = flight->batch_size,
                                      .kind = flight->kind,
                                      .confirmed_by = (uint8_t)confirmed_by},
                     (struct view){flight->api_request_id, flight->api_request_id_n},
                     leader_of_flight(entry));
}

void step_riders_back(struct ledger *ledger, struct place *at, struct entry *entry,
                      enum member_flag flags, uint32_t max_attempts)
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
            struct outcome outcome = step_outcome(ledger, at, entry, req);
            outcome.status = OUTCOME_FAILED;
            step_add_flight(&outcome, entry->flight);
            step_add_error(&outcome, entry->error);
            step_close(ledger, at, entry, req, &outcome);
        } else if ((flags & MEMBER_REFUSED) && (req->flags & REQUEST_CANCELLED)) {
            step_close_simply(ledger, at, entry, req, OUTCOME_CANCELLED);
        }
    }
}

void step_ride_again(struct entry *entry)
{
    struct request *leader = entry_leader(entry);
    const struct flight *flight = entry->flight;
    const struct effect effect = {flight->started_ms, flight->intent, flight->kind};
    for (struct request *req = entry->open; req != NULL; req = req->next) {
        bool rode = (req->flags & REQUEST_TRIED) &&
                    reboot_strength(req->kind) <= reboot_strength(flight->kind);
        if (!rode && !step_serves(&effect, req))
            continue;
        req->flags |= REQUEST_RIDES;
        if (leader == NULL) {
            leader = req;
            leader->flags |= REQUEST_LEADS;
        }
    }
}

bool step_serves(const struct effect *effect, const struct request *req)
{
    if (reboot_strength(effect->kind) < reboot_strength(req->kind))
        return false;
    if (req->not_before_ms != TIME_NONE && effect->started_ms < req->not_before_ms)
        return false;
    if (req->serves_after_ms == TIME_NONE)
        return effect->intent > req->applied;
    return effect->started_ms > req->serves_after_ms;
}
