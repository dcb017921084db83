/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots: the owner's side. When the log has grown enough since the last one, everything alive
 * is written down between BEGIN and END, and what is spent is forgotten.
 *
 * The partition stands still meanwhile: BEGIN is proposed when every proposal of ours has come
 * back, and nothing else is proposed before END. So each image is the exact state at its place in
 * the log, without a rule about what may overtake it; a pause of a fraction of a second, paid by
 * this partition alone, once in so many times its live size.
 *
 * The log before BEGIN is deleted when END has come back valid, a MARK says that every event owed
 * before BEGIN is acknowledged, and no REPLY waits to be decided upon; the tasks before BEGIN's
 * cursor go with it. */
#include "base/check.h"
#include "core/engine_impl.h"
#include "core/image_entry.h"

enum { SNAPSHOT_RECORD_BYTES = 128 * 1024 };
static const int64_t growth_share = 2; /* times the live size, before the next one is due */
/* While memory is full: no task makes the log grow, and only a snapshot forgets anything. */
static const int64_t full_every_ms = 600000;

/* ---- when ---- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void snapshot_count_task(struct owner *owner, int64_t bytes)
{
    owner->snapshot.task_bytes += bytes;
}

void snapshot_count(struct engine *eng, struct owner *owner, const struct record *record,
                    int64_t bytes)
{
    struct snapshot *snapshot = &owner->snapshot;
    snapshot->grown_bytes += bytes;
    if (record->kind == RECORD_BEGIN)
        snapshot->image_bytes = 0;
    else if (record->kind == RECORD_IMAGE)
        snapshot->image_bytes += bytes;
    if (record->kind != RECORD_END)
        return;
    int64_t live_bytes = snapshot->image_bytes;
    snapshot->ended = eng->now.at;
    snapshot->grown_bytes = 0;
    snapshot->task_bytes = 0;
    snapshot->due_bytes = larger(eng->options.snapshot_bytes_min, growth_share * live_bytes);
}

static bool is_due(const struct engine *eng, const struct owner *owner)
{
    const struct snapshot *snapshot = &owner->snapshot;
    if (!eng->draining && eng->full && owner->ledger.phase_n[ENTRY_CLOSED] > 0 &&
        instant_ms_between(snapshot->ended, eng->now.at) >= full_every_ms)
        return true;
    int64_t grown_bytes = larger(snapshot->grown_bytes, snapshot->task_bytes);
    return !eng->draining && grown_bytes >= eng->options.snapshot_bytes_min &&
           grown_bytes >= snapshot->due_bytes;
}

static bool is_all_back(const struct owner *owner)
{
    return owner->seq == owner->ledger.next_seq && owner->ledger.epoch == owner->epoch;
}

bool snapshot_holds(struct engine *eng, struct owner *owner)
{
    struct snapshot *snapshot = &owner->snapshot;
    if (snapshot->stage == SNAPSHOT_NONE && is_due(eng, owner))
        snapshot->stage = SNAPSHOT_WANTED;
    else if (snapshot->stage == SNAPSHOT_WANTED && eng->draining)
        snapshot->stage = SNAPSHOT_NONE;
    return snapshot->stage != SNAPSHOT_NONE;
}

/* ---- what ---- */

static void begin(struct engine *eng, struct owner *owner)
{
    const struct ledger *ledger = &owner->ledger;
    eng->record = (struct record){
        .kind = RECORD_BEGIN,
        .u.begin = {.cursor = ledger->cursor,
                    .published = ledger->published,
                    .pool = {ledger->pool_name, ledger->pool_n},
                    .worker = ledger_owner(ledger),
                    .dry_run = ledger->dry_run,
                    .limits = ledger->limits,
                    .sources = ledger->sources.at,
                    .source_n = ledger->sources.count},
    };
    owner->snapshot.stage = SNAPSHOT_IMAGES;
    owner->snapshot.next = table_next(&ledger->table, NULL);
}

static struct image_room *room_of(struct engine *eng)
{
    if (eng->images == NULL) {
        eng->images = pool_take(&eng->pool, sizeof *eng->images);
        CHECK(eng->images != NULL);
    }
    eng->images->image_n = 0;
    eng->images->request_n = 0;
    eng->images->closed_n = 0;
    eng->images->early_n = 0;
    return eng->images;
}

/* A request whose record is believed may ask for a reboot that began as long ago as this. */
static int64_t reboot_memory_ms(const struct engine_options *options)
{
    return options->request_max_age_ms + 2 * options->dedup_window_ms;
}

/* The next record of images, or END when there are none left. */
static void go_on(struct engine *eng, struct owner *owner)
{
    struct snapshot *snapshot = &owner->snapshot;
    const struct table *table = &owner->ledger.table;
    struct image_room *room = room_of(eng);
    int64_t log_ms = owner_log_now_ms(eng, owner);
    size_t bytes = 0;
    for (; snapshot->next != NULL && bytes < SNAPSHOT_RECORD_BYTES;
         snapshot->next = table_next(table, snapshot->next)) {
        if (entry_is_spent(snapshot->next, log_ms, reboot_memory_ms(&eng->options)))
            continue;
        if (!image_take(snapshot->next, room))
            break;
        bytes += image_bytes(&room->images[room->image_n - 1]);
    }
    eng->record = (struct record){.kind = RECORD_END};
    if (room->image_n == 0) {
        snapshot->stage = SNAPSHOT_NONE;
        snapshot->grown_bytes = 0; /* not due again while END is on its way */
        snapshot->task_bytes = 0;
        return;
    }
    eng->record = (struct record){
        .kind = RECORD_IMAGE,
        .u.image = {.images = room->images, .image_n = room->image_n},
    };
}

bool snapshot_next(struct engine *eng, struct owner *owner)
{
    switch (owner->snapshot.stage) {
    case SNAPSHOT_NONE:
        return false;
    case SNAPSHOT_WANTED:
        if (!is_all_back(owner))
            return false;
        begin(eng, owner);
        return true;
    case SNAPSHOT_IMAGES:
        go_on(eng, owner);
        return true;
    }
    UNREACHABLE();
}

/* ---- deletion ---- */

bool snapshot_next_trim(const struct engine *eng, struct owner *owner, struct action *act)
{
    const struct ledger *ledger = &owner->ledger;
    struct snapshot *snapshot = &owner->snapshot;
    if (owner->role != ROLE_OWNER || ledger->snapshot < 0 || ledger->published < ledger->snapshot)
        return false;
    if (snapshot->trimmed < ledger->snapshot && dispatch_has_replies(eng, owner->partition))
        return false; /* a successor must find them too */
    *act = (struct action){.partition = owner->partition};
    if (snapshot->trimmed < ledger->snapshot) {
        snapshot->trimmed = ledger->snapshot;
        act->type = ACT_LEDGER_TRIM;
        act->offset = ledger->snapshot;
        return true;
    }
    if (snapshot->tasks_trimmed < ledger->snapshot_cursor) {
        snapshot->tasks_trimmed = ledger->snapshot_cursor;
        act->type = ACT_TASKS_TRIM;
        act->offset = ledger->snapshot_cursor;
        return true;
    }
    return false;
}
