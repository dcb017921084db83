/* SPDX-License-Identifier: Apache-2.0
 *
 * One batch on its way: intents, the call, and what becomes of it when its partitions change hands.
 * What the answer means stands in dispatch_answer.c.
 *
 * The call is made with those whose intent has come back valid and is acknowledged. Whoever is not
 * back in time is left out: the dispatch waits for its intent all the same and decides it "not
 * sent", so that no intent is ever left without an end. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

/* One sick partition must not hold up the others for longer. */
static const int64_t intent_bound_ms = 1000;

struct entry *dispatch_entry(struct engine *eng, const struct aboard *aboard)
{
    struct owner *owner = &eng->owners[aboard->partition];
    return owner->live ? table_find(&owner->ledger.table, (struct view){aboard->id, aboard->id_n})
                       : NULL;
}

/* ---- coming and going ---- */

static void set_state(struct engine *eng, struct dispatch *dispatch, enum dispatch_state state)
{
    if (dispatch->state == DISPATCH_INTENDED)
        eng->prepared_n--;
    dispatch->state = state;
}

void dispatch_link(struct engine *eng, struct dispatch *dispatch)
{
    struct dispatch **link = &eng->dispatches;
    while (*link != NULL)
        link = &(*link)->next;
    dispatch->next = NULL;
    *link = dispatch;
    eng->dispatch_n++;
}

static void copy_region(struct dispatch *dispatch, struct view region)
{
    PRE(region.n <= REGION_BYTES_MAX);
    if (region.n > 0)
        memcpy(dispatch->region_text, region.p, region.n);
    dispatch->region = (struct view){dispatch->region_text, region.n};
}

struct dispatch *dispatch_make(struct engine *eng, enum reboot_kind kind, struct view region)
{
    struct dispatch *dispatch = pool_need(&eng->pool, sizeof *dispatch);
    dispatch->id = (struct dispatch_id){eng->options.nonce, ++eng->dispatch_count};
    dispatch->state = DISPATCH_INTENDED;
    dispatch->kind = kind;
    dispatch->sign_s = clock_sign_s(eng);
    dispatch->decided_ms = now_ms(eng);
    dispatch->formed = eng->now.at;
    /* A signature that is half used up leaves time for a slow handover and a slow API. */
    dispatch->deadline = instant_after_ms(eng->now.at, eng->options.signature_life_ms / 2);
    copy_region(dispatch, region);
    dispatch_link(eng, dispatch);
    eng->prepared_n++;
    return dispatch;
}

void dispatch_board(struct engine *eng, struct dispatch *dispatch, int32_t partition,
                    struct view id)
{
    PRE(dispatch->aboard_n < CALL_REBOOT_INSTANCES_MAX && id.n <= INSTANCE_ID_BYTES_MAX);
    uint32_t leg_i = 0;
    while (leg_i < dispatch->leg_n && dispatch->legs[leg_i].partition != partition)
        leg_i++;
    struct leg *leg = &dispatch->legs[leg_i];
    if (leg_i == dispatch->leg_n) {
        dispatch->leg_n++;
        *leg = (struct leg){.partition = partition,
                            .epoch = eng->owners[partition].epoch,
                            .first = dispatch->aboard_n};
    }
    uint32_t at = leg->first + leg->count++;
    struct aboard *aboard = &dispatch->aboard[at];
    memmove(aboard + 1, aboard, sizeof *aboard * (dispatch->aboard_n - at));
    for (uint32_t i = leg_i + 1; i < dispatch->leg_n; i++)
        dispatch->legs[i].first++;
    dispatch->aboard_n++;
    *aboard =
        (struct aboard){.partition = partition, .state = ABOARD_PROPOSED, .id_n = (uint8_t)id.n};
    memcpy(aboard->id, id.p, id.n);
}

void dispatch_free(struct engine *eng, struct dispatch *dispatch)
{
    pool_give(&eng->pool, dispatch, sizeof *dispatch);
}

