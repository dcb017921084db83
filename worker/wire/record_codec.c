/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/record_codec.h"

#include "base/check.h"
#include "wire/checksum.h"
#include "wire/image_codec.h"
#include "wire/record_ranges.h"
#include "wire/visit.h"

enum { HEAD_BYTES = 2 }; /* format, kind */

static const struct range ops_range = {0, RECORD_OPS_MAX};

static void visit_dispatch(struct visit *visit, struct dispatch_id *dispatch)
{
    visit_u64(visit, "dispatch", &dispatch->nonce);
    visit_u64(visit, "dispatch", &dispatch->count);
}

static void visit_limits(struct visit *visit, struct limits *limits)
{
    visit_u32(visit, "limits", any_u32, &limits->open_requests);
    visit_u32(visit, "limits", any_u32, &limits->closed_requests);
    visit_u32(visit, "limits", any_u32, &limits->entry_bytes);
}

/* What a task has in common with the one before it in the record. */
enum shared {
    SHARED_SOURCE = 1 << 0, /* partition, offset and time of the request's record */
    SHARED_TIMES = 1 << 1,  /* requested, not before, expires, serves after */
    SHARED_TEXTS = 1 << 2,  /* and one bit for each text from here on */
    SHARED_TEXT_N = 6,
    SHARED_ALL = (1 << (2 + SHARED_TEXT_N)) - 1,
};

struct task_text {
    const char *field;
    struct range range;
    struct view *value;
    struct view before;
};

static bool times_equal(const struct task_op *a, const struct task_op *b)
{
    return a->task.requested_ms == b->task.requested_ms &&
           a->task.not_before_ms == b->task.not_before_ms &&
           a->task.expires_ms == b->task.expires_ms && a->serves_after_ms == b->serves_after_ms;
}

static uint32_t shared_of(const struct task_op *op, const struct task_op *before,
                          const struct task_text texts[SHARED_TEXT_N])
{
    uint32_t shared = 0;
    if (op->task.source.partition == before->task.source.partition &&
        op->task.source.generation == before->task.source.generation &&
        op->task.source.offset == before->task.source.offset &&
        op->task.record_ms == before->task.record_ms)
        shared |= SHARED_SOURCE;
    if (times_equal(op, before))
        shared |= SHARED_TIMES;
    for (int i = 0; i < SHARED_TEXT_N; i++)
        if (view_equals(*texts[i].value, texts[i].before))
            shared |= (uint32_t)SHARED_TEXTS << i;
    return shared;
}

/* type, kind and allow_repeat in one byte. */
static void visit_task_head(struct visit *visit, struct task *task)
{
    uint32_t head = visit_reads(visit) ? 0
                                       : (uint32_t)task->type | (uint32_t)task->kind << 2 |
                                             (uint32_t)task->allow_repeat << 4;
    visit_u32(visit, "task type", (struct range){1, 31}, &head);
    task->type = head & 3;
    task->kind = head >> 2 & 3;
    task->allow_repeat = head >> 4;
    if (task->type < TASK_REBOOT)
        visit_refuse(visit, "task type");
}

static void visit_source(struct visit *visit, uint32_t shared, struct task *task,
                         const struct task *last)
{
    if (shared & SHARED_SOURCE) {
        task->source.partition = last->source.partition;
        task->source.generation = last->source.generation;
        task->source.offset = last->source.offset;
        task->record_ms = last->record_ms;
    } else {
        visit_i32(visit, "source", &task->source.partition);
        visit_u32(visit, "source", any_u32, &task->source.generation);
        visit_i64(visit, "source", &task->source.offset);
        visit_time(visit, "record time", last->record_ms, &task->record_ms);
    }
    visit_i32(visit, "source", &task->source.index);
}

static void visit_shared_times(struct visit *visit, uint32_t shared, struct task_op *op,
                               const struct task_op *before)
{
    if (shared & SHARED_TIMES) {
        op->task.requested_ms = before->task.requested_ms;
        op->task.not_before_ms = before->task.not_before_ms;
        op->task.expires_ms = before->task.expires_ms;
        op->serves_after_ms = before->serves_after_ms;
        return;
    }
    int64_t base_ms = op->task.record_ms;
    visit_time(visit, "requestedAt", base_ms, &op->task.requested_ms);
    visit_time(visit, "notBefore", base_ms, &op->task.not_before_ms);
    visit_time(visit, "expiresAt", base_ms, &op->task.expires_ms);
    visit_time(visit, "servesAfter", base_ms, &op->serves_after_ms);
}

