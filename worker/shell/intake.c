/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "core/task.h"
#include "shell/intake_flow.h"

/* Ours on a dead letter, named as Kafka Connect names them. */
enum { DEAD_HEADERS = 7 };
_Static_assert((int)READER_HEADERS_MAX + (int)DEAD_HEADERS <= (int)PRODUCER_HEADERS_MAX,
               "a dead letter carries all of its record's headers");
_Static_assert(INSTANCES_PER_REQUEST_MAX + 1 <= FLOW_RECORD_PIECES_MAX, "tasks and a dead letter");

struct intake {
    struct intake_options options;
    struct intake_flow *flow;
    struct kafka_header *headers; /* scratch */
    struct intake_stats stats;
};

enum err intake_open(const struct intake_options *options, struct intake **intake_out,
                     struct fault *fault)
{
    PRE(options->partition_n > 0);
    struct intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL)
        return fault_set(fault, ERR_SYSTEM, "intake: no memory");
    intake->options = *options;
    enum err err = ERR_OK;
    intake->headers = calloc(PRODUCER_HEADERS_MAX, sizeof *intake->headers);
    if (intake->headers == NULL)
        err = fault_set(fault, ERR_SYSTEM, "intake: no memory");
    if (err == ERR_OK)
        err = intake_flow_open(options->producer, &intake->flow, fault);
    if (err != ERR_OK) {
        intake_close(intake);
        return err;
    }
    *intake_out = intake;
    return ERR_OK;
}

enum err intake_assign(struct intake *intake, int32_t partition, int64_t offset,
                       struct fault *fault)
{
    return intake_flow_assign(intake->flow, partition, offset, fault);
}

void intake_revoke(struct intake *intake, int32_t partition)
{
    intake_flow_revoke(intake->flow, partition);
}

bool intake_is_full(const struct intake *intake)
{
    return intake_flow_is_full(intake->flow);
}

/* The same for every intake, for ever: two requests for one instance meet in one place. */
static int32_t route(const struct intake *intake, const struct intake_task *task,
                     const struct reader_event *record)
{
    int32_t partition_n = intake->options.partition_n;
    if (task->instance_id.n == 0)
        return (int32_t)((record->at.partition + record->offset) % partition_n);
    return rd_kafka_msg_partitioner_murmur2(NULL, task->instance_id.p, task->instance_id.n,
                                            partition_n, NULL, NULL);
}

static void put_tasks(struct intake *intake, const struct reader_event *record,
                      const struct intake_split *split)
{
    for (uint32_t i = 0; i < split->task_n; i++) {
        const struct intake_task *task = &split->tasks[i];
        const struct producer_record piece = {
            .topic = TOPIC_TASKS,
            .partition = route(intake, task, record),
            .key = task->instance_id,
            .value = task->value,
        };
        intake_flow_put(intake->flow, &piece);
    }
}

static uint64_t headers_bytes(const struct kafka_header *headers, size_t n)
{
    /* A header costs its bytes and at most two lengths of 5 bytes. */
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += headers[i].name.n + headers[i].value.n + 10;
    return bytes;
}

