/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads by instance ID, five a call: the only reads that conclusions rest on. Urgent are those that
 * somebody waits for (what became of a lost call, or of one that may have had part of its effect);
 * the others watch reboots until the instance runs again.
 *
 * judge_* decide what a read means in each phase. A read that was begun before the flight it would
 * judge proves nothing. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

enum { EARLY_LOOKS = 10, DOWN_LOOKS = 2 };
static const int64_t early_ms =
    1000; /* between the first looks: a reboot is best seen while it lasts */
static const int64_t first_watch_ms = 500;
static const int64_t retry_first_ms = 250;
static const int64_t retry_last_ms = 30000;

/* ---- when ---- */

static int64_t horizon_ms(const struct engine *eng, const struct owner *owner,
                          const struct entry *entry)
{
    int64_t from_ms = entry->flight->started_ms;
    /* Somebody else's clock may be slow: all that is known is that our claim came later. */
    if (owner->writers_time && from_ms < owner->claim_ms)
        from_ms = owner->claim_ms;
    return from_ms + eng->options.signature_life_ms + eng->options.settle_ms;
}

bool look_past_horizon(const struct engine *eng, const struct owner *owner,
                       const struct entry *entry)
{
    return entry->flight != NULL && owner_log_now_ms(eng, owner) >= horizon_ms(eng, owner, entry);
}

/* A moment of the log's clock on ours. */
static int64_t on_our_clock(const struct engine *eng, const struct owner *owner, int64_t log_ms)
{
    return now_ms(eng) + log_ms - owner_log_now_ms(eng, owner);
}

int64_t look_due_ms(struct engine *eng, struct owner *owner, struct entry *entry)
{
    struct hint *hint = hint_need(eng, entry);
    if (hint->looking)
        return INT64_MAX;
    if (entry->phase != ENTRY_REBOOTING)
        return hint->look_ms; /* TIME_NONE: at once */
    if (eng->lister.on && !hint->by_id) {
        int64_t overdue = entry->flight->started_ms + eng->options.confirm_timeout_ms;
        return on_our_clock(eng, owner, overdue);
    }
    if (hint->look_ms == TIME_NONE) {
        int64_t first = eng->options.confirm_interval_ms < first_watch_ms
                            ? eng->options.confirm_interval_ms
                            : first_watch_ms;
        hint->look_ms = now_ms(eng) + first;
    }
    return hint->look_ms;
}

void look_enqueue(struct engine *eng, struct entry *entry)
{
    /* Whoever is overdue needs a fresh look before it is given up. */
    const struct owner *owner = engine_owner_of(eng, entry);
    bool watched =
        entry->phase == ENTRY_REBOOTING &&
        owner_log_now_ms(eng, owner) < entry->flight->started_ms + eng->options.confirm_timeout_ms;
    queue_add(watched ? &eng->watched : &eng->urgent, entry);
}

static void look_again(struct engine *eng, const struct owner *owner, struct entry *entry)
{
    struct hint *hint = entry->hint;
    int64_t pause = eng->options.confirm_interval_ms;
    bool urgent = entry->phase != ENTRY_REBOOTING;
    if (urgent && hint->looks_n < EARLY_LOOKS && pause > early_ms)
        pause = early_ms;
    hint->look_ms = now_ms(eng) + pause;
    if (hint->looks_n < UINT16_MAX)
        hint->looks_n++;
    if (!urgent || entry->flight == NULL)
        return;
    int64_t horizon = on_our_clock(eng, owner, horizon_ms(eng, owner, entry));
    if (horizon > now_ms(eng) && horizon < hint->look_ms)
        hint->look_ms = horizon;
}

/* ---- what a read means ---- */

/* One instance as it was read. */
struct reading {
    bool absent;
    enum instance_state state;
    bool has_operation;
    bool is_reboot; /* LatestOperation is one */
    bool operating;
    int64_t begun_ms; /* log time at the beginning of the read */
};

