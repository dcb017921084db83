/* SPDX-License-Identifier: Apache-2.0
 *
 * The topics. A record reaches the log the moment it is appended, unless the story holds it back;
 * what is void is judged here by the rule alone, not by asking an engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/outcome_json.h"
#include "wire/record_codec.h"
#include "wire/task_codec.h"
#include "world.h"

static struct stored store(struct view bytes)
{
    struct stored stored = {.bytes = malloc(bytes.n + 1), .n = bytes.n, .log_ms = world_wall_ms()};
    CHECK(stored.bytes != NULL);
    memcpy(stored.bytes, bytes.p, bytes.n);
    return stored;
}

static void report(int w, enum event_type type, int32_t partition, uint64_t ticket)
{
    struct worker *worker = &world.workers[w];
    if (worker->engine == NULL)
        return;
    CHECK(worker->report_n < REPORTS_MAX);
    worker->reports[worker->report_n++] = (struct report){type, partition, ticket};
}

static const struct record *decode(const struct stored *stored)
{
    static struct record_scratch scratch;
    static struct record record;
    struct fault fault;
    if (record_decode((struct view){stored->bytes, stored->n}, &scratch, &record, &fault) != ERR_OK)
        world_fail("a ledger record cannot be read back: %s", fault.text);
    return &record;
}

/* ---- the ledger ---- */

static bool is_valid(int32_t partition, int64_t offset, const struct record *record)
{
    if (record->kind == RECORD_REPLY)
        return true;
    if (record->kind == RECORD_CLAIM) {
        world.epoch[partition] = offset;
        world.next_seq[partition] = 0;
        return true;
    }
    if (record->epoch != world.epoch[partition] || record->seq != world.next_seq[partition])
        return false;
    world.next_seq[partition]++;
    return true;
}

static void reach_log(const struct pending *pending)
{
    struct topic *topic = &world.ledger[pending->partition];
    CHECK(topic->n < RECORDS_MAX);
    struct stored *stored = &topic->records[topic->n];
    *stored = pending->stored;
    stored->log_ms = world_wall_ms();
    const struct record *record = decode(stored);
    show_record(pending, record, is_valid(pending->partition, topic->n, record));
    topic->n++;
    if (world.reports_held[pending->partition][pending->worker]) {
        world.unreported[world.unreported_n++] = *pending;
        return;
    }
    report(pending->worker, EV_APPENDED, pending->partition, pending->ticket);
}

void log_append(int w, const struct action *act)
{
    struct buf buf;
    struct fault fault;
    buf_init(&buf, RECORD_BYTES_MAX);
    if (record_encode(act->record, &buf, &fault) != ERR_OK)
        world_fail("a ledger record cannot be written: %s", fault.text);
    struct pending pending = {.worker = w,
                              .partition = act->partition,
                              .ticket = act->ticket,
                              .stored = store(buf_view(&buf))};
    buf_release(&buf);
    if (world.fail_appends[act->partition] > 0) {
        world.fail_appends[act->partition]--;
        free(pending.stored.bytes);
        report(w, EV_APPEND_FAILED, act->partition, act->ticket);
    } else if (world.ledger_held[act->partition][w]) {
        CHECK(world.pending_n < RECORDS_MAX);
        world.pending[world.pending_n++] = pending;
    } else {
        reach_log(&pending);
    }
}

void log_release(int32_t partition, int w)
{
    world.ledger_held[partition][w] = false;
    uint32_t kept_n = 0;
    for (uint32_t i = 0; i < world.pending_n; i++) {
        struct pending pending = world.pending[i];
        if (pending.partition == partition && pending.worker == w)
            reach_log(&pending);
        else
            world.pending[kept_n++] = pending;
    }
    world.pending_n = kept_n;
}

void log_release_reports(int32_t partition, int w)
{
    world.reports_held[partition][w] = false;
    uint32_t kept_n = 0;
    for (uint32_t i = 0; i < world.unreported_n; i++) {
        struct pending pending = world.unreported[i];
        if (pending.partition == partition && pending.worker == w)
            report(pending.worker, EV_APPENDED, pending.partition, pending.ticket);
        else
            world.unreported[kept_n++] = pending;
    }
    world.unreported_n = kept_n;
}

void log_trim(int w, const struct action *act)
{
    bool ledger = act->type == ACT_LEDGER_TRIM;
    struct topic *topic = ledger ? &world.ledger[act->partition] : &world.tasks[act->partition];
    if (act->offset > topic->first)
        topic->first = act->offset;
    show_line(SHOW_SNAPSHOT, w, "%s: deleted below %lld", ledger ? "ledger" : "tasks",
              (long long)act->offset);
}

/* ---- tasks ---- */

