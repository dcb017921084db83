/* SPDX-License-Identifier: Apache-2.0
 *
 * A binary heap of callbacks by time. Never reads a clock.
 */
#include "timers.h"

#include "base/check.h"

#include <stdbool.h>
#include <stdlib.h>

static bool sooner(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct timer *a, struct timer *b)
{
    struct timer t = *a;
    *a = *b;
    *b = t;
}

void timers_init(struct timers *timers)
{
    *timers = (struct timers){0};
}

void timers_release(struct timers *timers)
{
    free(timers->heap);
    timers_init(timers);
}

void timers_add(struct timers *timers, const struct timer *timer)
{
    if (timers->n == timers->cap) {
        timers->cap = timers->cap ? timers->cap * 2 : 64;
        timers->heap = realloc(timers->heap, timers->cap * sizeof *timers->heap);
        CHECK(timers->heap != NULL);
    }
    size_t i = timers->n++;
    timers->heap[i] = *timer;
    timers->heap[i].order = timers->added++;
    while (i > 0 && sooner(&timers->heap[i], &timers->heap[(i - 1) / 2])) {
        swap(&timers->heap[i], &timers->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static struct timer pop(struct timers *timers)
{
    struct timer first = timers->heap[0];
    timers->heap[0] = timers->heap[--timers->n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < timers->n; child++) {
            if (sooner(&timers->heap[child], &timers->heap[least]))
                least = child;
        }
        if (least == i)
            return first;
        swap(&timers->heap[i], &timers->heap[least]);
        i = least;
    }
}

void timers_fire(struct timers *timers, int64_t now_ms)
{
    while (timers->n > 0 && timers->heap[0].due_ms <= now_ms) {
        struct timer timer = pop(timers);
        timer.fn(&timer);
    }
}

int64_t timers_wait_ms(const struct timers *timers, int64_t now_ms)
{
    if (timers->n == 0)
        return -1;
    return timers->heap[0].due_ms <= now_ms ? 0 : timers->heap[0].due_ms - now_ms;
}