static bool is_settled(const struct dispatch *dispatch)
{
    if (dispatch->state != DISPATCH_ANSWERED)
        return false;
    for (uint32_t i = 0; i < dispatch->leg_n; i++)
        if (dispatch->legs[i].replying)
            return false;
    for (uint32_t i = 0; i < dispatch->aboard_n; i++)
        if (dispatch->aboard[i].state != ABOARD_OUT && !dispatch->aboard[i].answered)
            return false;
    return true;
}

void dispatch_sweep(struct engine *eng)
{
    for (struct dispatch **link = &eng->dispatches; *link != NULL;) {
        struct dispatch *dispatch = *link;
        if (!is_settled(dispatch)) {
            link = &dispatch->next;
            continue;
        }
        *link = dispatch->next;
        eng->dispatch_n--;
        dispatch_free(eng, dispatch);
    }
}

bool dispatch_carries(const struct engine *eng, const struct entry *entry)
{
    for (const struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        if (!dispatch_id_equals(d->id, entry->flight->dispatch))
            continue;
        for (uint32_t i = 0; i < d->aboard_n; i++) {
            const struct aboard *aboard = &d->aboard[i];
            bool done = aboard->state == ABOARD_OUT || aboard->answered;
            if (!done && aboard->partition == entry->partition &&
                view_equals((struct view){aboard->id, aboard->id_n}, entry_id(entry)))
                return true;
        }
    }
    return false;
}

/* ---- not sent ---- */

/* Members of a leg that were never called go on in a dispatch of their own, decided "not sent". */
static struct dispatch *split_off(struct engine *eng, const struct dispatch *dispatch,
                                  const struct leg *leg)
{
    struct dispatch *rest = pool_need(&eng->pool, sizeof *rest);
    rest->id = dispatch->id;
    rest->state = DISPATCH_ANSWERED;
    rest->kind = dispatch->kind;
    rest->sign_s = dispatch->sign_s;
    rest->decided_ms = dispatch->decided_ms;
    rest->verdict = VERDICT_NOT_SENT;
    rest->held_back = true;
    copy_region(rest, dispatch->region);
    rest->leg_n = 1;
    rest->legs[0] = (struct leg){.partition = leg->partition,
                                 .epoch = leg->epoch,
                                 .proposed = true,
                                 .acked = true,
                                 .folded = true};
    dispatch_link(eng, rest);
    return rest;
}

static void move_over(struct dispatch *to, struct aboard *aboard)
{
    to->aboard[to->aboard_n] = *aboard;
    to->aboard[to->aboard_n++].state = ABOARD_READY;
    to->legs[0].count++;
    aboard->state = ABOARD_OUT;
}

/* Never proposed: as if it had not been aboard. */
static void put_back(struct engine *eng, struct aboard *aboard)
{
    aboard->state = ABOARD_OUT;
    struct entry *entry = dispatch_entry(eng, aboard);
    if (entry == NULL)
        return;
    entry->proposed = false;
    review_entry(eng, engine_owner_of(eng, entry), entry);
}

/* The call will not be made, or not with this leg. */
static void leave_out(struct engine *eng, struct dispatch *dispatch, struct leg *leg)
{
    struct dispatch *rest = NULL;
    for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (!leg->proposed && aboard->state == ABOARD_PROPOSED) {
            put_back(eng, aboard);
        } else if (aboard->state == ABOARD_PROPOSED) {
            aboard->state = ABOARD_LATE;
        } else if (aboard->state == ABOARD_READY) {
            if (rest == NULL)
                rest = split_off(eng, dispatch, leg);
            move_over(rest, aboard);
        }
    }
}

static void call_off(struct engine *eng, struct dispatch *dispatch)
{
    set_state(eng, dispatch, DISPATCH_ANSWERED);
    dispatch->verdict = VERDICT_NOT_SENT;
    for (uint32_t i = 0; i < dispatch->leg_n; i++)
        leave_out(eng, dispatch, &dispatch->legs[i]);
}

/* ---- what comes back ---- */

static struct leg *leg_of(struct dispatch *dispatch, int32_t partition)
{
    for (uint32_t i = 0; i < dispatch->leg_n; i++)
        if (dispatch->legs[i].partition == partition)
            return &dispatch->legs[i];
    return NULL;
}