/* What is never shared. */
static void visit_own_texts(struct visit *visit, struct task_op *op)
{
    const struct range ids = {op->task.type == TASK_REFUSED ? 0 : 1, INSTANCE_ID_BYTES_MAX};
    visit_text(visit, "instanceId", ids, &op->task.instance_id);
    visit_text(visit, "error code", code_range, &op->task.error_code);
    visit_text(visit, "error message", message_range, &op->task.error_message);
    visit_text(visit, "reject code", code_range, &op->reject_code);
    visit_text(visit, "reject message", message_range, &op->reject_message);
}

/* `before` is all zero for the first. */
static void visit_op(struct visit *visit, struct task_op *op, const struct task_op *before)
{
    struct task *task = &op->task;
    const struct task *last = &before->task;
    const struct task_text texts[SHARED_TEXT_N] = {
        {"requestId", {0, REQUEST_ID_DEFAULT_BYTES_MAX}, &task->request_id, last->request_id},
        {"region", region_range, &task->region, last->region},
        {"requestedBy", note_range, &task->requested_by, last->requested_by},
        {"reason", note_range, &task->reason, last->reason},
        {"traceparent", traceparent_range, &task->traceparent, last->traceparent},
        {"tracestate", tracestate_range, &task->tracestate, last->tracestate},
    };
    visit_task_head(visit, task);
    uint32_t shared = visit_reads(visit) ? 0 : shared_of(op, before, texts);
    shared = visit_word(visit, "shared", (struct range){0, SHARED_ALL}, shared);
    visit_source(visit, shared, task, last);
    visit_time(visit, "task time", before->task_ms, &op->task_ms);
    visit_shared_times(visit, shared, op, before);
    for (int i = 0; i < SHARED_TEXT_N; i++) {
        if (shared & (uint32_t)SHARED_TEXTS << i)
            *texts[i].value = texts[i].before;
        else
            visit_text(visit, texts[i].field, texts[i].range, texts[i].value);
    }
    visit_own_texts(visit, op);
    if (task->request_id.n == 0)
        visit_refuse(visit, "requestId");
}

static void visit_claim(struct visit *visit, struct record *record)
{
    visit_text(visit, "pool", name_range, &record->u.claim.pool);
    visit_text(visit, "worker", name_range, &record->u.claim.worker);
    visit_u64(visit, "nonce", &record->u.claim.nonce);
    visit_u32(visit, "format", any_u32, &record->u.claim.format);
    visit_bool(visit, "dryRun", &record->u.claim.dry_run);
    visit_limits(visit, &record->u.claim.limits);
}

static void visit_tasks(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    const struct task_op none = {.task_ms = 0};
    const struct task_op *before = &none;
    visit_i64(visit, "cursor", &record->u.tasks.cursor);
    visit_u32(visit, "tasks", ops_range, &record->u.tasks.op_n);
    for (uint32_t i = 0; i < record->u.tasks.op_n && visit->err == ERR_OK; i++) {
        if (visit_reads(visit)) {
            scratch->u.ops[i] = none;
            visit_op(visit, &scratch->u.ops[i], before);
            before = &scratch->u.ops[i];
        } else {
            struct task_op op = record->u.tasks.ops[i];
            visit_op(visit, &op, before);
            before = &record->u.tasks.ops[i];
        }
    }
    if (visit_reads(visit))
        record->u.tasks.ops = scratch->u.ops;
}

/* A list of instance IDs, of a batch's part in one partition. */
static void visit_ids(struct visit *visit, const struct view **ids, uint32_t *n,
                      struct record_scratch *scratch)
{
    visit_u32(visit, "instances", ops_range, n);
    for (uint32_t i = 0; i < *n && visit->err == ERR_OK; i++) {
        struct view id = visit_reads(visit) ? VIEW_NONE : (*ids)[i];
        visit_text(visit, "instanceId", id_range, &id);
        if (visit_reads(visit))
            scratch->u.instance_ids[i] = id;
    }
    if (visit_reads(visit))
        *ids = scratch->u.instance_ids;
}

static void visit_intent(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_dispatch(visit, &record->u.intent.dispatch);
    record->u.intent.kind = visit_word(visit, "kind", kind_range, record->u.intent.kind);
    visit_i64(visit, "decided", &record->u.intent.decided_ms);
    visit_i64(visit, "signature time", &record->u.intent.sign_s);
    visit_u32(visit, "batch size", any_u32, &record->u.intent.batch_size);
    visit_text(visit, "region", region_range, &record->u.intent.region);
    visit_ids(visit, &record->u.intent.instance_ids, &record->u.intent.instance_n, scratch);
}

static void visit_member(struct visit *visit, struct member *member)
{
    visit_text(visit, "instanceId", id_range, &member->instance_id);
    member->verdict =
        visit_word(visit, "verdict", (struct range){MEMBER_SENT, MEMBER_NOT_SENT}, member->verdict);
    member->flags = visit_word(visit, "flags", (struct range){0, MEMBER_STRIKE | MEMBER_REFUSED},
                               member->flags);
    visit_time(visit, "next", 0, &member->next_ms);
}

