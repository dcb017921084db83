/* SPDX-License-Identifier: Apache-2.0
 *
 * One entry of ours: what is due for it now, and when to come back. Called whenever something about
 * it may have changed; idempotent. */
#include "base/check.h"
#include "core/engine_impl.h"

static const int64_t try_again_ms = 10; /* a queue of proposals is full */

struct hint *hint_need(struct engine *eng, struct entry *entry)
{
    if (entry->hint == NULL) {
        entry->hint = pool_need(&eng->pool, sizeof *entry->hint);
        entry->hint->look_ms = TIME_NONE;
    }
    return entry->hint;
}

void hint_begin_flight(struct entry *entry)
{
    struct hint *hint = entry->hint;
    if (hint == NULL)
        return;
    hint->inherited = false;
    hint->looked = false;
    hint->hold = false;
    hint->was_down = false;
    hint->by_id = false;
    hint->down_n = 0;
    hint->absent_n = 0;
    hint->listed = 0;
    hint->looks_n = 0;
    hint->look_ms = TIME_NONE;
}

void entry_unwatch(struct engine *eng, struct entry *entry)
{
    timers_set(&eng->timers, entry, TIME_NONE);
    queue_remove(entry);
    party_leave(eng, entry);
    pool_give(&eng->pool, entry->hint, sizeof *entry->hint);
    entry->hint = NULL;
    entry->proposed = false;
}

/* An attempt that may have had its effect is cleared up before anything that rode on it ends. */
static bool is_unclear(const struct entry *entry)
{
    return entry->phase == ENTRY_WAITING && entry->taint == TAINT_DENIED &&
           !(entry->hint != NULL && entry->hint->looked);
}

/* It is read, and found able to be rebooted, before the next attempt. */
static bool must_look_first(const struct entry *entry)
{
    return entry->phase == ENTRY_WAITING && entry->taint == TAINT_DENIED &&
           (is_unclear(entry) || entry->hint->hold);
}

/* Somebody who waits for an unclear attempt has run out of time, and no read succeeds: the answer
 * is that it cannot be known. */
static bool give_up_unclear(struct engine *eng, struct owner *owner, struct entry *entry)
{
    if (!is_unclear(entry) || !look_past_horizon(eng, owner, entry))
        return false;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if ((req->flags & REQUEST_TRIED) && req->expires_ms <= now_ms(eng))
            return propose_seen(eng, entry, owner, (struct seen){.finding = FOUND_NO_TRACE});
    return false;
}

/* Proposes to end the first request whose time is over or that was withdrawn. */
static bool shut_one(struct engine *eng, struct owner *owner, struct entry *entry)
{
    for (const struct request *req = entry->open; req != NULL; req = req->next) {
        if (req->flags & REQUEST_RIDES)
            continue;
        if (is_unclear(entry) && (req->flags & REQUEST_TRIED))
            continue;
        bool cancelled = req->flags & REQUEST_CANCELLED;
        if (!cancelled && req->expires_ms > now_ms(eng))
            continue;
        struct shut shut = {.request_id = request_text(req, REQUEST_ID),
                            .status = cancelled ? OUTCOME_CANCELLED : OUTCOME_EXPIRED};
        if (!propose_shut(eng, entry, owner, shut))
            timers_set(&eng->timers, entry, now_ms(eng) + try_again_ms);
        return true;
    }
    return false;
}

static int64_t next_expiry_ms(const struct engine *eng, const struct entry *entry)
{
    int64_t next = INT64_MAX;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if (!(req->flags & REQUEST_RIDES) && req->expires_ms < next &&
            req->expires_ms > now_ms(eng))
            next = req->expires_ms;
    return next;
}

/* When the first of the waiting requests may go. */
static int64_t ready_ms(const struct entry *entry)
{
    int64_t ready = INT64_MAX;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if (req->not_before_ms < ready)
            ready = req->not_before_ms; /* TIME_NONE is the smallest */
    return ready > entry->next_ms ? ready : entry->next_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t review_look(struct engine *eng, struct owner *owner, struct entry *entry)
{
    int64_t due = look_due_ms(eng, owner, entry);
    if (entry->proposed || due > now_ms(eng))
        return due;
    look_enqueue(eng, entry);
    return INT64_MAX;
}

static int64_t review_waiting(struct engine *eng, struct owner *owner, struct entry *entry)
{
    if (must_look_first(entry))
        return review_look(eng, owner, entry);
    int64_t ready = ready_ms(entry);
    if (ready > now_ms(eng))
        return ready;
    lane_add(eng, entry);
    return INT64_MAX;
}

/* Lists say that it is up; or nothing can be read, and that for twice the time it has. */
static bool end_watch(struct engine *eng, struct owner *owner, struct entry *entry)
{
    int64_t age_ms = owner_log_now_ms(eng, owner) - entry->flight->started_ms;
    struct seen seen = {.finding = FOUND_OVERDUE};
    if (entry->hint != NULL && entry->hint->absent_n >= LISTER_ABSENCES)
        seen.finding = FOUND_ABSENT;
    else if (age_ms < 2 * eng->options.confirm_timeout_ms || eng->read_failures == 0)
        return false;
    if (!propose_seen(eng, entry, owner, seen))
        timers_set(&eng->timers, entry, now_ms(eng) + try_again_ms);
    return true;
}

static int64_t review_rebooting(struct engine *eng, struct owner *owner, struct entry *entry)
{
    party_leave(eng, entry);
    if (entry->hint != NULL)
        entry->hint->baseline = false; /* its LatestOperation is this reboot from now on */
    int64_t age_ms = owner_log_now_ms(eng, owner) - entry->flight->started_ms;
    int64_t left_ms = 2 * eng->options.confirm_timeout_ms - age_ms;
    if (left_ms <= 0) /* reads succeed: it waits for its turn */
        left_ms = eng->options.confirm_timeout_ms / 2;
    return earlier(now_ms(eng) + left_ms, review_look(eng, owner, entry));
}

void review_entry(struct engine *eng, struct owner *owner, struct entry *entry)
{
    queue_remove(entry);
    if (owner->role != ROLE_OWNER || entry->proposed) {
        timers_set(&eng->timers, entry, TIME_NONE);
        return;
    }
    if (entry->phase == ENTRY_CLOSED) {
        entry_unwatch(eng, entry);
        return;
    }
    if (shut_one(eng, owner, entry) || give_up_unclear(eng, owner, entry))
        return;
    if (entry->phase == ENTRY_REBOOTING && end_watch(eng, owner, entry))
        return;
    int64_t next = next_expiry_ms(eng, entry);
    switch ((enum entry_phase)entry->phase) {
    case ENTRY_WAITING:
        next = earlier(next, review_waiting(eng, owner, entry));
        break;
    case ENTRY_DISPATCHING:
        if (!dispatch_carries(eng, entry))
            next = earlier(next, review_look(eng, owner, entry));
        break;
    case ENTRY_UNKNOWN:
        party_leave(eng, entry);
        if (!dispatch_carries(eng, entry))
            next = earlier(next, review_look(eng, owner, entry));
        break;
    case ENTRY_REBOOTING:
        next = earlier(next, review_rebooting(eng, owner, entry));
        break;
    case ENTRY_CLOSED:
        UNREACHABLE();
    }
    if (entry->proposed)
        next = INT64_MAX;
    timers_set(&eng->timers, entry, next == INT64_MAX ? TIME_NONE : next);
}
