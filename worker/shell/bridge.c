/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/bridge.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "shell/clock.h"
#include "shell/replies.h"
#include "wire/ecm_answer.h"
#include "wire/outcome_json.h"
#include "wire/record_codec.h"
#include "wire/task_codec.h"

enum {
    /* What a broker stores with each record, beside its value; about. */
    RECORD_OVERHEAD_BYTES = 16,
    /* A ticket of results: the ledger partition that owes the event, and the engine's number. */
    TICKET_NUMBER_BITS = 48,
};

#define REMEDY                                                                                     \
    "restore the topic, or begin anew with other names for topics.tasks, .ledger and .control, "   \
    "and set the group's offsets of the requests topic back to before the loss"

struct bridge {
    struct bridge_options options;
    struct engine *engine;
    void *memory;
    struct buf bytes; /* of the record being written */
    struct outcome_message message;
    struct record record;
    struct record_scratch scratch;
    struct replies *replies;
    bool paused[ENGINE_PARTITIONS_MAX];
    struct topic_check checks[ENGINE_PARTITIONS_MAX]; /* of partitions of tasks */
};

/* ---- engine steps ---- */

static void step(struct bridge *bridge, struct event *event)
{
    event->now = clock_now();
    engine_step(bridge->engine, event);
}

static void step_simple(struct bridge *bridge, enum event_type type, int32_t partition)
{
    step(bridge, &(struct event){.type = type, .partition = partition});
}

static void stop_partition(struct bridge *bridge, enum event_type type, int32_t partition,
                           const struct fault *fault)
{
    step(bridge,
         &(struct event){.type = type, .partition = partition, .text = view_of(fault->text)});
}

/* ---- actions ---- */

static void keep_reply(struct bridge *bridge, const struct action *act, bool is_put)
{
    replies_keep(bridge->replies, &(struct reply){.partition = act->partition,
                                                  .ticket = act->ticket,
                                                  .bytes = buf_view(&bridge->bytes)});
    if (!is_put)
        (void)replies_report(bridge->replies, act->ticket, false);
}

/* Replies whose append failed, once more. */
static void append_replies(struct bridge *bridge)
{
    struct producer *producer = bridge->options.producer;
    struct reply reply;
    while (producer_has_room(producer, TOPIC_LEDGER, 1, RECORD_BYTES_MAX) &&
           replies_next(bridge->replies, &reply)) {
        struct fault fault;
        if (producer_put(producer,
                         &(struct producer_record){.topic = TOPIC_LEDGER,
                                                   .partition = reply.partition,
                                                   .ticket = reply.ticket,
                                                   .value = reply.bytes},
                         &fault) == ERR_OK)
            continue;
        (void)replies_report(bridge->replies, reply.ticket, false);
        return;
    }
}

static void append(struct bridge *bridge, const struct action *act)
{
    struct fault fault;
    buf_clear(&bridge->bytes);
    enum err err = record_encode(act->record, &bridge->bytes, &fault);
    CHECK(err == ERR_OK); /* the engine keeps the codec's limits */
    err = producer_put(bridge->options.producer,
                       &(struct producer_record){.topic = TOPIC_LEDGER,
                                                 .partition = act->partition,
                                                 .ticket = act->ticket,
                                                 .value = buf_view(&bridge->bytes)},
                       &fault);
    if (act->record->kind == RECORD_REPLY)
        keep_reply(bridge, act, err == ERR_OK);
    if (err == ERR_OK)
        return;
    /* No report will come for this one, and none may be stored behind it. */
    producer_break(bridge->options.producer, fault.text);
    step_simple(bridge, EV_APPEND_FAILED, act->partition);
}

static void publish(struct bridge *bridge, const struct action *act)
{
    const struct outcome_context context = {.source = view_of(bridge->options.source),
                                            .requests = view_of(bridge->options.requests)};
    struct fault fault;
    enum err err = outcome_write(act->outcome, &context, &bridge->message, &fault);
    CHECK(err == ERR_OK); /* every text of an outcome has a limit */
    struct kafka_header headers[OUTCOME_HEADERS_MAX];
    for (size_t i = 0; i < bridge->message.header_n; i++)
        headers[i] = (struct kafka_header){bridge->message.headers[i].name,
                                           bridge->message.headers[i].value};
    uint64_t ticket = (uint64_t)act->partition << TICKET_NUMBER_BITS | act->ticket;
    err = producer_put(bridge->options.publisher,
                       &(struct producer_record){.topic = TOPIC_RESULTS,
                                                 .partition = PRODUCER_ANY,
                                                 .ticket = ticket,
                                                 .key = act->outcome->instance_id,
                                                 .value = buf_view(&bridge->message.value),
                                                 .headers = headers,
                                                 .header_n = bridge->message.header_n},
                       &fault);
    if (err != ERR_OK)
        step_simple(bridge, EV_APPEND_FAILED, act->partition);
}