/* The record untouched, with ours behind its own headers. */
static void put_dead_letter(struct intake *intake, const struct reader_event *record,
                            const struct intake_split *split)
{
    char partition[16];
    char offset[24];
    char length[24];
    (void)snprintf(partition, sizeof partition, "%" PRId32, record->at.partition);
    (void)snprintf(offset, sizeof offset, "%" PRId64, record->offset);
    (void)snprintf(length, sizeof length, "%zu", record->value.n);
    const struct kafka_header ours[DEAD_HEADERS] = {
        {VIEW_LIT("__connect.errors.topic"), view_of(intake->options.requests)},
        {VIEW_LIT("__connect.errors.partition"), view_of(partition)},
        {VIEW_LIT("__connect.errors.offset"), view_of(offset)},
        {VIEW_LIT("__connect.errors.stage"), VIEW_LIT("intake")},
        {VIEW_LIT("__connect.errors.exception.class.name"), split->error_code},
        {VIEW_LIT("__connect.errors.exception.message"), split->error_message},
        {VIEW_LIT("truncated-from"), view_of(length)},
    };
    size_t n = record->header_n;
    if (n > 0)
        memcpy(intake->headers, record->headers, n * sizeof ours[0]);
    memcpy(intake->headers + n, ours, sizeof ours);
    n += DEAD_HEADERS - 1;
    struct producer_record piece = {
        .topic = TOPIC_DEAD_LETTERS,
        .partition = PRODUCER_ANY,
        .key = record->key,
        .value = record->value,
        .headers = intake->headers,
        .header_n = n,
    };
    uint64_t limit = PRODUCER_RECORD_BYTES_MAX;
    if (intake->options.dead_letter_bytes_max > 0 &&
        (uint64_t)intake->options.dead_letter_bytes_max < limit)
        limit = (uint64_t)intake->options.dead_letter_bytes_max;
    enum { FRAMING = 256 }; /* of a batch with one record */
    uint64_t beside = FRAMING + record->key.n + headers_bytes(intake->headers, n + 1);
    if (beside + record->value.n > limit) {
        piece.header_n = n + 1;
        piece.value.n = beside < limit ? (size_t)(limit - beside) : 0;
    }
    if (beside > limit) { /* a monstrous key, or headers: only where it was, and why */
        piece.key = VIEW_NONE;
        piece.headers = intake->headers + record->header_n;
        piece.header_n = DEAD_HEADERS;
    }
    intake_flow_put(intake->flow, &piece);
}

void intake_take(struct intake *intake, const struct reader_event *record,
                 const struct intake_split *split)
{
    PRE(record->type == READER_RECORD);
    PRE(record->at.topic == TOPIC_REQUESTS);
    PRE(split->task_n <= INSTANCES_PER_REQUEST_MAX);
    if (!intake_flow_is_assigned(intake->flow, record->at.partition))
        return;
    bool refused = split->result == INTAKE_REFUSED;
    intake_flow_begin(intake->flow, record->at.partition, record->offset,
                      split->task_n + (refused ? 1 : 0));
    put_tasks(intake, record, split);
    switch (split->result) {
    case INTAKE_TOMBSTONE:
        PRE(split->task_n == 0);
        intake->stats.tombstones_n++;
        return;
    case INTAKE_ACCEPTED:
        intake->stats.accepted_n++;
        return;
    case INTAKE_REFUSED:
        put_dead_letter(intake, record, split);
        intake->stats.refused_n++;
        return;
    }
    UNREACHABLE();
}

void intake_report(struct intake *intake, const struct producer_report *report)
{
    if (report->err == ERR_OK) {
        if (report->topic == TOPIC_TASKS)
            intake->stats.tasks_n++;
        else
            intake->stats.dead_letters_n++;
    }
    intake_flow_report(intake->flow, report);
}

bool intake_next(struct intake *intake, struct intake_event *event_out)
{
    struct flow_event event;
    if (!intake_flow_next(intake->flow, &event))
        return false;
    event_out->partition = event.partition;
    event_out->offset = event.offset;
    event_out->fault.text[0] = '\0';
    if (event.type == FLOW_COMMIT) {
        event_out->type = INTAKE_COMMIT;
        return true;
    }
    event_out->type = INTAKE_RESTART;
    event_out->fault = event.fault;
    intake->stats.restarts_n++;
    return true;
}

bool intake_is_idle(const struct intake *intake)
{
    return intake_flow_outstanding(intake->flow) == 0;
}

void intake_stats(const struct intake *intake, struct intake_stats *out)
{
    *out = intake->stats;
    out->outstanding_n = intake_flow_outstanding(intake->flow);
}

void intake_close(struct intake *intake)
{
    if (intake == NULL)
        return;
    intake_flow_close(intake->flow);
    free(intake->headers);
    free(intake);
}
