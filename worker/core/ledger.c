/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <string.h>

#include "base/check.h"
#include "core/apply.h"
#include "core/image_entry.h"

enum {
    /* The most that one record can make of itself: every member of an answer closing all of its
     * open requests (limits.entry_bytes each), the table and the outbox doubling. */
    FOLD_BYTES_MAX = 96 * 1024 * 1024,
};

void ledger_init(struct ledger *ledger, struct pool *pool, uint64_t seed, int32_t partition)
{
    *ledger =
        (struct ledger){.pool = pool, .epoch = -1, .next_offset = -1, .begin = -1, .snapshot = -1};
    table_init(&ledger->table, pool, seed, (uint16_t)partition);
    outbox_init(&ledger->outbox, pool);
}

void ledger_release(struct ledger *ledger)
{
    table_release(&ledger->table);
    outbox_release(&ledger->outbox);
    sources_release(&ledger->sources, ledger->pool);
    *ledger = (struct ledger){0};
}

static uint8_t copy_name(char to[POOL_NAME_BYTES_MAX], struct view from)
{
    size_t n = from.n < POOL_NAME_BYTES_MAX ? from.n : POOL_NAME_BYTES_MAX;
    if (n > 0)
        memcpy(to, from.p, n);
    return (uint8_t)n;
}

static enum fold_result broken(struct folded *out, const char *why)
{
    out->why = why;
    return FOLD_BROKEN;
}

static enum fold_result fold_claim(struct ledger *ledger, int64_t offset,
                                   const struct record *record, struct folded *out)
{
    if (record->u.claim.format > LEDGER_FORMAT)
        return broken(out, "the ledger is claimed by a worker of a newer release, whose records "
                           "this one cannot read: upgrade this worker");
    ledger->epoch = offset;
    ledger->next_seq = 0;
    ledger->limits = record->u.claim.limits;
    ledger->dry_run = record->u.claim.dry_run;
    ledger->pool_n = copy_name(ledger->pool_name, record->u.claim.pool);
    ledger->owner_n = copy_name(ledger->owner, record->u.claim.worker);
    ledger->begin = -1;
    return FOLD_CLAIM;
}

/* ---- snapshots ---- */

/* The reader starts here: what came before is deleted, and stands in the snapshot. */
static void start_at(struct ledger *ledger, const struct record *record)
{
    ledger->epoch = record->epoch;
    ledger->next_seq = record->seq;
    ledger->limits = record->u.begin.limits;
    ledger->dry_run = record->u.begin.dry_run;
    ledger->pool_n = copy_name(ledger->pool_name, record->u.begin.pool);
    ledger->owner_n = copy_name(ledger->owner, record->u.begin.worker);
    ledger->cursor = record->u.begin.cursor;
    ledger->published = record->u.begin.published;
    for (uint32_t i = 0; i < record->u.begin.source_n; i++) {
        const struct source_position *at = &record->u.begin.sources[i];
        (void)sources_take(&ledger->sources, ledger->pool,
                           (struct source){at->partition, at->offset, at->index, at->generation});
    }
}

/* An entry that is known already is as its image shows it: the image is the owner's own state. */
static void fold_images(struct ledger *ledger, int64_t offset, const struct record *record)
{
    for (uint32_t i = 0; i < record->u.image.image_n; i++) {
        const struct image *image = &record->u.image.images[i];
        struct entry *entry = table_find(&ledger->table, image->instance_id);
        if (entry == NULL) {
            entry = image_restore(&ledger->table, image);
            ledger->phase_n[entry->phase]++;
        }
        entry->touched = offset;
    }
}

/* What has had neither an image nor another record since BEGIN is forgotten. */
static enum fold_result fold_end(struct ledger *ledger, struct folded *out)
{
    if (ledger->begin < 0)
        return broken(out, "the ledger holds the end of a snapshot that did not begin");
    for (struct entry *entry = table_next(&ledger->table, NULL), *next; entry != NULL;
         entry = next) {
        next = table_next(&ledger->table, entry);
        if (entry->touched >= ledger->begin)
            continue;
        if (entry->phase != ENTRY_CLOSED)
            return broken(out, "a snapshot in the ledger lacks an instance with open requests");
        ledger->phase_n[ENTRY_CLOSED]--;
        table_remove(&ledger->table, entry);
    }
    ledger->snapshot = ledger->begin;
    ledger->snapshot_cursor = ledger->begin_cursor;
    ledger->begin = -1;
    return FOLD_APPLIED;
}

static enum fold_result fold_decision(struct ledger *ledger, struct place *at,
                                      const struct record *record, struct folded *out)
{
    switch (record->kind) {
    case RECORD_TASKS:
        apply_tasks(ledger, at, record, out);
        break;
    case RECORD_INTENT:
        apply_intent(ledger, at, record, out);
        break;
    case RECORD_ANSWER:
        apply_answer(ledger, at, record, out);
        break;
    case RECORD_SEEN:
        apply_seen(ledger, at, record, out);
        break;
    case RECORD_SHUT:
        apply_shut(ledger, at, record, out);
        break;
    case RECORD_MARK:
        if (record->u.mark.cursor > ledger->cursor)
            ledger->cursor = record->u.mark.cursor;
        if (record->u.mark.published > ledger->published)
            ledger->published = record->u.mark.published;
        outbox_mark(&ledger->outbox, ledger->published);
        break;
    case RECORD_BEGIN:
        ledger->begin = at->offset;
        ledger->begin_cursor = record->u.begin.cursor;
        break;
    case RECORD_IMAGE:
        fold_images(ledger, at->offset, record);
        break;
    case RECORD_END:
        return fold_end(ledger, out);
    case RECORD_CLAIM:
    case RECORD_REPLY:
        UNREACHABLE();
    }
    return FOLD_APPLIED;
}

enum fold_result ledger_fold(struct ledger *ledger, int64_t offset, int64_t log_ms,
                             const struct record *record, struct folded *out)
{
    PRE(offset >= ledger->next_offset);
    out->touched_n = 0;
    out->differing_id = VIEW_NONE;
    out->why = NULL;
    if (!pool_has(ledger->pool, FOLD_BYTES_MAX))
        return FOLD_FULL;
    if (ledger->next_offset < 0 && offset > 0) {
        if (record->kind != RECORD_BEGIN)
            return broken(out, "the ledger starts neither at its beginning nor at a snapshot: "
                               "records are missing");
        start_at(ledger, record);
    }
    ledger->next_offset = offset + 1;
    if (record->kind == RECORD_CLAIM)
        return fold_claim(ledger, offset, record, out);
    if (record->kind == RECORD_REPLY)
        return FOLD_NEWS;
    if (record->epoch >= offset)
        return broken(out, "a record names an epoch that is not below its own offset");
    if (record->epoch != ledger->epoch || record->seq != ledger->next_seq)
        return FOLD_VOID;
    ledger->next_seq++;
    struct place at = {.offset = offset, .log_ms = log_ms};
    return fold_decision(ledger, &at, record, out);
}