static void send_call(struct bridge *bridge, const struct action *act)
{
    struct fault fault;
    const struct bridge_sink *sink = &bridge->options.sink;
    uint64_t id = act->call->id;
    if (http_send(bridge->options.http, act->call, sink->credentials(sink->context), &fault) ==
        ERR_OK)
        return;
    struct answer answer;
    ecm_answer_missing(NETWORK_NOT_SENT, view_of(fault.text), &answer);
    step(bridge, &(struct event){.type = EV_ANSWER, .ticket = id, .answer = &answer});
}

static void start_reading(struct bridge *bridge, struct reader_at at, int64_t offset)
{
    struct fault fault;
    bool tasks = at.topic == TOPIC_TASKS;
    bridge->paused[at.partition] = bridge->paused[at.partition] && !tasks;
    if (reader_start(bridge->options.reader, at, offset == 0 ? READER_BEGINNING : offset, &fault) !=
        ERR_OK)
        stop_partition(bridge, tasks ? EV_TASK_BAD : EV_LEDGER_STOPPED, at.partition, &fault);
}

/* Reads tasks, after a look whether they are those that were read before. */
static void start_tasks(struct bridge *bridge, int32_t partition, int64_t offset)
{
    const struct bridge_sink *sink = &bridge->options.sink;
    start_reading(bridge, (struct reader_at){TOPIC_TASKS, partition},
                  topic_check_begin(&bridge->checks[partition],
                                    sink->task_seen(sink->context, partition), offset));
}

static void act_on(struct bridge *bridge, const struct action *act)
{
    const struct bridge_sink *sink = &bridge->options.sink;
    switch (act->type) {
    case ACT_LEDGER_READ:
        start_reading(bridge, (struct reader_at){TOPIC_LEDGER, act->partition}, act->offset);
        break;
    case ACT_LEDGER_STOP:
        reader_stop(bridge->options.reader, (struct reader_at){TOPIC_LEDGER, act->partition});
        break;
    case ACT_LEDGER_TRIM:
    case ACT_TASKS_TRIM:
        sink->trim(sink->context,
                   (struct reader_at){act->type == ACT_LEDGER_TRIM ? TOPIC_LEDGER : TOPIC_TASKS,
                                      act->partition},
                   act->offset);
        break;
    case ACT_APPEND:
        append(bridge, act);
        break;
    case ACT_TASKS_READ:
        start_tasks(bridge, act->partition, act->offset);
        break;
    case ACT_TASKS_STOP:
        reader_stop(bridge->options.reader, (struct reader_at){TOPIC_TASKS, act->partition});
        break;
    case ACT_TASKS_COMMIT:
        sink->commit(sink->context, (struct reader_at){TOPIC_TASKS, act->partition}, act->offset);
        break;
    case ACT_PUBLISH:
        sink->outcome(sink->context, act->outcome->status);
        publish(bridge, act);
        break;
    case ACT_CALL:
        send_call(bridge, act);
        break;
    case ACT_NOTE:
        sink->note(sink->context, &act->note);
        break;
    case ACT_DRAINED:
        sink->drained(sink->context);
        break;
    }
}

/* ---- events ---- */

void bridge_assigned(struct bridge *bridge, int32_t partition, bool assigned)
{
    step_simple(bridge, assigned ? EV_ASSIGNED : EV_REVOKED, partition);
}

static int64_t log_ms(const struct reader_event *event)
{
    return event->timestamp_ms == TIME_NONE ? clock_now().wall_us / 1000 : event->timestamp_ms;
}

/* Says of a partition that cannot be read what may have become of it, and what to do. */
static void explain(const struct reader_event *read, struct fault *out)
{
    (void)fault_set(out, read->err,
                    "%s. If the topic was deleted, what the pool knew is lost with it: " REMEDY,
                    read->fault.text);
}

