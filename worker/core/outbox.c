/* SPDX-License-Identifier: Apache-2.0 */
#include "core/outbox.h"

#include "base/check.h"

enum { OUTBOX_RING_FIRST = 64 };

static struct owed *at(const struct outbox *outbox, uint64_t number)
{
    return &outbox->ring[number & (outbox->ring_n - 1)];
}

void outbox_init(struct outbox *outbox, struct pool *pool)
{
    *outbox = (struct outbox){.pool = pool, .ring_n = OUTBOX_RING_FIRST};
    outbox->ring = pool_need(pool, sizeof *outbox->ring * outbox->ring_n);
}

void outbox_number_from(struct outbox *outbox, uint64_t number)
{
    PRE(outbox->first == outbox->end);
    outbox->first = outbox->sent = outbox->end = number;
}

static void drop_first(struct outbox *outbox)
{
    kept_drop(outbox->pool, at(outbox, outbox->first)->kept);
    outbox->first++;
    if (outbox->sent < outbox->first)
        outbox->sent = outbox->first;
}

void outbox_release(struct outbox *outbox)
{
    while (outbox->first < outbox->end)
        drop_first(outbox);
    pool_give(outbox->pool, outbox->ring, sizeof *outbox->ring * outbox->ring_n);
    *outbox = (struct outbox){0};
}

void outbox_push(struct outbox *outbox, int64_t offset, struct kept *take_kept)
{
    if (outbox->end - outbox->first == outbox->ring_n) {
        struct outbox old = *outbox;
        outbox->ring_n *= 2;
        outbox->ring = pool_need(outbox->pool, sizeof *outbox->ring * outbox->ring_n);
        for (uint64_t n = old.first; n < old.end; n++)
            *at(outbox, n) = *at(&old, n);
        pool_give(outbox->pool, old.ring, sizeof *old.ring * old.ring_n);
    }
    *at(outbox, outbox->end++) = (struct owed){.kept = take_kept, .offset = offset};
}

const struct kept *outbox_send(struct outbox *outbox, uint64_t *number_out)
{
    while (outbox->sent < outbox->end && at(outbox, outbox->sent)->acked)
        outbox->sent++;
    if (outbox->sent == outbox->end)
        return NULL;
    *number_out = outbox->sent++;
    return at(outbox, *number_out)->kept;
}

void outbox_rewind(struct outbox *outbox)
{
    outbox->sent = outbox->first;
}

bool outbox_ack(struct outbox *outbox, uint64_t number)
{
    if (number < outbox->first || number >= outbox->sent)
        return false;
    at(outbox, number)->acked = true;
    bool moved = false;
    while (outbox->first < outbox->end && at(outbox, outbox->first)->acked) {
        drop_first(outbox);
        moved = true;
    }
    return moved;
}

void outbox_mark(struct outbox *outbox, int64_t published)
{
    while (outbox->first < outbox->end && at(outbox, outbox->first)->offset < published)
        drop_first(outbox);
}

int64_t outbox_published(const struct outbox *outbox, int64_t next)
{
    return outbox->first < outbox->end ? at(outbox, outbox->first)->offset : next;
}

uint32_t outbox_count(const struct outbox *outbox)
{
    return (uint32_t)(outbox->end - outbox->first);
}

uint32_t outbox_in_flight(const struct outbox *outbox)
{
    return (uint32_t)(outbox->sent - outbox->first);
}
