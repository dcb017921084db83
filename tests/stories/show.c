/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens, as lines of text: one each for what a reader of a story wants to see. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "world.h"

enum { LINE_BYTES = 4096, IDS_SHOWN_MAX = 8 };

static const char *const kind_names[REBOOT_KIND_N] = {
    [REBOOT_SOFT] = "SOFT",
    [REBOOT_SOFT_FIRST] = "SOFT_FIRST",
    [REBOOT_HARD] = "HARD",
    [REBOOT_FORCE] = "FORCE",
};

/* ---- lines ---- */

void show_line(enum kind kind, int w, const char *fmt, ...)
{
    if (world.quiet || !world.shows[kind])
        return;
    char text[LINE_BYTES];
    int n = 0;
    if (world.names_shown)
        n = snprintf(text, sizeof text, "%s: ", world.workers[w].name);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text + n, sizeof text - (size_t)n, fmt, args);
    va_end(args);
    CHECK(world.line_n < EVENTS_MAX);
    world.lines[world.line_n] = strdup(text);
    CHECK(world.lines[world.line_n] != NULL);
    world.line_n++;
}

/* A line that is put together piece by piece. */
struct text {
    char p[LINE_BYTES];
    size_t n;
};

static void add(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add(struct text *text, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text->p + text->n, sizeof text->p - text->n, fmt, args);
    va_end(args);
    if (n > 0)
        text->n = text->n + (size_t)n < sizeof text->p ? text->n + (size_t)n : sizeof text->p - 1;
}

/* "a b c", or the first and the last of many. */
static void show_ids(const struct view *ids, uint32_t n, char *out, size_t out_bytes)
{
    struct text text = {.n = 0};
    if (n > IDS_SHOWN_MAX)
        add(&text, " %.*s .. %.*s (%u)", VIEW_FMT(ids[0]), VIEW_FMT(ids[n - 1]), n);
    for (uint32_t i = 0; i < n && n <= IDS_SHOWN_MAX; i++)
        add(&text, " %.*s", VIEW_FMT(ids[i]));
    (void)snprintf(out, out_bytes, "%s", text.p);
}

/* ---- ledger records ---- */

static void add_tasks(struct text *text, const struct record *record)
{
    for (uint32_t i = 0; i < record->u.tasks.op_n && i < IDS_SHOWN_MAX; i++)
        add(text, " %.*s/%.*s", VIEW_FMT(record->u.tasks.ops[i].task.request_id),
            VIEW_FMT(record->u.tasks.ops[i].task.instance_id));
    if (record->u.tasks.op_n > IDS_SHOWN_MAX)
        add(text, " .. (%u)", record->u.tasks.op_n);
}

static void add_members(struct text *text, const struct record *record)
{
    static const char *const words[] = {
        [MEMBER_SENT] = "sent",       [MEMBER_BACK] = "back",         [MEMBER_FAILED] = "failed",
        [MEMBER_UNKNOWN] = "unknown", [MEMBER_NOT_SENT] = "not sent",
    };
    for (uint32_t i = 0; i < record->u.answer.member_n && i < IDS_SHOWN_MAX; i++) {
        const struct member *member = &record->u.answer.members[i];
        add(text, "%s %.*s %s", i > 0 ? "," : "", VIEW_FMT(member->instance_id),
            words[member->verdict]);
        if (member->flags & MEMBER_STRIKE)
            add(text, " (counts)");
        if (member->flags & MEMBER_REFUSED)
            add(text, " (no effect)");
    }
    if (record->u.answer.member_n > IDS_SHOWN_MAX)
        add(text, " .. (%u)", record->u.answer.member_n);
}

static void add_seen(struct text *text, const struct record *record)
{
    static const char *const words[] = {
        [FOUND_WENT] = "it went",      [FOUND_NOT_DONE] = "it did not",
        [FOUND_NO_TRACE] = "no trace", [FOUND_RUNNING] = "running",
        [FOUND_ABSENT] = "absent",     [FOUND_OVERDUE] = "overdue",
        [FOUND_DOWN] = "down",         [FOUND_NOT_RUNNABLE] = "not runnable",
        [FOUND_CLEAR] = "clear",       [FOUND_NO_TRACE_UP] = "no trace, running",
    };
    for (uint32_t i = 0; i < record->u.seen.item_n; i++)
        add(text, "%s %.*s %s", i > 0 ? "," : "", VIEW_FMT(record->u.seen.items[i].instance_id),
            words[record->u.seen.items[i].finding]);
}

