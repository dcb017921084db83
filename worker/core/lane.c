/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is due, by region, kind and suspicion; batches are formed here. A batch is full at once, or
 * goes when its oldest has waited `linger` and no other batch waits for a slot: while slots are
 * scarce batches fill by themselves. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

static enum reboot_kind kind_due(const struct entry *entry, int64_t at_ms)
{
    enum reboot_kind kind = REBOOT_SOFT;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if ((req->not_before_ms == TIME_NONE || req->not_before_ms <= at_ms) &&
            reboot_strength(req->kind) > reboot_strength(kind))
            kind = req->kind;
    return kind;
}

struct view entry_region(const struct entry *entry)
{
    return entry->open == NULL ? VIEW_NONE : request_text(entry->open, REQUEST_REGION);
}

static uint8_t copy_region(char to[REGION_BYTES_MAX], struct view region)
{
    PRE(region.n <= REGION_BYTES_MAX);
    if (region.n > 0)
        memcpy(to, region.p, region.n);
    return (uint8_t)region.n;
}

/* ---- parties ---- */

struct party *party_make(struct engine *eng, const struct dispatch *dispatch)
{
    struct party *party = pool_need(&eng->pool, sizeof *party);
    party->kind = dispatch->kind;
    party->region_n = copy_region(party->region, dispatch->region);
    party->next = eng->parties;
    eng->parties = party;
    return party;
}

static void party_free(struct engine *eng, struct party *party)
{
    struct party **link = &eng->parties;
    while (*link != party)
        link = &(*link)->next;
    *link = party->next;
    pool_give(&eng->pool, party, sizeof *party);
}

void party_join(struct engine *eng, struct party *party, struct entry *entry)
{
    party_leave(eng, entry);
    hint_need(eng, entry)->party = party;
    party->member_n++;
}

void party_leave(struct engine *eng, struct entry *entry)
{
    if (entry->hint == NULL || entry->hint->party == NULL)
        return;
    struct party *party = entry->hint->party;
    entry->hint->party = NULL;
    if (entry->queue == &party->queue)
        queue_remove(entry);
    if (--party->member_n == 0)
        party_free(eng, party);
}

/* ---- lanes ---- */

struct lane *lane_find(struct engine *eng, struct view region, enum reboot_kind kind, bool suspect)
{
    for (struct lane *lane = eng->lanes; lane != NULL; lane = lane->next)
        if (lane->kind == kind && lane->suspect == suspect &&
            view_equals((struct view){lane->region, lane->region_n}, region))
            return lane;
    if (eng->lane_n == LANES_MAX)
        return NULL;
    struct lane *lane = pool_need(&eng->pool, sizeof *lane);
    lane->kind = kind;
    lane->suspect = suspect;
    lane->batch_max = eng->options.batch_size;
    lane->region_n = copy_region(lane->region, region);
    lane->next = eng->lanes;
    eng->lanes = lane;
    eng->lane_n++;
    return lane;
}

void lane_add(struct engine *eng, struct entry *entry)
{
    enum reboot_kind kind = kind_due(entry, now_ms(eng));
    struct view region = entry_region(entry);
    struct party *party = entry->hint == NULL ? NULL : entry->hint->party;
    if (party != NULL && party->kind == kind &&
        view_equals((struct view){party->region, party->region_n}, region)) {
        queue_add(&party->queue, entry);
        return;
    }
    party_leave(eng, entry);
    struct lane *lane = lane_find(eng, region, kind, entry->hint != NULL && entry->hint->suspect);
    if (lane == NULL) {
        timers_set(&eng->timers, entry, now_ms(eng) + eng->options.retry_max_ms);
        return;
    }
    if (lane->queue.count == 0)
        lane->since = eng->now.at;
    queue_add(&lane->queue, entry);
}

/* ---- batches ---- */

static bool is_probing(const struct engine *eng)
{
    for (const struct dispatch *d = eng->dispatches; d != NULL; d = d->next)
        if (d->probe)
            return true;
    return false;
}

static bool may_send(const struct engine *eng)
{
    if (eng->draining || !eng->clock.known || eng->clock.doubtful)
        return false;
    if (!eng->breaker.open)
        return true;
    return !is_probing(eng) && instant_reached(eng->now.at, eng->breaker.probe_at);
}