static bool is_going_to_run(const struct reading *reading)
{
    return !reading->absent &&
           (reading->state == INSTANCE_RUNNING || reading->state == INSTANCE_STARTING ||
            reading->state == INSTANCE_PENDING || reading->state == INSTANCE_REBOOTING ||
            reading->state == INSTANCE_OTHER);
}

/* False: the queue is full; the entry is reviewed, and read again, in a moment. */
static void conclude(struct engine *eng, struct owner *owner, struct entry *entry, struct seen seen)
{
    if (!propose_seen(eng, entry, owner, seen))
        entry->hint->look_ms = now_ms(eng) + early_ms;
}

static void judge_unclear(struct engine *eng, struct owner *owner, struct entry *entry,
                          const struct reading *reading)
{
    bool became_reboot = reading->is_reboot && entry->hint->baseline;
    if (!reading->absent && (reading->state == INSTANCE_REBOOTING || became_reboot)) {
        conclude(eng, owner, entry, (struct seen){.finding = FOUND_WENT});
        return;
    }
    CHECK(entry->flight != NULL);
    if (reading->begun_ms < horizon_ms(eng, owner, entry)) {
        look_again(eng, owner, entry);
        return;
    }
    bool is_up = !reading->absent && reading->state == INSTANCE_RUNNING;
    struct seen seen = {.finding = is_up ? FOUND_NO_TRACE_UP : FOUND_NO_TRACE};
    if ((is_up && reading->has_operation && !reading->is_reboot) || eng->options.ambiguity_retry)
        seen.finding = FOUND_NOT_DONE;
    conclude(eng, owner, entry, seen);
}

/* It is up, and has been rebooted meanwhile: by this attempt, or by one before that left no trace
 * then. Or somebody who owned it before may have seen it rebooting: then its latest operation is
 * that reboot, or was done by others since. */
static bool may_have_been_rebooted(const struct hint *hint, const struct reading *reading)
{
    bool became_reboot = reading->is_reboot && hint->baseline;
    bool shows_other = reading->has_operation && !reading->is_reboot;
    return !reading->absent && (became_reboot || (hint->inherited && !shows_other));
}

/* After an attempt that was refused, though perhaps not whole. */
static void judge_denied(struct engine *eng, struct owner *owner, struct entry *entry,
                         const struct reading *reading)
{
    struct hint *hint = entry->hint;
    if (!reading->absent && reading->state == INSTANCE_REBOOTING) {
        conclude(eng, owner, entry, (struct seen){.finding = FOUND_WENT});
        return;
    }
    if (may_have_been_rebooted(hint, reading) && !eng->options.ambiguity_retry) {
        conclude(eng, owner, entry, (struct seen){.finding = FOUND_NO_TRACE});
        return;
    }
    hint->looked = true;
    hint->hold = false;
    if (hint->verdict == VERDICT_NOT_RUNNING && !reading->absent) {
        if (!is_going_to_run(reading)) {
            conclude(eng, owner, entry, (struct seen){.finding = FOUND_NOT_RUNNABLE});
            return;
        }
        hint->hold = reading->state != INSTANCE_RUNNING;
        if (hint->hold)
            look_again(eng, owner, entry);
    }
    bool is_offender = (hint->verdict == VERDICT_NOT_EXIST && reading->absent) ||
                       (hint->verdict == VERDICT_BUSY && reading->operating);
    if (is_offender && !hint->suspect) {
        hint->suspect = true;
        party_leave(eng, entry); /* once: suspects that fail together are halved too */
    }
    if (!hint->hold)
        conclude(eng, owner, entry, (struct seen){.finding = FOUND_CLEAR});
}