static void visit_answer(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_dispatch(visit, &record->u.answer.dispatch);
    visit_text(visit, "api request id", api_id_range, &record->u.answer.api_request_id);
    visit_u32(visit, "batch size", any_u32, &record->u.answer.batch_size);
    visit_u32(visit, "max attempts", any_u32, &record->u.answer.max_attempts);
    visit_bool(visit, "final", &record->u.answer.final_dispatch);
    record->u.answer.error_source =
        visit_word(visit, "error source", (struct range){ERROR_NONE, ERROR_WORKER},
                   record->u.answer.error_source);
    visit_text(visit, "error code", code_range, &record->u.answer.error_code);
    visit_text(visit, "error message", message_range, &record->u.answer.error_message);
    visit_u32(visit, "members", ops_range, &record->u.answer.member_n);
    for (uint32_t i = 0; i < record->u.answer.member_n && visit->err == ERR_OK; i++) {
        struct member member = {.verdict = MEMBER_SENT};
        if (!visit_reads(visit))
            member = record->u.answer.members[i];
        visit_member(visit, &member);
        if (visit_reads(visit))
            scratch->u.members[i] = member;
    }
    if (visit_reads(visit))
        record->u.answer.members = scratch->u.members;
}

static void visit_seen(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_u32(visit, "items", ops_range, &record->u.seen.item_n);
    for (uint32_t i = 0; i < record->u.seen.item_n && visit->err == ERR_OK; i++) {
        struct seen item = {.finding = FOUND_WENT};
        if (!visit_reads(visit))
            item = record->u.seen.items[i];
        visit_text(visit, "instanceId", id_range, &item.instance_id);
        item.finding = visit_word(visit, "finding", (struct range){FOUND_WENT, FOUND_NO_TRACE_UP},
                                  item.finding);
        visit_text(visit, "error code", code_range, &item.error_code);
        visit_text(visit, "error message", message_range, &item.error_message);
        if (visit_reads(visit))
            scratch->u.seen[i] = item;
    }
    if (visit_reads(visit))
        record->u.seen.items = scratch->u.seen;
}

static void visit_shut(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_u32(visit, "items", ops_range, &record->u.shut.item_n);
    for (uint32_t i = 0; i < record->u.shut.item_n && visit->err == ERR_OK; i++) {
        struct shut item = {.status = OUTCOME_EXPIRED};
        if (!visit_reads(visit))
            item = record->u.shut.items[i];
        visit_text(visit, "instanceId", id_range, &item.instance_id);
        visit_text(visit, "requestId", request_id_range, &item.request_id);
        item.status = visit_word(visit, "status",
                                 (struct range){OUTCOME_EXPIRED, OUTCOME_CANCELLED}, item.status);
        if (visit_reads(visit))
            scratch->u.shut[i] = item;
    }
    if (visit_reads(visit))
        record->u.shut.items = scratch->u.shut;
}

static void visit_mark(struct visit *visit, struct record *record)
{
    visit_i64(visit, "cursor", &record->u.mark.cursor);
    visit_i64(visit, "published", &record->u.mark.published);
}

static void visit_begin(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_i64(visit, "cursor", &record->u.begin.cursor);
    visit_i64(visit, "published", &record->u.begin.published);
    visit_text(visit, "pool", name_range, &record->u.begin.pool);
    visit_text(visit, "worker", name_range, &record->u.begin.worker);
    visit_bool(visit, "dryRun", &record->u.begin.dry_run);
    visit_limits(visit, &record->u.begin.limits);
    visit_u32(visit, "sources", (struct range){0, RECORD_SOURCES_MAX}, &record->u.begin.source_n);
    for (uint32_t i = 0; i < record->u.begin.source_n && visit->err == ERR_OK; i++) {
        struct source_position source = {0};
        if (!visit_reads(visit))
            source = record->u.begin.sources[i];
        visit_i32(visit, "source", &source.partition);
        visit_u32(visit, "source", any_u32, &source.generation);
        visit_i64(visit, "source", &source.offset);
        visit_i32(visit, "source", &source.index);
        if (visit_reads(visit))
            scratch->u.sources[i] = source;
    }
    if (visit_reads(visit))
        record->u.begin.sources = scratch->u.sources;
}

static void visit_reply(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    visit_dispatch(visit, &record->u.reply.dispatch);
    visit_text(visit, "worker", name_range, &record->u.reply.worker);
    visit_bool(visit, "sent", &record->u.reply.sent);
    record->u.reply.error_source =
        visit_word(visit, "error source", (struct range){ERROR_NONE, ERROR_WORKER},
                   record->u.reply.error_source);
    visit_text(visit, "api request id", api_id_range, &record->u.reply.api_request_id);
    visit_text(visit, "error code", code_range, &record->u.reply.error_code);
    visit_text(visit, "error message", message_range, &record->u.reply.error_message);
    visit_u32(visit, "batch size", any_u32, &record->u.reply.batch_size);
    visit_ids(visit, &record->u.reply.instance_ids, &record->u.reply.instance_n, scratch);
}