static bool is_in_flight(struct engine *eng, const struct dispatch *dispatch,
                         const struct aboard *aboard)
{
    const struct entry *entry = dispatch_entry(eng, aboard);
    return entry != NULL && entry->phase == ENTRY_DISPATCHING &&
           dispatch_id_equals(entry->flight->dispatch, dispatch->id);
}

static void leg_is_folded(struct engine *eng, struct dispatch *dispatch, struct leg *leg)
{
    struct dispatch *late = NULL;
    leg->folded = true;
    for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (!is_in_flight(eng, dispatch, aboard)) {
            aboard->state = ABOARD_OUT;
            continue;
        }
        hint_begin_flight(dispatch_entry(eng, aboard));
        if (aboard->state == ABOARD_PROPOSED) {
            aboard->state = ABOARD_READY;
        } else if (aboard->state == ABOARD_LATE) {
            if (late == NULL)
                late = split_off(eng, dispatch, leg);
            move_over(late, aboard);
        }
    }
}

void dispatch_folded_intent(struct engine *eng, struct owner *owner, const struct record *record)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        struct leg *leg = leg_of(d, owner->partition);
        if (dispatch_id_equals(d->id, record->u.intent.dispatch) && leg != NULL && !leg->folded) {
            leg_is_folded(eng, d, leg);
            return;
        }
    }
}

static bool answers(const struct record *record, const struct aboard *aboard)
{
    struct view id = {aboard->id, aboard->id_n};
    for (uint32_t i = 0; i < record->u.answer.member_n; i++)
        if (view_equals(id, record->u.answer.members[i].instance_id))
            return true;
    return false;
}

void dispatch_folded_answer(struct engine *eng, struct owner *owner, const struct record *record)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        struct leg *leg = leg_of(d, owner->partition);
        if (!dispatch_id_equals(d->id, record->u.answer.dispatch) || leg == NULL || !leg->answering)
            continue;
        bool ours = false;
        for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
            struct aboard *aboard = &d->aboard[i];
            if (aboard->state != ABOARD_OUT && answers(record, aboard))
                ours = aboard->answered = true;
        }
        if (ours)
            leg->answering = false;
    }
}

void dispatch_appended(struct engine *eng, uint64_t ticket)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next)
        for (uint32_t i = 0; i < d->leg_n; i++)
            if (d->legs[i].proposed && d->legs[i].ticket == ticket)
                d->legs[i].acked = true;
}

/* ---- the call ---- */

static bool leg_is_back(const struct leg *leg)
{
    return leg->folded && leg->acked;
}

/* How far a dispatch is. */
struct progress {
    bool all_back;
    uint32_t ready_n; /* members that may be called */
};

static struct progress progress_of(const struct dispatch *dispatch)
{
    struct progress progress = {.all_back = true};
    for (uint32_t i = 0; i < dispatch->leg_n; i++) {
        const struct leg *leg = &dispatch->legs[i];
        if (!leg_is_back(leg)) {
            progress.all_back = false;
            continue;
        }
        for (uint32_t m = leg->first; m < leg->first + leg->count; m++)
            progress.ready_n += dispatch->aboard[m].state == ABOARD_READY;
    }
    return progress;
}

static bool may_go(const struct engine *eng, const struct dispatch *dispatch)
{
    struct progress progress = progress_of(dispatch);
    struct instant bound = instant_after_ms(dispatch->formed, intent_bound_ms);
    return progress.all_back || (progress.ready_n > 0 && instant_reached(eng->now.at, bound));
}

static bool is_held(const struct engine *eng, const struct dispatch *dispatch)
{
    return eng->draining || eng->clock.doubtful || (eng->breaker.open && !dispatch->probe) ||
           instant_reached(eng->now.at, dispatch->deadline);
}

