/* SPDX-License-Identifier: Apache-2.0
 *
 * First-in-first-out queues of entries; an entry stands in at most one.
 */
#ifndef WORKER_CORE_QUEUE_H
#define WORKER_CORE_QUEUE_H

#include "core/entry.h"

struct queue {
    struct entry *first;
    struct entry *last;
    uint32_t count;
};

/* The entry stands in no queue. */
void queue_add(struct queue *queue, struct entry *entry);
/* Takes it out of the queue it stands in, if any. */
void queue_remove(struct entry *entry);

#endif
