/* SPDX-License-Identifier: Apache-2.0
 *
 * The input: requests from the partitions that the group gives us, split into tasks by the wire and
 * handed to intake. Decides nothing about a request. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/clock.h"
#include "shell/worker_impl.h"
#include "wire/task_codec.h"

enum { TASKS_BYTES_MAX = 12 * 1024 * 1024 }; /* of one request; intake takes no more either */

enum err input_open(struct worker *worker, int32_t partition_n, struct fault *fault)
{
    worker->input_n = partition_n;
    worker->inputs = calloc((size_t)partition_n, sizeof *worker->inputs);
    worker->reading = calloc(1, sizeof *worker->reading);
    worker->tasks = calloc(INSTANCES_PER_REQUEST_MAX, sizeof *worker->tasks);
    buf_init(&worker->task_bytes, TASKS_BYTES_MAX);
    if (worker->inputs == NULL || worker->reading == NULL || worker->tasks == NULL)
        return fault_set(fault, ERR_SYSTEM, "no memory");
    request_reading_init(worker->reading);
    return ERR_OK;
}

void input_close(struct worker *worker)
{
    if (worker->reading != NULL)
        request_reading_release(worker->reading);
    free(worker->reading);
    free(worker->tasks);
    free(worker->inputs);
    buf_release(&worker->task_bytes);
}

static struct reader_at at(int32_t partition)
{
    return (struct reader_at){TOPIC_REQUESTS, partition};
}

void input_stop_one(struct worker *worker, int32_t partition, const char *why)
{
    const struct log_field fields[] = {LOG_TEXT("topic", worker->config->topics[TOPIC_REQUESTS]),
                                       LOG_NUMBER("partition", partition), LOG_TEXT("reason", why)};
    log_write(worker->log, LEVEL_ERROR, "an input partition has stopped, and needs a person",
              fields, 3);
    (void)snprintf(worker->input_why.text, sizeof worker->input_why.text, "%s", why);
    worker->topics_at = clock_now().at; /* perhaps the topic is gone */
    reader_stop(worker->reader, at(partition));
    intake_revoke(worker->intake, partition);
    worker->inputs[partition].stopped = true;
}

void input_lost(struct worker *worker, const struct reader_event *event)
{
    struct fault why;
    (void)fault_set(
        &why, event->err,
        "its position cannot be read: %s. If the topic was deleted or made anew, see that it is "
        "there, and declare it: write {\"action\": \"input-renewed\", \"topic\": ...} to the "
        "control topic (topics.control); else set the group's offset",
        event->fault.text);
    input_stop_one(worker, event->at.partition, why.text);
}

void input_start(struct worker *worker, int32_t partition)
{
    struct fault fault;
    int64_t from = worker->inputs[partition].check.from;
    reader_stop(worker->reader, at(partition));
    if (intake_assign(worker->intake, partition, from, &fault) != ERR_OK ||
        reader_start(worker->reader, at(partition), from, &fault) != ERR_OK)
        input_stop_one(worker, partition, fault.text);
}

static void begin(struct worker *worker, int32_t partition, int64_t from)
{
    worker->inputs[partition] = (struct input){.assigned = true, .next = from > 0 ? from : 0};
    reader_stop(worker->reader, at(partition));
    input_check(worker, partition, from);
}

void input_assigned(struct worker *worker, int32_t partition, int64_t offset)
{
    if (partition >= worker->input_n) {
        worker_say(worker, LEVEL_ERROR,
                   "the requests topic has got more partitions: restart the pool to read them", "");
        return;
    }
    if (worker->stage != STAGE_RUNNING)
        return;
    /* What was committed of a topic before it was made anew says nothing about the new one. */
    bool fresh = control_generation(worker->control) > 0 &&
                 control_seen(worker->control, at(partition)) == NULL;
    begin(worker, partition, offset == GROUP_NO_OFFSET || fresh ? READER_BEGINNING : offset);
}

void input_renewed(struct worker *worker)
{
    worker_say(worker, LEVEL_WARN, "the requests topic is declared new: read from its beginning",
               worker->config->topics[TOPIC_REQUESTS]);
    for (int32_t p = 0; p < worker->input_n && worker->stage == STAGE_RUNNING; p++)
        if (worker->inputs[p].assigned)
            begin(worker, p, READER_BEGINNING);
}

void input_revoked(struct worker *worker, int32_t partition)
{
    if (partition >= worker->input_n)
        return;
    reader_stop(worker->reader, at(partition));
    intake_revoke(worker->intake, partition);
    worker->inputs[partition] = (struct input){.assigned = false};
}

/* ---- one record ---- */