static void board(struct engine *eng, struct queue *queue, enum reboot_kind kind,
                  struct view region, uint32_t most)
{
    if (eng->breaker.open)
        most = 1;
    struct dispatch *dispatch = dispatch_make(eng, kind, region);
    dispatch->probe = eng->breaker.open;
    while (queue->first != NULL && dispatch->aboard_n < most) {
        struct entry *entry = queue->first;
        CHECK(!entry->proposed);
        queue_remove(entry);
        party_leave(eng, entry);
        timers_set(&eng->timers, entry, TIME_NONE);
        entry->proposed = true;
        dispatch_board(eng, dispatch, entry->partition, entry_id(entry));
    }
    eng->batches_n++;
    eng->batched_n += dispatch->aboard_n;
}

static bool form_party(struct engine *eng)
{
    for (struct party *party = eng->parties; party != NULL; party = party->next) {
        if (party->queue.count < party->member_n)
            continue;
        /* The party goes when its last member leaves it: what is needed of it is copied. */
        char text[REGION_BYTES_MAX];
        struct view region = {text,
                              copy_region(text, (struct view){party->region, party->region_n})};
        struct queue queue = {0};
        enum reboot_kind kind = party->kind;
        for (struct entry *entry = party->queue.first, *next; entry != NULL; entry = next) {
            next = entry->next;
            queue_remove(entry);
            queue_add(&queue, entry);
        }
        for (struct entry *entry = queue.first, *next; entry != NULL; entry = next) {
            next = entry->next;
            party_leave(eng, entry);
        }
        board(eng, &queue, kind, region, CALL_REBOOT_INSTANCES_MAX);
        while (queue.first != NULL) { /* a probe took but one */
            struct entry *entry = queue.first;
            queue_remove(entry);
            lane_add(eng, entry);
        }
        return true;
    }
    return false;
}

static bool is_due(const struct engine *eng, const struct lane *lane)
{
    if (lane->queue.count == 0)
        return false;
    if (lane->queue.count >= lane->batch_max)
        return true;
    return eng->prepared_n == 0 &&
           instant_reached(eng->now.at, instant_after_ms(lane->since, eng->options.linger_ms));
}

static bool form_lane(struct engine *eng)
{
    struct lane *oldest = NULL;
    for (struct lane *lane = eng->lanes; lane != NULL; lane = lane->next)
        if (is_due(eng, lane) && (oldest == NULL || lane->since.us < oldest->since.us))
            oldest = lane;
    if (oldest == NULL)
        return false;
    board(eng, &oldest->queue, oldest->kind, (struct view){oldest->region, oldest->region_n},
          oldest->batch_max);
    /* What is left had its turn: others of the same age go first. */
    oldest->since = eng->now.at;
    return true;
}

void lanes_form(struct engine *eng)
{
    while (eng->prepared_n < PREPARED_MAX && eng->dispatch_n < DISPATCHES_MAX && may_send(eng))
        if (!form_party(eng) && !form_lane(eng))
            return;
}

struct instant lanes_wake(const struct engine *eng)
{
    struct instant wake = INSTANT_NEVER;
    if (eng->draining || eng->prepared_n > 0 || eng->dispatch_n >= DISPATCHES_MAX ||
        (eng->breaker.open && is_probing(eng)))
        return wake; /* the dispatch that waits, or is answered, wakes us */
    for (const struct lane *lane = eng->lanes; lane != NULL; lane = lane->next)
        if (lane->queue.count > 0)
            wake = instant_earlier(wake, instant_after_ms(lane->since, eng->options.linger_ms));
    if (eng->breaker.open && wake.us < eng->breaker.probe_at.us)
        wake = eng->breaker.probe_at;
    if (!eng->clock.known || eng->clock.doubtful)
        wake = INSTANT_NEVER; /* the clock probe wakes us */
    return wake;
}

/* ---- numbers ---- */

uint32_t engine_lane_stats(const struct engine *eng, struct lane_stats *rows, uint32_t row_max)
{
    uint32_t n = 0;
    for (const struct lane *lane = eng->lanes; lane != NULL && n < row_max; lane = lane->next)
        if (lane->queue.count > 0)
            rows[n++] = (struct lane_stats){.region = {lane->region, lane->region_n},
                                            .kind = lane->kind,
                                            .apart = lane->suspect,
                                            .due_n = lane->queue.count,
                                            .batch_max = lane->batch_max};
    for (const struct party *party = eng->parties; party != NULL && n < row_max;
         party = party->next)
        if (party->queue.count > 0)
            rows[n++] = (struct lane_stats){.region = {party->region, party->region_n},
                                            .kind = party->kind,
                                            .apart = true,
                                            .due_n = party->queue.count,
                                            .batch_max = party->member_n};
    return n;
}
