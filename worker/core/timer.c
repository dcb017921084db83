/* SPDX-License-Identifier: Apache-2.0 */
#include "core/timer.h"

#include <string.h>

#include "base/check.h"

enum { TIMERS_FIRST = 64 };
static const uint32_t nowhere = UINT32_MAX;

void timers_init(struct timers *timers, struct pool *pool)
{
    *timers = (struct timers){.pool = pool, .cap = TIMERS_FIRST};
    timers->heap = pool_need(pool, sizeof *timers->heap * timers->cap);
}

static void put(struct timers *timers, uint32_t i, struct entry *entry)
{
    timers->heap[i] = entry;
    entry->timer_i = i;
}

static void sift_up(struct timers *timers, uint32_t i, struct entry *entry)
{
    while (i > 0 && timers->heap[(i - 1) / 2]->due_ms > entry->due_ms) {
        put(timers, i, timers->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(timers, i, entry);
}

static void sift_down(struct timers *timers, uint32_t i, struct entry *entry)
{
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < timers->count &&
            timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
            child++;
        if (child >= timers->count || timers->heap[child]->due_ms >= entry->due_ms)
            break;
        put(timers, i, timers->heap[child]);
        i = child;
    }
    put(timers, i, entry);
}

static void take_out(struct timers *timers, struct entry *entry)
{
    uint32_t i = entry->timer_i;
    entry->timer_i = nowhere;
    struct entry *last = timers->heap[--timers->count];
    if (last == entry)
        return;
    put(timers, i, last);
    sift_up(timers, i, last);
    sift_down(timers, last->timer_i, last);
}

static void grow(struct timers *timers)
{
    struct entry **heap = pool_need(timers->pool, sizeof *heap * timers->cap * 2);
    memcpy(heap, timers->heap, sizeof *heap * timers->cap);
    pool_give(timers->pool, timers->heap, sizeof *heap * timers->cap);
    timers->heap = heap;
    timers->cap *= 2;
}

void timers_set(struct timers *timers, struct entry *entry, int64_t due_ms)
{
    if (entry->timer_i != nowhere && entry->due_ms == due_ms)
        return;
    if (entry->timer_i != nowhere)
        take_out(timers, entry);
    entry->due_ms = due_ms;
    if (due_ms == TIME_NONE)
        return;
    if (timers->count == timers->cap)
        grow(timers);
    sift_up(timers, timers->count++, entry);
}

struct entry *timers_first(const struct timers *timers)
{
    return timers->count == 0 ? NULL : timers->heap[0];
}
