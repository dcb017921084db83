/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads by list, when more instances are rebooting than can be read one by one: DescribeInstances
 * by state gives whatever is not RUNNING, a hundred a page. A list is two filters (eight states,
 * five values a filter), page by page, and counts only when it was read to its end: pages shift
 * while instances come and go, so "absent" needs two complete lists, and an instance that was seen
 * not RUNNING before. Whoever is in a state that does not lead to RUNNING is read by ID. */
#include <string.h>

#include "core/engine_impl.h"

static const enum instance_state filter_a[] = {
    INSTANCE_REBOOTING, INSTANCE_STARTING, INSTANCE_STOPPING, INSTANCE_STOPPED, INSTANCE_PENDING};
static const enum instance_state filter_b[] = {INSTANCE_SHUTDOWN, INSTANCE_TERMINATING,
                                               INSTANCE_LAUNCH_FAILED};

static const struct {
    const enum instance_state *states;
    uint32_t state_n;
} filters[] = {
    {filter_a, sizeof filter_a / sizeof filter_a[0]},
    {filter_b, sizeof filter_b / sizeof filter_b[0]},
};
enum { FILTER_N = sizeof filters / sizeof filters[0] };

/* ---- on and off ---- */

static uint64_t rebooting_n(const struct engine *eng)
{
    uint64_t n = 0;
    for (int32_t p = 0; p < eng->options.partition_n; p++)
        if (eng->owns[p])
            n += eng->owners[p].ledger.phase_n[ENTRY_REBOOTING];
    return n;
}

/* How many our share of the slots can read by ID within one interval. */
static double readable_n(const struct engine *eng)
{
    int32_t owned = 0;
    for (int32_t p = 0; p < eng->options.partition_n; p++)
        owned += eng->owns[p];
    double slots = eng->quota[CALL_DESCRIBE].slots_per_s * owned / eng->options.partition_n;
    return slots * (double)eng->options.confirm_interval_ms / 1000 * CALL_FILTER_VALUES_MAX;
}

static void review_rebooting(struct engine *eng)
{
    for (int32_t p = 0; p < eng->options.partition_n; p++) {
        struct owner *owner = &eng->owners[p];
        struct entry *entry = NULL;
        while (eng->owns[p] && (entry = table_next(&owner->ledger.table, entry)) != NULL)
            if (entry->phase == ENTRY_REBOOTING)
                review_entry(eng, owner, entry);
    }
}

void lister_tick(struct engine *eng)
{
    struct lister *lister = &eng->lister;
    double many = readable_n(eng);
    double n = (double)rebooting_n(eng);
    bool on = lister->on ? n > many / 2 : n > many; /* no flutter at the edge */
    if (on == lister->on)
        return;
    lister->on = on;
    lister->next = eng->now.at;
    review_rebooting(eng);
}

/* ---- one page after the other ---- */

static bool is_wanted(const struct engine *eng)
{
    return (eng->lister.on || eng->lister.listing) && eng->lister.call_id == 0 && !eng->draining;
}

bool lister_next_call(struct engine *eng, struct action *act)
{
    struct lister *lister = &eng->lister;
    if (!is_wanted(eng) || (!lister->listing && !instant_reached(eng->now.at, lister->next)) ||
        !engine_take_slot(eng, CALL_DESCRIBE))
        return false;
    if (!lister->listing) {
        lister->listing = true;
        lister->pass++;
        lister->filter = 0;
        lister->offset = 0;
        lister->began = eng->now.at;
        lister->next = instant_after_ms(eng->now.at, eng->options.confirm_interval_ms);
    }
    lister->call_id = ++eng->call_count;
    eng->call = (struct call){.id = lister->call_id,
                              .action = CALL_DESCRIBE,
                              .sign_s = clock_sign_s(eng),
                              .states = filters[lister->filter].states,
                              .state_n = filters[lister->filter].state_n,
                              .offset = lister->offset,
                              .timeout_ms = eng->options.timeout_ms};
    *act = (struct action){.type = ACT_CALL, .partition = -1, .call = &eng->call};
    return true;
}

