/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/task_codec.h"

#include "wire/checksum.h"
#include "wire/visit.h"

enum { HEAD_BYTES = 1, CODE_BYTES_MAX = 128 };

static void visit_texts(struct visit *visit, struct task *task)
{
    bool refused = task->type == TASK_REFUSED;
    const struct range ids = {refused ? 0 : 1, INSTANCE_ID_BYTES_MAX};
    const struct range notes = {0, NOTE_BYTES_MAX};
    visit_text(visit, "requestId", (struct range){1, REQUEST_ID_DEFAULT_BYTES_MAX},
               &task->request_id);
    visit_text(visit, "instanceId", ids, &task->instance_id);
    visit_text(visit, "region", (struct range){0, REGION_BYTES_MAX}, &task->region);
    visit_text(visit, "requestedBy", notes, &task->requested_by);
    visit_text(visit, "reason", notes, &task->reason);
    visit_text(visit, "traceparent", (struct range){0, TRACEPARENT_BYTES_MAX}, &task->traceparent);
    visit_text(visit, "tracestate", (struct range){0, TRACESTATE_BYTES_MAX}, &task->tracestate);
    visit_text(visit, "error code", (struct range){refused ? 1 : 0, refused ? CODE_BYTES_MAX : 0},
               &task->error_code);
    visit_text(visit, "error message", (struct range){0, refused ? TASK_MESSAGE_BYTES_MAX : 0},
               &task->error_message);
}

static void visit_task(struct visit *visit, struct task *task)
{
    task->type = visit_word(visit, "type", (struct range){TASK_REBOOT, TASK_REFUSED}, task->type);
    task->kind = visit_word(visit, "kind", (struct range){REBOOT_SOFT, REBOOT_FORCE}, task->kind);
    visit_bool(visit, "allowRepeat", &task->allow_repeat);
    visit_u32(visit, "pool", (struct range){0, UINT32_MAX}, &task->pool);
    visit_i32(visit, "source", &task->source.partition);
    visit_u32(visit, "source", (struct range){0, UINT32_MAX}, &task->source.generation);
    visit_i64(visit, "source", &task->source.offset);
    visit_i32(visit, "source", &task->source.index);
    visit_time(visit, "record time", 0, &task->record_ms);
    visit_time(visit, "requestedAt", task->record_ms, &task->requested_ms);
    visit_time(visit, "notBefore", task->record_ms, &task->not_before_ms);
    visit_time(visit, "expiresAt", task->record_ms, &task->expires_ms);
    visit_texts(visit, task);
}

enum err task_encode(const struct task *task, struct buf *out, struct fault *fault)
{
    size_t before = out->n;
    struct task copy = *task;
    struct visit visit = {.out = out, .fault = fault};
    const uint8_t head[HEAD_BYTES] = {TASK_FORMAT};
    visit.err = buf_append(out, head, sizeof head);
    if (visit.err != ERR_OK)
        return fault_set(fault, visit.err, "task: no room");
    visit_task(&visit, &copy);
    if (visit.err == ERR_OK && checksum_append(out, before) != ERR_OK)
        visit.err = fault_set(fault, ERR_LIMIT, "task: no room");
    if (visit.err != ERR_OK) {
        out->n = before;
        out->p[before] = '\0';
    }
    return visit.err;
}

enum err task_decode(struct view bytes, struct task *task_out, struct fault *fault)
{
    if (bytes.n < HEAD_BYTES + CHECKSUM_BYTES || bytes.n > TASK_BYTES_MAX)
        return fault_set(fault, ERR_INVALID, "task: %zu bytes cannot be a task", bytes.n);
    if (!checksum_fits(bytes))
        return fault_set(fault, ERR_INVALID, "task: the checksum does not fit");
    if ((uint8_t)bytes.p[0] != TASK_FORMAT)
        return fault_set(fault, ERR_INVALID, "task: format %u, and this program reads %d",
                         (uint8_t)bytes.p[0], TASK_FORMAT);
    struct task task = {.type = TASK_REBOOT};
    struct visit visit = {
        .in = {bytes.p + HEAD_BYTES, bytes.n - HEAD_BYTES - CHECKSUM_BYTES},
        .fault = fault,
    };
    visit_task(&visit, &task);
    if (visit.err == ERR_OK && visit.in.n > 0)
        return fault_set(fault, ERR_INVALID, "task: %zu bytes follow its end", visit.in.n);
    if (visit.err == ERR_OK)
        *task_out = task;
    return visit.err;
}
