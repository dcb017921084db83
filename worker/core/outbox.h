/* SPDX-License-Identifier: Apache-2.0
 *
 * The events that the folded decisions of one partition owe, in the order of the log: each is
 * published by the owner, acknowledged, and covered by a MARK in the end.
 */
#ifndef WORKER_CORE_OUTBOX_H
#define WORKER_CORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "core/kept.h"

struct owed {
    struct kept *kept;
    int64_t offset; /* of the record that owes it */
    bool acked;
};

struct outbox {
    struct pool *pool;
    struct owed *ring;
    uint32_t ring_n; /* a power of two */
    uint64_t first;  /* number of the oldest one held */
    uint64_t sent;   /* number of the next one to publish */
    uint64_t end;    /* number of the next one to come */
};

void outbox_init(struct outbox *outbox, struct pool *pool);
/* An empty one goes on numbering from here: acknowledgements of an earlier one may still come. */
void outbox_number_from(struct outbox *outbox, uint64_t number);
void outbox_release(struct outbox *outbox);
/* Takes over the kept outcome. */
void outbox_push(struct outbox *outbox, int64_t offset, struct kept *take_kept);
/* The next one to publish, or NULL; its number goes to *number_out and it counts as sent. */
const struct kept *outbox_send(struct outbox *outbox, uint64_t *number_out);
/* What was sent but is not acknowledged is to be sent again. */
void outbox_rewind(struct outbox *outbox);
/* True when the acknowledgement let the oldest ones go. Numbers not held are ignored. */
bool outbox_ack(struct outbox *outbox, uint64_t number);
/* Everything owed by records below this offset is acknowledged. */
void outbox_mark(struct outbox *outbox, int64_t published);
/* The first offset that owes something still, or `next` when nothing does. */
int64_t outbox_published(const struct outbox *outbox, int64_t next);
uint32_t outbox_count(const struct outbox *outbox);
/* Sent and not acknowledged. */
uint32_t outbox_in_flight(const struct outbox *outbox);

#endif