static void split(struct worker *worker, struct intake_split *split_out)
{
    const struct request_reading *reading = worker->reading;
    size_t ends[INSTANCES_PER_REQUEST_MAX];
    uint32_t n = request_task_n(reading);
    bool refused = reading->refusal != REFUSAL_NONE;
    buf_clear(&worker->task_bytes);
    for (uint32_t i = 0; i < n; i++) {
        struct task task;
        struct fault fault;
        request_task(reading, i, &task);
        task.pool = worker->pool_mark;
        task.source.generation = control_generation(worker->control);
        enum err err = task_encode(&task, &worker->task_bytes, &fault);
        CHECK(err ==
              ERR_OK); /* request_read keeps the codec's limits, and the buf holds them all */
        worker->tasks[i].instance_id = task.instance_id;
        ends[i] = worker->task_bytes.n;
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];
        worker->tasks[i].value = (struct view){worker->task_bytes.p + begin, ends[i] - begin};
    }
    *split_out = (struct intake_split){
        .result = refused ? INTAKE_REFUSED : INTAKE_ACCEPTED,
        .tasks = worker->tasks,
        .task_n = n,
        .error_code = refused ? view_of(reading->error_code) : VIEW_NONE,
        .error_message = refused ? view_of(reading->error_message) : VIEW_NONE,
    };
}

static void take(struct worker *worker, const struct reader_event *event)
{
    struct intake_split what = {.result = INTAKE_TOMBSTONE};
    if (!event->is_tombstone) {
        const struct request_record record = {
            .topic = view_of(worker->config->topics[TOPIC_REQUESTS]),
            .partition = event->at.partition,
            .offset = event->offset,
            .timestamp_ms = event->timestamp_ms,
            .value = event->value,
            .headers = event->headers,
            .header_n = event->header_n,
            .bytes_max = worker->config->request_max_bytes,
        };
        request_read(&record, worker->reading);
        split(worker, &what);
    }
    if (what.result == INTAKE_REFUSED) {
        const struct log_field fields[] = {
            LOG_NUMBER("partition", event->at.partition), LOG_NUMBER("offset", event->offset),
            LOG_VIEW("code", what.error_code), LOG_VIEW("reason", what.error_message)};
        metrics_refused(&worker->metrics, what.error_code);
        log_write(worker->log, LEVEL_WARN, "a request was refused", fields, 4);
    }
    intake_take(worker->intake, event, &what);
}

static void pause_where_full(struct worker *worker)
{
    bool full = intake_is_full(worker->intake);
    for (int32_t p = 0; p < worker->input_n; p++) {
        struct input *input = &worker->inputs[p];
        if (!input->assigned || input->stopped || input->paused == full)
            continue;
        input->paused = full;
        if (full)
            reader_pause(worker->reader, at(p));
        else
            reader_resume(worker->reader, at(p));
    }
}

void input_read(struct worker *worker, const struct reader_event *event)
{
    if (worker->inputs[event->at.partition].check.stage != CHECK_NONE) {
        input_check_read(worker, event);
        return;
    }
    switch (event->type) {
    case READER_RECORD:
        control_note_read(worker->control, clock_now().at, event);
        take(worker, event);
        worker->inputs[event->at.partition].next = event->offset + 1;
        if (intake_is_full(worker->intake))
            pause_where_full(worker);
        break;
    case READER_EOF: /* also behind what is no record, such as a transaction's marks */
        worker->inputs[event->at.partition].next = event->offset;
        break;
    case READER_GONE:
    case READER_FAILED:
        input_lost(worker, event);
        break;
    }
}

/* ---- what follows ---- */

static void begin_anew(struct worker *worker, const struct intake_event *event)
{
    worker_say(worker, LEVEL_WARN, "an input partition is read again from its last commit",
               event->fault.text);
    reader_stop(worker->reader, at(event->partition));
    if (worker->stage != STAGE_RUNNING)
        return;
    worker->inputs[event->partition] = (struct input){
        .assigned = true,
        .check = {.from = event->offset},
        .next = event->offset > 0 ? event->offset : 0,
    };
    input_start(worker, event->partition);
}

void input_step(struct worker *worker)
{
    struct intake_event event;
    while (intake_next(worker->intake, &event)) {
        if (event.type == INTAKE_COMMIT)
            group_commit(worker->group, at(event.partition), event.offset);
        else
            begin_anew(worker, &event);
    }
    pause_where_full(worker);
}

void input_stop(struct worker *worker)
{
    for (int32_t p = 0; p < worker->input_n; p++)
        if (worker->inputs[p].assigned)
            reader_stop(worker->reader, at(p));
}

int64_t input_lag(const struct worker *worker, int32_t partition)
{
    const struct input *input = &worker->inputs[partition];
    int64_t low;
    int64_t high;
    if (!input->assigned || !reader_watermarks(worker->reader, at(partition), &low, &high))
        return 0;
    int64_t next = input->next > low ? input->next : low;
    return high > next ? high - next : 0;
}