static void judge_rebooting(struct engine *eng, struct owner *owner, struct entry *entry,
                            const struct reading *reading)
{
    CHECK(entry->flight != NULL);
    struct hint *hint = entry->hint;
    int64_t age_ms = reading->begun_ms - entry->flight->started_ms;
    if (!reading->absent && reading->state == INSTANCE_RUNNING) {
        hint->down_n = 0;
        if (hint->was_down || age_ms >= eng->options.settle_ms) {
            conclude(eng, owner, entry, (struct seen){.finding = FOUND_RUNNING});
            return;
        }
    } else {
        hint->was_down = true;
        hint->listed = eng->lister.pass;
        hint->down_n = is_going_to_run(reading) ? 0 : (uint8_t)(hint->down_n + 1);
    }
    if (hint->down_n >= DOWN_LOOKS)
        conclude(eng, owner, entry,
                 (struct seen){.finding = FOUND_DOWN,
                               .error_code = VIEW_LIT("instance.down"),
                               .error_message =
                                   reading->absent
                                       ? VIEW_LIT("after the reboot was accepted the instance is "
                                                  "no longer there")
                                       : VIEW_LIT("after the reboot was accepted the instance is "
                                                  "in a state that does not lead to RUNNING")});
    else if (age_ms >= eng->options.confirm_timeout_ms)
        conclude(eng, owner, entry, (struct seen){.finding = FOUND_OVERDUE});
    else
        look_again(eng, owner, entry);
}

static struct reading read_of(const struct answer *answer, struct view id)
{
    struct reading reading = {.absent = true};
    for (uint32_t i = 0; i < answer->sighting_n; i++) {
        const struct sighting *sighting = &answer->sightings[i];
        if (!view_equals(sighting->instance_id, id))
            continue;
        reading.absent = false;
        reading.state = sighting->state;
        reading.has_operation = sighting->latest_operation.n > 0;
        reading.is_reboot = view_is(sighting->latest_operation, "RebootInstances");
        reading.operating = view_is(sighting->latest_operation_state, "OPERATING");
    }
    return reading;
}

static void judge_reading(struct engine *eng, struct owner *owner, struct entry *entry,
                          const struct reading *reading)
{
    switch ((enum entry_phase)entry->phase) {
    case ENTRY_UNKNOWN:
    case ENTRY_DISPATCHING:
        judge_unclear(eng, owner, entry, reading);
        break;
    case ENTRY_WAITING:
        if (entry->taint == TAINT_DENIED)
            judge_denied(eng, owner, entry, reading);
        break;
    case ENTRY_REBOOTING:
        judge_rebooting(eng, owner, entry, reading);
        break;
    case ENTRY_CLOSED:
        break;
    }
    if (entry->hint != NULL && reading->has_operation)
        entry->hint->baseline = !reading->is_reboot && entry->phase != ENTRY_REBOOTING;
}

/* ---- calls ---- */

static struct queue *next_queue(struct engine *eng)
{
    return eng->urgent.first != NULL ? &eng->urgent : &eng->watched;
}

static bool may_read(const struct engine *eng)
{
    return !eng->draining && eng->look_n < LOOKS_MAX &&
           instant_reached(eng->now.at, eng->reads_after);
}

static void fill_look(struct engine *eng, struct queue *queue, struct look *look)
{
    while (queue->first != NULL && look->count < CALL_FILTER_VALUES_MAX) {
        struct entry *entry = queue->first;
        queue_remove(entry);
        hint_need(eng, entry)->looking = true;
        struct asked *asked = &look->asked[look->count];
        *asked = (struct asked){.partition = entry->partition,
                                .phase = entry->phase,
                                .intent = entry->flight == NULL ? -1 : entry->flight->intent,
                                .id_n = entry->id_n};
        memcpy(asked->id, entry->id, entry->id_n);
        eng->call_ids[look->count++] = (struct view){asked->id, asked->id_n};
    }
}

