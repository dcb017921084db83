/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

void schedule_init(struct schedule *schedule, struct arena *arena)
{
    *schedule = (struct schedule){.arena = arena};
}

static bool is_before(const struct happening *a, const struct happening *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void schedule_add(struct schedule *schedule, struct happening what)
{
    if (schedule->n == schedule->most)
        schedule->heap =
            arena_room(schedule->arena, schedule->heap, schedule->most++, sizeof *schedule->heap);
    what.order = schedule->order++;
    uint32_t i = schedule->n++;
    while (i > 0 && is_before(&what, &schedule->heap[(i - 1) / 2])) {
        schedule->heap[i] = schedule->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    schedule->heap[i] = what;
}

bool schedule_next(struct schedule *schedule, struct happening *out)
{
    if (schedule->n == 0)
        return false;
    *out = schedule->heap[0];
    struct happening last = schedule->heap[--schedule->n];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < schedule->n &&
            is_before(&schedule->heap[child + 1], &schedule->heap[child]))
            child++;
        if (child >= schedule->n || !is_before(&schedule->heap[child], &last))
            break;
        schedule->heap[i] = schedule->heap[child];
        i = child;
    }
    schedule->heap[i] = last;
    return true;
}