void log_add_task(int32_t partition, const struct task *task)
{
    struct buf buf;
    struct fault fault;
    buf_init(&buf, TASK_BYTES_MAX);
    if (task_encode(task, &buf, &fault) != ERR_OK)
        world_fail("not a task: %s", fault.text);
    struct topic *topic = &world.tasks[partition];
    CHECK(topic->n < RECORDS_MAX);
    topic->records[topic->n++] = store(buf_view(&buf));
    buf_release(&buf);
}

static bool deliver_task(int w, int32_t partition)
{
    struct worker *worker = &world.workers[w];
    const struct topic *topic = &world.tasks[partition];
    int64_t *at = &worker->tasks_at[partition];
    if (*at < 0 || *at >= topic->n || engine_task_room(worker->engine, partition) == 0)
        return false;
    const struct stored *stored = &topic->records[*at];
    struct task task;
    struct fault fault;
    if (task_decode((struct view){stored->bytes, stored->n}, &task, &fault) != ERR_OK)
        world_fail("a task cannot be read back: %s", fault.text);
    world_step(w, &(struct event){.type = EV_TASK,
                                  .partition = partition,
                                  .offset = (*at)++,
                                  .log_ms = stored->log_ms,
                                  .task = &task});
    return true;
}

bool log_deliver(int w, int32_t partition)
{
    struct worker *worker = &world.workers[w];
    const struct topic *topic = &world.ledger[partition];
    int64_t *at = &worker->ledger_at[partition];
    if (*at >= 0 && *at < topic->first) {
        /* The reader's place is deleted. */
        world_step(w, &(struct event){.type = EV_APPEND_FAILED, .partition = partition});
        *at = -1;
        return true;
    }
    if (*at >= 0 && *at < topic->n) {
        const struct stored *stored = &topic->records[*at];
        world_step(w, &(struct event){.type = EV_RECORD,
                                      .partition = partition,
                                      .offset = (*at)++,
                                      .log_ms = stored->log_ms,
                                      .bytes = (int64_t)stored->n,
                                      .record = decode(stored)});
        return true;
    }
    if (*at >= 0 && !worker->ledger_ended[partition]) {
        worker->ledger_ended[partition] = true;
        world_step(
            w, &(struct event){.type = EV_LEDGER_END, .partition = partition, .offset = topic->n});
        return true;
    }
    return deliver_task(w, partition);
}

/* ---- results ---- */

/* Has this very event, byte for byte, been published before? */
static bool remember_event(int w, const struct outcome *outcome)
{
    static const struct outcome_context context = {.source = VIEW_LIT("/stories"),
                                                   .requests = VIEW_LIT("reboot.requests")};
    struct outcome_message message;
    struct fault fault;
    outcome_message_init(&message);
    if (outcome_write(outcome, &context, &message, &fault) != ERR_OK)
        world_fail("an event cannot be rendered: %s", fault.text);
    struct view value = buf_view(&message.value);
    char key[2 * NAME_BYTES + 2];
    (void)snprintf(key, sizeof key, "%.*s/%.*s", VIEW_FMT(outcome->request_id),
                   VIEW_FMT(outcome->instance_id));
    bool again = false;
    for (uint32_t i = 0; i < world.event_n; i++) {
        const struct stored *event = &world.events[i];
        again = again || view_equals((struct view){event->bytes, event->n}, value);
        bool second = outcome->final && world.event_final[i] &&
                      outcome->status != OUTCOME_REJECTED &&
                      strcmp(world.event_keys[i], key) == 0 &&
                      !view_equals((struct view){event->bytes, event->n}, value);
        if (second)
            show_line(SHOW_EVENT, w, "a second final event:");
    }
    CHECK(world.event_n < EVENTS_MAX);
    world.event_final[world.event_n] = outcome->final && outcome->status != OUTCOME_REJECTED;
    memcpy(world.event_keys[world.event_n], key, sizeof key);
    world.events[world.event_n++] = store(value);
    outcome_message_release(&message);
    return again;
}

void log_publish(int w, const struct action *act)
{
    if (world.results_held) {
        world.unpublished[world.unpublished_n++] =
            (struct pending){.worker = w, .partition = act->partition, .ticket = act->ticket};
        show_line(SHOW_EVENT, w, "not acknowledged:");
    }
    show_outcome(w, act->outcome, remember_event(w, act->outcome));
    if (!world.results_held)
        report(w, EV_PUBLISHED, act->partition, act->ticket);
}

void log_release_results(void)
{
    world.results_held = false;
    for (uint32_t i = 0; i < world.unpublished_n; i++)
        report(world.unpublished[i].worker, EV_PUBLISHED, world.unpublished[i].partition,
               world.unpublished[i].ticket);
    world.unpublished_n = 0;
}
