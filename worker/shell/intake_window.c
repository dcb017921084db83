/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/intake_window.h"

#include <stdlib.h>

#include "base/check.h"

enum { CAP_FIRST = 64 };

void intake_window_init(struct intake_window *window, int64_t offset)
{
    *window = (struct intake_window){.done_to = offset};
}

void intake_window_release(struct intake_window *window)
{
    free(window->ring);
    *window = (struct intake_window){0};
}

/* Sequence numbers run over: only differences are compared. */
static uint32_t count(const struct intake_window *window)
{
    return window->next - window->first;
}

static struct window_record *at(const struct intake_window *window, uint32_t seq)
{
    return &window->ring[seq & (window->cap - 1)];
}

static enum err grow(struct intake_window *window)
{
    uint32_t cap = window->cap == 0 ? CAP_FIRST : window->cap * 2;
    if (cap > INTAKE_WINDOW_RECORDS_MAX)
        return ERR_LIMIT;
    struct window_record *ring = calloc(cap, sizeof *ring);
    if (ring == NULL)
        return ERR_LIMIT;
    for (uint32_t seq = window->first; seq != window->next; seq++)
        ring[seq & (cap - 1)] = *at(window, seq);
    free(window->ring);
    window->ring = ring;
    window->cap = cap;
    return ERR_OK;
}

bool intake_window_is_full(const struct intake_window *window)
{
    return count(window) >= INTAKE_WINDOW_RECORDS_MAX;
}

/* Leaves the records at the front that are done. */
static bool advance(struct intake_window *window)
{
    uint32_t before = window->first;
    while (window->first != window->next && at(window, window->first)->pending_n == 0) {
        const struct window_record *record = at(window, window->first);
        window->done_to = record->offset + 1;
        window->bytes -= record->bytes;
        window->first++;
    }
    return window->first != before;
}

enum err intake_window_add(struct intake_window *window, const struct window_record *record,
                           bool *done_out, uint32_t *seq_out)
{
    PRE(record->offset >= window->done_to);
    if (count(window) == window->cap) {
        enum err err = grow(window);
        if (err != ERR_OK)
            return err;
    }
    if (count(window) > 0)
        PRE(record->offset > at(window, window->next - 1)->offset);
    *seq_out = window->next;
    *at(window, window->next) = *record;
    window->next++;
    window->bytes += record->bytes;
    window->pending_n += record->pending_n;
    *done_out = advance(window);
    return ERR_OK;
}

bool intake_window_ack(struct intake_window *window, uint32_t seq)
{
    CHECK(seq - window->first < count(window));
    struct window_record *record = at(window, seq);
    CHECK(record->pending_n > 0);
    record->pending_n--;
    window->pending_n--;
    return advance(window);
}