static void on_ledger(struct bridge *bridge, const struct reader_event *read)
{
    const struct bridge_sink *sink = &bridge->options.sink;
    struct event event = {
        .type = EV_RECORD, .partition = read->at.partition, .offset = read->offset};
    struct fault fault;
    switch (read->type) {
    case READER_RECORD:
        if (record_decode(read->value, &bridge->scratch, &bridge->record, &fault) != ERR_OK) {
            stop_partition(bridge, EV_LEDGER_STOPPED, read->at.partition, &fault);
            return;
        }
        event.log_ms = log_ms(read);
        event.writers_time = !read->log_append_time;
        event.bytes = (int64_t)read->value.n + RECORD_OVERHEAD_BYTES;
        event.record = &bridge->record;
        break;
    case READER_EOF:
        if (read->offset == 0 && sink->was_claimed(sink->context, read->at.partition)) {
            (void)fault_set(&fault, ERR_CONFIG,
                            "the ledger is empty although it was claimed before: its topic was "
                            "deleted or made anew, and what the pool knew is lost: " REMEDY);
            stop_partition(bridge, EV_LEDGER_STOPPED, read->at.partition, &fault);
            return;
        }
        event.type = EV_LEDGER_END;
        break;
    case READER_GONE:
        /* What this position stood for is deleted: the state is discarded and read anew. */
        event.type = EV_APPEND_FAILED;
        break;
    case READER_FAILED:
        explain(read, &fault);
        stop_partition(bridge, EV_LEDGER_STOPPED, read->at.partition, &fault);
        return;
    }
    step(bridge, &event);
}

/* The engine has no room for more tasks of p: the reader keeps them. */
static void regulate(struct bridge *bridge, int32_t partition)
{
    struct reader_at at = {TOPIC_TASKS, partition};
    bool full = engine_task_room(bridge->engine, partition) == 0;
    if (full == bridge->paused[partition] || !reader_is_started(bridge->options.reader, at))
        return;
    bridge->paused[partition] = full;
    if (full)
        reader_pause(bridge->options.reader, at);
    else
        reader_resume(bridge->options.reader, at);
}

static void check_tasks(struct bridge *bridge, const struct reader_event *read)
{
    struct topic_check *check = &bridge->checks[read->at.partition];
    struct fault fault;
    enum topic_verdict verdict = topic_check_judge(check, read);
    reader_stop(bridge->options.reader, read->at); /* the record goes with it */
    switch (verdict) {
    case TOPIC_IS_SAME:
        start_reading(bridge, read->at, check->from);
        return;
    case TOPIC_BEGINS_WHERE:
        start_reading(bridge, read->at, 0);
        return;
    case TOPIC_IS_OTHER:
        (void)fault_set(&fault, ERR_CONFIG,
                        "the tasks are not those that were read before, which are lost: " REMEDY);
        break;
    case TOPIC_UNREADABLE:
        explain(read, &fault);
        break;
    }
    stop_partition(bridge, EV_TASK_BAD, read->at.partition, &fault);
}

static void on_task(struct bridge *bridge, const struct reader_event *read)
{
    const struct bridge_sink *sink = &bridge->options.sink;
    struct task task;
    struct fault fault;
    if (bridge->checks[read->at.partition].stage != CHECK_NONE) {
        check_tasks(bridge, read);
        return;
    }
    switch (read->type) {
    case READER_RECORD:
        sink->task_read(sink->context, read);
        if (task_decode(read->value, &task, &fault) != ERR_OK)
            break;
        step(bridge, &(struct event){.type = EV_TASK,
                                     .partition = read->at.partition,
                                     .offset = read->offset,
                                     .log_ms = log_ms(read),
                                     .bytes = (int64_t)read->value.n + RECORD_OVERHEAD_BYTES,
                                     .task = &task});
        regulate(bridge, read->at.partition);
        return;
    case READER_EOF:
        return;
    case READER_GONE:
        (void)fault_set(&fault, ERR_CONFIG,
                        "the tasks behind the ledger's cursor are gone: " REMEDY);
        stop_partition(bridge, EV_TASKS_GONE, read->at.partition, &fault);
        return;
    case READER_FAILED:
        explain(read, &fault);
        break;
    }
    stop_partition(bridge, EV_TASK_BAD, read->at.partition, &fault);
}