static void fill_call(struct engine *eng, struct dispatch *dispatch)
{
    for (uint32_t i = 0; i < dispatch->leg_n; i++)
        if (!leg_is_back(&dispatch->legs[i]))
            leave_out(eng, dispatch, &dispatch->legs[i]);
    uint32_t n = 0;
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (aboard->state != ABOARD_READY)
            continue;
        aboard->state = ABOARD_CALLED;
        eng->call_ids[n++] = (struct view){aboard->id, aboard->id_n};
    }
    dispatch->called_n = n;
    dispatch->call_id = ++eng->call_count;
    set_state(eng, dispatch, DISPATCH_CALLED);
    eng->call = (struct call){
        .id = dispatch->call_id,
        .action = CALL_REBOOT,
        .kind = dispatch->kind,
        .dispatch = dispatch->id,
        .sign_s = dispatch->sign_s,
        .region = dispatch->region,
        .instance_ids = eng->call_ids,
        .instance_n = n,
        .timeout_ms = eng->options.timeout_ms,
    };
}

bool dispatch_next_call(struct engine *eng, struct action *act)
{
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        if (d->state != DISPATCH_INTENDED)
            continue;
        if (is_held(eng, d)) {
            call_off(eng, d);
            continue;
        }
        if (!may_go(eng, d))
            continue;
        if (progress_of(d).ready_n == 0) {
            call_off(eng, d);
            continue;
        }
        if (eng->options.dry_run) {
            fill_call(eng, d);
            dispatch_answer(
                eng, d,
                &(struct answer){.kind = ANSWER_API, .date_s = TIME_NONE, .total_n = TIME_NONE});
            continue;
        }
        if (!engine_take_slot(eng, CALL_REBOOT))
            return false;
        fill_call(eng, d);
        *act = (struct action){.type = ACT_CALL, .partition = -1, .call = &eng->call};
        return true;
    }
    return false;
}

struct instant dispatch_wake(const struct engine *eng)
{
    struct instant wake = INSTANT_NEVER;
    for (const struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        if (d->state != DISPATCH_INTENDED)
            continue;
        struct instant when = instant_after_ms(d->formed, intent_bound_ms);
        if (may_go(eng, d))
            when = engine_slot_wake(eng, CALL_REBOOT);
        else if (instant_reached(eng->now.at, when))
            when = d->deadline;
        wake = instant_earlier(wake, when);
    }
    return wake;
}

/* ---- partitions that change hands ---- */

/* Intents of ours may be valid there: the new owner is told that no call was or will be made. */
static void disown_uncalled(struct engine *eng, struct dispatch *dispatch, struct leg *leg)
{
    struct dispatch *rest = NULL;
    for (uint32_t i = leg->first; i < leg->first + leg->count; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (aboard->state == ABOARD_OUT || aboard->state == ABOARD_CALLED)
            continue;
        if (!leg->proposed) {
            aboard->state = ABOARD_OUT;
            continue;
        }
        if (rest == NULL)
            rest = split_off(eng, dispatch, leg);
        move_over(rest, aboard);
        rest->legs[0].replying = true;
    }
    leg->folded = true;
    leg->acked = true;
}

/* News from the log that is not decided upon yet: it is for the time when the partition is ours
 * again, since the log is not read again for that. */
static void give_back_replies(struct engine *eng, struct owner *owner)
{
    for (struct dispatch **link = &eng->dispatches; *link != NULL;) {
        struct dispatch *d = *link;
        if (!d->from_reply || d->legs[0].partition != owner->partition) {
            link = &d->next;
            continue;
        }
        *link = d->next;
        eng->dispatch_n--;
        d->legs[0].answering = false;
        d->legs[0].replying = false;
        owner_keep_reply(eng, owner, d);
    }
}

bool dispatch_has_replies(const struct engine *eng, int32_t partition)
{
    for (const struct dispatch *d = eng->dispatches; d != NULL; d = d->next)
        if (d->from_reply && d->legs[0].partition == partition)
            return true;
    return false;
}

void dispatch_lost_partition(struct engine *eng, struct owner *owner)
{
    give_back_replies(eng, owner);
    for (struct dispatch *d = eng->dispatches; d != NULL; d = d->next) {
        struct leg *leg = leg_of(d, owner->partition);
        if (leg == NULL || leg->replying)
            continue;
        if (d->state == DISPATCH_ANSWERED) {
            leg->replying = true;
            leg->answering = false;
        }
        if (!d->held_back)
            disown_uncalled(eng, d, leg);
    }
}
