/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quota.h"

#include "base/check.h"

static const double slot_share = 0.96;
static const double pace_min = 1.0 / 64;
/* A throttle costs about two slots of ours until the pace is back; one call in 500 of a pool that
 * has the account to itself is throttled, so it keeps to more than 95 % of the limit. */
static const double pace_cut = 0.75;
static const double pace_gain = 0.02; /* per slot used */
static const int64_t idle_us = 1000000;

void quota_init(struct quota *quota, double calls_per_s, int32_t partition_n)
{
    PRE(partition_n > 0);
    *quota = (struct quota){
        .partition_n = partition_n, .pace = 1, .judged = -1, .last_sent_us = INT64_MIN};
    quota_set_limit(quota, calls_per_s);
}

void quota_set_limit(struct quota *quota, double calls_per_s)
{
    PRE(calls_per_s > 0);
    quota->slots_per_s = calls_per_s * slot_share;
    quota->judged = -1; /* slots are numbered anew */
}

static int64_t slot_at(const struct quota *quota, int64_t wall_us)
{
    return (int64_t)((double)wall_us * quota->slots_per_s / 1e6);
}

static int64_t slot_start_us(const struct quota *quota, int64_t slot)
{
    return (int64_t)((double)slot * 1e6 / quota->slots_per_s) + 1;
}

/* The first slot of ours from this one on; INT64_MAX when nothing is owned. */
static int64_t own_slot(const struct quota *quota, const struct quota_owner *owner, int64_t slot)
{
    for (int32_t i = 0; i < quota->partition_n; i++)
        if (owner->owns[(slot + i) % quota->partition_n])
            return slot + i;
    return INT64_MAX;
}

/* The last slot of ours that is not still to come; -1 when nothing is owned. */
static int64_t past_slot(const struct quota *quota, const struct quota_owner *owner, int64_t now)
{
    for (int64_t slot = now; slot > now - quota->partition_n && slot >= 0; slot--)
        if (owner->owns[slot % quota->partition_n])
            return slot;
    return -1;
}

/* From when on this slot of ours, the next one, may be borrowed; INT64_MAX: not at all. */
static int64_t borrow_us(const struct quota *quota, int64_t slot, const struct quota_owner *owner,
                         int64_t wall_us)
{
    int64_t passed = past_slot(quota, owner, slot_at(quota, wall_us));
    if (passed <= quota->judged || (double)(slot - passed) > quota->slots_per_s)
        return INT64_MAX;
    bool is_idle = quota->last_sent_us == INT64_MIN || quota->last_sent_us + idle_us <= wall_us;
    return is_idle ? wall_us : quota->last_sent_us + idle_us;
}

static bool use(struct quota *quota, int64_t slot)
{
    quota->judged = slot;
    quota->credit += quota->pace;
    if (quota->credit < 1) {
        quota->passed_n++;
        return false;
    }
    quota->credit -= 1;
    quota->pace = quota->pace + pace_gain < 1 ? quota->pace + pace_gain : 1;
    return true;
}

void quota_begin(struct quota *quota, int64_t wall_us)
{
    int64_t now = slot_at(quota, wall_us);
    if (quota->judged < now)
        quota->judged = now;
}

bool quota_take(struct quota *quota, const struct quota_owner *owner, int64_t wall_us)
{
    int64_t now = slot_at(quota, wall_us);
    /* A clock that was set back by more than a second starts the numbering anew. */
    if (quota->judged > now + (int64_t)quota->slots_per_s + quota->partition_n)
        quota->judged = now - 1;
    int64_t from = quota->judged >= now ? quota->judged + 1 : now;
    int64_t slot = own_slot(quota, owner, from);
    bool is_borrowed = slot > now;
    if (slot == INT64_MAX || (is_borrowed && borrow_us(quota, slot, owner, wall_us) > wall_us) ||
        !use(quota, slot))
        return false;
    quota->last_sent_us = wall_us;
    return true;
}

int64_t quota_next_us(const struct quota *quota, const struct quota_owner *owner, int64_t wall_us)
{
    int64_t now = slot_at(quota, wall_us);
    int64_t from = quota->judged >= now ? quota->judged + 1 : now;
    int64_t slot = own_slot(quota, owner, from);
    if (slot == INT64_MAX)
        return INT64_MAX;
    int64_t own_us = slot <= now ? wall_us : slot_start_us(quota, slot);
    int64_t borrowed_us = borrow_us(quota, slot, owner, wall_us);
    return own_us < borrowed_us ? own_us : borrowed_us;
}

void quota_throttled(struct quota *quota)
{
    double pace = quota->pace * pace_cut;
    quota->pace = pace > pace_min ? pace : pace_min;
    quota->credit = 0;
}
