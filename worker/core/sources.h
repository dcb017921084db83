/* SPDX-License-Identifier: Apache-2.0
 *
 * How far each input partition has been applied: a task that comes again from a place that was
 * passed is a redelivery. Tasks of one input partition come in order.
 */
#ifndef WORKER_CORE_SOURCES_H
#define WORKER_CORE_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "core/record.h"
#include "core/task.h"

/* All zero is empty. */
struct sources {
    struct source_position *at; /* the last one applied, by partition in no order */
    uint32_t count;
    uint32_t cap;
};

bool sources_have(const struct sources *sources, struct source source);
/* Moves on to this place; false when it had been passed before. */
bool sources_take(struct sources *sources, struct pool *pool, struct source source);
/* Gives the memory back; count stays, for who moves the content. */
void sources_release(struct sources *sources, struct pool *pool);

#endif