static int64_t began_ms(const struct engine *eng, const struct owner *owner)
{
    return owner_log_now_ms(eng, owner) - instant_ms_between(eng->lister.began, eng->now.at);
}

static void look_by_id(struct engine *eng, struct owner *owner, struct entry *entry)
{
    struct hint *hint = hint_need(eng, entry);
    if (hint->by_id)
        return;
    hint->by_id = true;
    hint->look_ms = now_ms(eng);
    review_entry(eng, owner, entry);
}

static void saw(struct engine *eng, const struct sighting *sighting)
{
    for (int32_t p = 0; p < eng->options.partition_n; p++) {
        struct owner *owner = &eng->owners[p];
        struct entry *entry =
            eng->owns[p] ? table_find(&owner->ledger.table, sighting->instance_id) : NULL;
        if (entry == NULL)
            continue;
        if (entry->phase == ENTRY_REBOOTING && began_ms(eng, owner) > entry->flight->started_ms) {
            struct hint *hint = hint_need(eng, entry);
            hint->was_down = true;
            hint->listed = eng->lister.pass;
            hint->absent_n = 0;
            if (sighting->state != INSTANCE_REBOOTING && sighting->state != INSTANCE_STARTING)
                look_by_id(eng, owner, entry);
        }
        return;
    }
}

/* A complete list lacks this one. */
static void missed(struct engine *eng, struct owner *owner, struct entry *entry)
{
    struct hint *hint = hint_need(eng, entry);
    int64_t age_ms = began_ms(eng, owner) - entry->flight->started_ms;
    if (hint->was_down && hint->listed < eng->lister.pass) {
        if (++hint->absent_n >= LISTER_ABSENCES)
            review_entry(eng, owner, entry);
    } else if (age_ms >= eng->options.settle_ms) {
        look_by_id(eng, owner, entry); /* up again before anybody saw it down, or never down */
    }
}

static void end_list(struct engine *eng)
{
    struct lister *lister = &eng->lister;
    lister->listing = false;
    for (int32_t p = 0; p < eng->options.partition_n; p++) {
        struct owner *owner = &eng->owners[p];
        struct entry *entry = NULL;
        while (eng->owns[p] && (entry = table_next(&owner->ledger.table, entry)) != NULL) {
            if (entry->phase != ENTRY_REBOOTING || entry->proposed)
                continue;
            if (entry->hint != NULL && entry->hint->listed == lister->pass)
                continue;
            missed(eng, owner, entry);
        }
    }
}

bool lister_answer(struct engine *eng, uint64_t call_id, const struct answer *answer)
{
    struct lister *lister = &eng->lister;
    if (lister->call_id == 0 || lister->call_id != call_id)
        return false;
    lister->call_id = 0;
    if (look_read_failed(eng, answer)) {
        lister->listing = false; /* half a list says nothing; what it showed stays seen */
        return true;
    }
    for (uint32_t i = 0; i < answer->sighting_n; i++)
        saw(eng, &answer->sightings[i]);
    lister->offset += CALL_PAGE_MAX;
    bool last_page = answer->sighting_n == 0 || lister->offset >= answer->total_n;
    if (!last_page)
        return true;
    lister->offset = 0;
    if (++lister->filter == FILTER_N)
        end_list(eng);
    return true;
}

struct instant lister_wake(const struct engine *eng)
{
    if (!is_wanted(eng))
        return INSTANT_NEVER;
    struct instant when = eng->lister.listing ? eng->now.at : eng->lister.next;
    when = when.us < eng->reads_after.us ? eng->reads_after : when;
    if (!instant_reached(eng->now.at, when))
        return when;
    return engine_slot_wake(eng, CALL_DESCRIBE);
}