static void add_shut(struct text *text, const struct record *record)
{
    for (uint32_t i = 0; i < record->u.shut.item_n; i++)
        add(text, " %.*s/%.*s %s", VIEW_FMT(record->u.shut.items[i].request_id),
            VIEW_FMT(record->u.shut.items[i].instance_id),
            outcome_status_name(record->u.shut.items[i].status));
}

static void add_reply(struct text *text, const struct record *record)
{
    char ids[LINE_BYTES];
    show_ids(record->u.reply.instance_ids, record->u.reply.instance_n, ids, sizeof ids);
    const char *word = !record->u.reply.sent                        ? "not sent"
                       : record->u.reply.error_source == ERROR_NONE ? "ok"
                                                                    : NULL;
    add(text, " %d%s:", api_dispatch_number(record->u.reply.dispatch), ids);
    if (word != NULL)
        add(text, " %s", word);
    else
        add(text, " %.*s", VIEW_FMT(record->u.reply.error_code));
}

static void add_intent(struct text *text, const struct record *record)
{
    char ids[LINE_BYTES];
    show_ids(record->u.intent.instance_ids, record->u.intent.instance_n, ids, sizeof ids);
    add(text, " %d %s%s", api_dispatch_number(record->u.intent.dispatch),
        kind_names[record->u.intent.kind], ids);
    if (record->u.intent.region.n > 0)
        add(text, " in %.*s", VIEW_FMT(record->u.intent.region));
}

static bool is_before(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order < 0 : a.n < b.n;
}

/* In the order of their names: a snapshot has them in that of a hash table. */
static void add_images(struct text *text, const struct record *record)
{
    struct view last = VIEW_NONE;
    for (uint32_t shown = 0; shown < record->u.image.image_n && shown < IDS_SHOWN_MAX; shown++) {
        struct view next = VIEW_NONE;
        for (uint32_t i = 0; i < record->u.image.image_n; i++) {
            struct view id = record->u.image.images[i].instance_id;
            if (is_before(last, id) && (next.n == 0 || is_before(id, next)))
                next = id;
        }
        add(text, " %.*s", VIEW_FMT(next));
        last = next;
    }
}

static void add_detail(struct text *text, const struct record *record)
{
    switch (record->kind) {
    case RECORD_TASKS:
        add_tasks(text, record);
        break;
    case RECORD_INTENT:
        add_intent(text, record);
        break;
    case RECORD_ANSWER:
        add(text, " %d:", api_dispatch_number(record->u.answer.dispatch));
        add_members(text, record);
        break;
    case RECORD_SEEN:
        add_seen(text, record);
        break;
    case RECORD_SHUT:
        add_shut(text, record);
        break;
    case RECORD_REPLY:
        add_reply(text, record);
        break;
    case RECORD_IMAGE:
        add_images(text, record);
        break;
    case RECORD_CLAIM:
    case RECORD_MARK:
    case RECORD_BEGIN:
    case RECORD_END:
        break;
    }
}

void show_record(const struct pending *pending, const struct record *record, bool valid)
{
    static const enum kind kinds[] = {
        [RECORD_CLAIM] = SHOW_CLAIM,    [RECORD_TASKS] = SHOW_TASKS,
        [RECORD_INTENT] = SHOW_INTENT,  [RECORD_ANSWER] = SHOW_ANSWER,
        [RECORD_SEEN] = SHOW_SEEN,      [RECORD_SHUT] = SHOW_SHUT,
        [RECORD_MARK] = SHOW_MARK,      [RECORD_BEGIN] = SHOW_SNAPSHOT,
        [RECORD_IMAGE] = SHOW_SNAPSHOT, [RECORD_END] = SHOW_SNAPSHOT,
        [RECORD_REPLY] = SHOW_REPLY,
    };
    struct text text = {.n = 0};
    add(&text, "ledger");
    if (world.options.partition_n > 1)
        add(&text, " %d", pending->partition);
    add(&text, ": %s", record_kind_name(record->kind));
    add_detail(&text, record);
    show_line(kinds[record->kind], pending->worker, "%s%s", text.p, valid ? "" : " (void)");
}