void bridge_read(struct bridge *bridge, const struct reader_event *event)
{
    PRE(event->at.topic == TOPIC_LEDGER || event->at.topic == TOPIC_TASKS);
    if (event->at.topic == TOPIC_LEDGER)
        on_ledger(bridge, event);
    else
        on_task(bridge, event);
}

void bridge_report(struct bridge *bridge, const struct producer_report *report)
{
    struct event event = {.type = report->err == ERR_OK ? EV_APPENDED : EV_APPEND_FAILED,
                          .partition = report->partition,
                          .offset = report->offset,
                          .ticket = report->ticket};
    if (report->topic == TOPIC_RESULTS) {
        event.partition = (int32_t)(report->ticket >> TICKET_NUMBER_BITS);
        event.ticket = report->ticket & (((uint64_t)1 << TICKET_NUMBER_BITS) - 1);
        if (report->err == ERR_OK)
            event.type = EV_PUBLISHED;
    } else if (replies_report(bridge->replies, report->ticket, report->err == ERR_OK)) {
        return;
    }
    step(bridge, &event);
}

void bridge_completed(struct bridge *bridge, const struct completion *completion)
{
    step(bridge, &(struct event){.type = EV_ANSWER,
                                 .ticket = completion->call_id,
                                 .answer = &completion->answer});
}

void bridge_set_rate(struct bridge *bridge, double calls_per_s)
{
    step(bridge, &(struct event){.type = EV_LIMITS, .rate_limit = calls_per_s});
}

void bridge_drain(struct bridge *bridge)
{
    step(bridge, &(struct event){.type = EV_DRAIN});
}

static bool has_room(const struct bridge *bridge)
{
    const struct bridge_options *options = &bridge->options;
    return producer_has_room(options->producer, TOPIC_LEDGER, 1, RECORD_BYTES_MAX) &&
           producer_has_room(options->publisher, TOPIC_RESULTS, 1, RECORD_BYTES_MAX);
}

void bridge_tick(struct bridge *bridge)
{
    struct action act;
    step(bridge, &(struct event){.type = EV_TICK});
    append_replies(bridge);
    while (has_room(bridge) && engine_next(bridge->engine, &act))
        act_on(bridge, &act);
    for (int32_t p = 0; p < bridge->options.engine.partition_n; p++)
        regulate(bridge, p);
}

bool bridge_is_idle(const struct bridge *bridge)
{
    return replies_are_stored(bridge->replies);
}

struct instant bridge_wake(const struct bridge *bridge)
{
    return engine_wake(bridge->engine);
}

const struct engine *bridge_engine(const struct bridge *bridge)
{
    return bridge->engine;
}

/* ---- opening ---- */

enum err bridge_open(const struct bridge_options *options, struct bridge **bridge_out,
                     struct fault *fault)
{
    struct bridge *bridge = calloc(1, sizeof *bridge);
    if (bridge == NULL)
        return fault_set(fault, ERR_SYSTEM, "no memory");
    bridge->options = *options;
    buf_init(&bridge->bytes, RECORD_BYTES_MAX);
    outcome_message_init(&bridge->message);
    bridge->replies = replies_open();
    bridge->memory = mmap(NULL, options->memory_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bridge->memory == MAP_FAILED || bridge->replies == NULL) {
        bridge->memory = bridge->memory == MAP_FAILED ? NULL : bridge->memory;
        bridge_close(bridge);
        return fault_set(fault, ERR_SYSTEM, "cannot reserve %zu bytes of address space",
                         options->memory_bytes);
    }
    bridge->engine = engine_open(&bridge->options.engine, bridge->memory, options->memory_bytes);
    if (bridge->engine == NULL) {
        bridge_close(bridge);
        return fault_set(fault, ERR_CONFIG, "the engine needs at least %d bytes", ENGINE_BYTES_MIN);
    }
    *bridge_out = bridge;
    return ERR_OK;
}

void bridge_close(struct bridge *bridge)
{
    if (bridge == NULL)
        return;
    if (bridge->memory != NULL)
        (void)munmap(bridge->memory, bridge->options.memory_bytes);
    replies_close(bridge->replies);
    buf_release(&bridge->bytes);
    outcome_message_release(&bridge->message);
    free(bridge);
}
