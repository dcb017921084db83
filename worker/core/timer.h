/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries by the moment they are to be looked at again: a binary heap in the pool. An entry knows
 * its place, so moving one costs a logarithm.
 */
#ifndef WORKER_CORE_TIMER_H
#define WORKER_CORE_TIMER_H

#include "base/pool.h"
#include "core/entry.h"

struct timers {
    struct pool *pool;
    struct entry **heap;
    uint32_t count;
    uint32_t cap;
};

void timers_init(struct timers *timers, struct pool *pool);
/* Sets or moves; TIME_NONE takes it out. */
void timers_set(struct timers *timers, struct entry *entry, int64_t due_ms);
/* The earliest, or NULL. */
struct entry *timers_first(const struct timers *timers);

#endif
