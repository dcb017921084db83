/* SPDX-License-Identifier: Apache-2.0
 *
 * Intents and answers: a flight begins, and what the API said of it. */
#include "core/apply.h"
#include <string.h>

#include "core/steps.h"

/* The owner knows the log's clock only so well: whoever may go by the record's own time goes too.
 */
static bool is_made_for(const struct record *intent, const struct place *at,
                        const struct request *req)
{
    int64_t latest_ms =
        intent->u.intent.decided_ms > at->log_ms ? intent->u.intent.decided_ms : at->log_ms;
    return reboot_strength(req->kind) <= reboot_strength(intent->u.intent.kind) &&
           (req->not_before_ms == TIME_NONE || req->not_before_ms <= latest_ms);
}

void apply_intent(struct ledger *ledger, struct place *at, const struct record *record,
                  struct folded *out)
{
    for (uint32_t i = 0; i < record->u.intent.instance_n; i++) {
        struct entry *entry = table_find(&ledger->table, record->u.intent.instance_ids[i]);
        if (entry == NULL)
            continue;
        step_touch(out, entry, at);
        if (entry->phase != ENTRY_WAITING)
            continue;
        struct request *leader = NULL;
        for (struct request *req = entry->open; req != NULL; req = req->next) {
            req->flags &= (uint8_t) ~(REQUEST_RIDES | REQUEST_LEADS);
            if (!is_made_for(record, at, req))
                continue;
            req->flags |= REQUEST_RIDES;
            if (leader == NULL)
                leader = req;
        }
        if (leader == NULL)
            continue;
        leader->flags |= REQUEST_LEADS;
        entry->taint = TAINT_NONE;
        entry_set_flight(ledger->pool, entry,
                         &(struct flight){
                             .dispatch = record->u.intent.dispatch,
                             .started_ms = at->log_ms,
                             .intent = at->offset,
                             .sign_s = record->u.intent.sign_s,
                             .batch_size = record->u.intent.batch_size,
                             .kind = (uint8_t)record->u.intent.kind,
                         });
        step_phase(ledger, entry, ENTRY_DISPATCHING);
    }
}

static void apply_sent(struct ledger *ledger, struct place *at, struct entry *entry,
                       bool final_dispatch)
{
    if (entry->taint == TAINT_LOST) {
        step_remember(ledger, entry, final_dispatch ? CONFIRMED_NONE : CONFIRMED_STATE);
        entry->taint = TAINT_NONE;
        entry_clear_flight(ledger->pool, entry);
        return;
    }
    if (entry->phase == ENTRY_WAITING)
        step_ride_again(entry);
    entry->taint = TAINT_NONE;
    entry->next_ms = TIME_NONE;
    step_phase(ledger, entry, ENTRY_REBOOTING);
    if (!final_dispatch) {
        step_owe_flight(ledger, at, entry, OUTCOME_DISPATCHED);
        return;
    }
    step_remember(ledger, entry, CONFIRMED_NONE);
    step_close_riders(ledger, at, entry, &(struct ending){.status = OUTCOME_DISPATCHED});
    step_settle(ledger, entry);
}

static void apply_back(struct ledger *ledger, struct place *at, struct entry *entry,
                       const struct member *member, uint32_t max_attempts)
{
    const struct request *leader = entry_leader(entry);
    bool last = leader != NULL && leader->strikes + 1u >= max_attempts;
    if ((member->flags & MEMBER_STRIKE) && !last)
        step_owe_flight(ledger, at, entry, OUTCOME_RETRYING);
    entry->taint = member->flags & MEMBER_REFUSED ? TAINT_NONE : TAINT_DENIED;
    entry->next_ms = member->next_ms;
    step_riders_back(ledger, at, entry, member->flags, max_attempts);
    step_settle(ledger, entry);
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
        step_close_riders(ledger, at, entry,
                          &(struct ending){.status = OUTCOME_FAILED, .error = entry->error});
        step_settle(ledger, entry);
        break;
    case MEMBER_UNKNOWN:
        step_phase(ledger, entry, ENTRY_UNKNOWN);
        break;
    case MEMBER_NOT_SENT:
        entry->next_ms = member->next_ms;
        step_riders_back(ledger, at, entry, MEMBER_REFUSED, UINT32_MAX);
        step_settle(ledger, entry);
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
        step_touch(out, entry, at);
        if (entry_awaits(entry, record->u.answer.dispatch, member->verdict == MEMBER_SENT))
            apply_member(ledger, at, entry, record, member);
    }
}