/* ---- events ---- */

void show_outcome(int w, const struct outcome *outcome, bool again)
{
    static const char *const confirmed[] = {
        [CONFIRMED_STATE] = "state",
        [CONFIRMED_ABSENCE] = "absence",
    };
    struct text text = {.n = 0};
    add(&text, "event: %.*s/%.*s %s", VIEW_FMT(outcome->request_id), VIEW_FMT(outcome->instance_id),
        outcome_status_name(outcome->status));
    if (outcome->final && outcome->status == OUTCOME_DISPATCHED)
        add(&text, " final");
    if (outcome->attempts > 0)
        add(&text, " attempts=%u", outcome->attempts);
    if (outcome->served_by.n > 0)
        add(&text, " servedBy=%.*s", VIEW_FMT(outcome->served_by));
    if (outcome->dispatch.nonce != 0)
        add(&text, " call=%d", api_dispatch_number(outcome->dispatch));
    if (outcome->dispatch.nonce != 0 && outcome->batch_size > 1)
        add(&text, " batch=%u", outcome->batch_size);
    if (outcome->confirmed_by != CONFIRMED_NONE)
        add(&text, " confirmedBy=%s", confirmed[outcome->confirmed_by]);
    if (outcome->error_source != ERROR_NONE)
        add(&text, " error=%.*s", VIEW_FMT(outcome->error_code));
    if (outcome->dry_run)
        add(&text, " dryRun");
    show_line(SHOW_EVENT, w, "%s%s", text.p, again ? " (again)" : "");
}

/* ---- calls and notes ---- */

void show_call(int w, const struct call *call, int dispatch)
{
    struct text text = {.n = 0};
    char ids[LINE_BYTES];
    show_ids(call->instance_ids, call->instance_n, ids, sizeof ids);
    add(&text, "call %d: %s%s", dispatch, kind_names[call->kind], ids);
    if (call->region.n > 0)
        add(&text, " in %.*s", VIEW_FMT(call->region));
    int64_t ahead_s = call->sign_s - world_wall_ms() / 1000;
    if (ahead_s > 2 || ahead_s < -2)
        add(&text, " signed=%+llds", (long long)ahead_s);
    show_line(SHOW_CALL, w, "%s", text.p);
}

void show_note(int w, const struct note *note)
{
    static const char *const words[] = {
        [NOTE_CLAIMED] = "owner of the partition",
        [NOTE_LOST] = "the partition was claimed by",
        [NOTE_STOPPED] = "stopped:",
        [NOTE_REQUEST_DIFFERS] = "came again with other content:",
        [NOTE_THROTTLED] = "throttled; pace in thousandths:",
        [NOTE_CLOCK_OFFSET] = "the API's clock differs by seconds:",
        [NOTE_CLOCK_JUMP] = "the API's clock jumped by seconds:",
        [NOTE_BREAKER_OPEN] = "breaker open:",
        [NOTE_BREAKER_CLOSED] = "breaker closed",
        [NOTE_ANSWER_LOST] = "an answer is lost; instances unknown:",
        [NOTE_FULL] = "memory is full",
        [NOTE_UNKNOWN_CODE] = "unknown code:",
    };
    bool counts = note->type == NOTE_THROTTLED || note->type == NOTE_CLOCK_OFFSET ||
                  note->type == NOTE_CLOCK_JUMP || note->type == NOTE_ANSWER_LOST;
    struct text text = {.n = 0};
    add(&text, "note: %s", words[note->type]);
    if (counts)
        add(&text, " %lld", (long long)note->count);
    else if (note->text.n > 0)
        add(&text, " %.*s", VIEW_FMT(note->text));
    show_line(SHOW_NOTE, w, "%s", text.p);
}
