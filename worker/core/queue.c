/* SPDX-License-Identifier: Apache-2.0 */
#include "core/queue.h"

#include "base/check.h"

void queue_add(struct queue *queue, struct entry *entry)
{
    PRE(entry->queue == NULL);
    entry->queue = queue;
    entry->next = NULL;
    entry->prev = queue->last;
    if (queue->last != NULL)
        queue->last->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
    queue->count++;
}

void queue_remove(struct entry *entry)
{
    struct queue *queue = entry->queue;
    if (queue == NULL)
        return;
    if (entry->prev != NULL)
        entry->prev->next = entry->next;
    else
        queue->first = entry->next;
    if (entry->next != NULL)
        entry->next->prev = entry->prev;
    else
        queue->last = entry->prev;
    entry->prev = entry->next = NULL;
    entry->queue = NULL;
    queue->count--;
}