static void visit_fields(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    switch (record->kind) {
    case RECORD_CLAIM:
        visit_claim(visit, record);
        return;
    case RECORD_TASKS:
        visit_tasks(visit, record, scratch);
        return;
    case RECORD_INTENT:
        visit_intent(visit, record, scratch);
        return;
    case RECORD_ANSWER:
        visit_answer(visit, record, scratch);
        return;
    case RECORD_SEEN:
        visit_seen(visit, record, scratch);
        return;
    case RECORD_SHUT:
        visit_shut(visit, record, scratch);
        return;
    case RECORD_MARK:
        visit_mark(visit, record);
        return;
    case RECORD_BEGIN:
        visit_begin(visit, record, scratch);
        return;
    case RECORD_IMAGE:
        visit_images(visit, &record->u.image.images, &record->u.image.image_n,
                     visit_reads(visit) ? &scratch->u.images : NULL);
        return;
    case RECORD_END:
        return;
    case RECORD_REPLY:
        visit_reply(visit, record, scratch);
        return;
    }
    UNREACHABLE();
}

static void visit_record(struct visit *visit, struct record *record, struct record_scratch *scratch)
{
    if (record->kind != RECORD_CLAIM && record->kind != RECORD_REPLY) {
        visit_i64(visit, "epoch", &record->epoch);
        visit_u32(visit, "seq", any_u32, &record->seq);
        if (record->epoch < 0)
            visit_refuse(visit, "epoch");
    }
    visit_fields(visit, record, scratch);
}

enum err record_encode(const struct record *record, struct buf *out, struct fault *fault)
{
    PRE(record->kind >= RECORD_CLAIM && record->kind <= RECORD_REPLY);
    size_t before = out->n;
    struct record copy = *record;
    struct visit visit = {.out = out, .fault = fault};
    const uint8_t head[HEAD_BYTES] = {LEDGER_FORMAT, (uint8_t)record->kind};
    visit.err = buf_append(out, head, sizeof head);
    if (visit.err != ERR_OK)
        return fault_set(fault, visit.err, "record: no room");
    visit_record(&visit, &copy, NULL);
    if (visit.err == ERR_OK && out->n - before > RECORD_BYTES_MAX - CHECKSUM_BYTES)
        visit.err = fault_set(fault, ERR_LIMIT, "record: over %d bytes", RECORD_BYTES_MAX);
    if (visit.err == ERR_OK && checksum_append(out, before) != ERR_OK)
        visit.err = fault_set(fault, ERR_LIMIT, "record: no room");
    if (visit.err != ERR_OK) {
        out->n = before;
        out->p[before] = '\0';
    }
    return visit.err;
}

static enum err check_envelope(struct view bytes, struct fault *fault)
{
    if (bytes.n < HEAD_BYTES + CHECKSUM_BYTES || bytes.n > RECORD_BYTES_MAX)
        return fault_set(fault, ERR_INVALID, "record: %zu bytes cannot be a ledger record",
                         bytes.n);
    if (!checksum_fits(bytes))
        return fault_set(fault, ERR_INVALID, "record: the checksum does not fit");
    uint8_t format = (uint8_t)bytes.p[0];
    uint8_t kind = (uint8_t)bytes.p[1];
    if (format != LEDGER_FORMAT)
        return fault_set(fault, ERR_INVALID, "record: format %u, and this program reads %d", format,
                         LEDGER_FORMAT);
    if (kind < RECORD_CLAIM || kind > RECORD_REPLY)
        return fault_set(fault, ERR_INVALID, "record: kind %u is not known", kind);
    return ERR_OK;
}

enum err record_decode(struct view bytes, struct record_scratch *scratch, struct record *record_out,
                       struct fault *fault)
{
    enum err err = check_envelope(bytes, fault);
    if (err != ERR_OK)
        return err;
    struct record record = {.kind = (uint8_t)bytes.p[1]};
    struct visit visit = {
        .in = {bytes.p + HEAD_BYTES, bytes.n - HEAD_BYTES - CHECKSUM_BYTES},
        .fault = fault,
    };
    visit_record(&visit, &record, scratch);
    if (visit.err == ERR_OK && visit.in.n > 0)
        return fault_set(fault, ERR_INVALID, "record: %zu bytes follow its end", visit.in.n);
    if (visit.err == ERR_OK)
        *record_out = record;
    return visit.err;
}
