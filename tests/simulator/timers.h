/* SPDX-License-Identifier: Apache-2.0
 *
 * What is due when: a binary heap of callbacks. Knows no clock; times are monotonic milliseconds.
 */
#ifndef TESTS_SIMULATOR_TIMERS_H
#define TESTS_SIMULATOR_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer;
typedef void timer_fn(const struct timer *timer);

struct timer {
    int64_t due_ms;
    uint64_t order; /* equal times fire in the order they were added */
    timer_fn *fn;
    void *owner;
    uint64_t what;
    uint64_t generation;
};

struct timers {
    struct timer *heap;
    size_t n;
    size_t cap;
    uint64_t added;
};

void timers_init(struct timers *timers);
void timers_release(struct timers *timers);
/* Calls fn once, at or after due_ms. A timer cannot be withdrawn: its owner compares the
 * generation. */
void timers_add(struct timers *timers, const struct timer *timer);
/* Fires everything due. Callbacks may add timers. */
void timers_fire(struct timers *timers, int64_t now_ms);
/* Milliseconds until the next one is due, 0 if one is; -1 without any. */
int64_t timers_wait_ms(const struct timers *timers, int64_t now_ms);

#endif