bool look_next_call(struct engine *eng, struct action *act)
{
    if (!may_read(eng))
        return false;
    /* Lists and looks by ID take turns: a list of a large account could take every slot. */
    bool list_first = eng->urgent.first == NULL && (eng->watched.first == NULL || !eng->listed);
    if (list_first && lister_next_call(eng, act)) {
        eng->listed = true;
        return true;
    }
    struct queue *queue = next_queue(eng);
    if (queue->first == NULL || !engine_take_slot(eng, CALL_DESCRIBE))
        return false;
    eng->listed = false;
    struct look *look = pool_need(&eng->pool, sizeof *look);
    look->call_id = ++eng->call_count;
    look->began = eng->now.at;
    fill_look(eng, queue, look);
    look->next = eng->looks;
    eng->looks = look;
    eng->look_n++;
    eng->call = (struct call){.id = look->call_id,
                              .action = CALL_DESCRIBE,
                              .sign_s = clock_sign_s(eng),
                              .instance_ids = eng->call_ids,
                              .instance_n = look->count,
                              .timeout_ms = eng->options.timeout_ms};
    *act = (struct action){.type = ACT_CALL, .partition = -1, .call = &eng->call};
    return true;
}

bool look_read_failed(struct engine *eng, const struct answer *answer)
{
    if (answer->kind == ANSWER_API && answer->code.n == 0) {
        eng->read_failures = 0;
        return false;
    }
    bool known;
    if (verdict_of(answer, &known) == VERDICT_THROTTLE) {
        quota_throttled(&eng->quota[CALL_DESCRIBE]);
        eng->throttled_n++;
    }
    int64_t pause = retry_first_ms;
    for (uint32_t i = 0; i < eng->read_failures && pause < retry_last_ms; i++)
        pause *= 2;
    eng->read_failures++;
    eng->reads_after = instant_after_ms(eng->now.at, pause < retry_last_ms ? pause : retry_last_ms);
    return true;
}

static void take_reading(struct engine *eng, const struct look *look, const struct asked *asked,
                         const struct answer *answer)
{
    struct owner *owner = &eng->owners[asked->partition];
    struct view id = {asked->id, asked->id_n};
    struct entry *entry = owner->role == ROLE_OWNER ? table_find(&owner->ledger.table, id) : NULL;
    if (entry == NULL || entry->hint == NULL || !entry->hint->looking)
        return;
    entry->hint->looking = false;
    int64_t intent = entry->flight == NULL ? -1 : entry->flight->intent;
    bool same = asked->phase == entry->phase && asked->intent == intent;
    bool answered = entry->flight != NULL && dispatch_carries(eng, entry); /* nothing is unclear */
    if (answer != NULL && same && !entry->proposed && !answered) {
        struct reading reading = read_of(answer, id);
        reading.begun_ms =
            owner_log_now_ms(eng, owner) - instant_ms_between(look->began, eng->now.at);
        judge_reading(eng, owner, entry, &reading);
    }
    review_entry(eng, owner, entry);
}

bool look_answer(struct engine *eng, uint64_t call_id, const struct answer *answer)
{
    struct look **link = &eng->looks;
    while (*link != NULL && (*link)->call_id != call_id)
        link = &(*link)->next;
    struct look *look = *link;
    if (look == NULL)
        return false;
    *link = look->next;
    eng->look_n--;
    bool failed = look_read_failed(eng, answer);
    for (uint32_t i = 0; i < look->count; i++)
        take_reading(eng, look, &look->asked[i], failed ? NULL : answer);
    pool_give(&eng->pool, look, sizeof *look);
    return true;
}

struct instant look_wake(const struct engine *eng)
{
    bool wanted = eng->urgent.first != NULL || eng->watched.first != NULL;
    if (!wanted || eng->draining || eng->look_n >= LOOKS_MAX)
        return INSTANT_NEVER;
    if (!instant_reached(eng->now.at, eng->reads_after))
        return eng->reads_after;
    return engine_slot_wake(eng, CALL_DESCRIBE);
}
