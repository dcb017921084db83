/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/record_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/check.h"
#include "core/phase.h"
#include "wire/timestamp.h"

static const char *const verdict_names[] = {
    [MEMBER_SENT] = "sent",       [MEMBER_BACK] = "back",         [MEMBER_FAILED] = "failed",
    [MEMBER_UNKNOWN] = "unknown", [MEMBER_NOT_SENT] = "not-sent",
};

static const char *const finding_names[] = {
    [FOUND_WENT] = "went",         [FOUND_NOT_DONE] = "not-done",
    [FOUND_NO_TRACE] = "no-trace", [FOUND_RUNNING] = "running",
    [FOUND_ABSENT] = "absent",     [FOUND_OVERDUE] = "overdue",
    [FOUND_DOWN] = "down",         [FOUND_NOT_RUNNABLE] = "not-runnable",
    [FOUND_CLEAR] = "clear",       [FOUND_NO_TRACE_UP] = "no-trace-running",
};

/* The instance that the i-th part of a record is about, and a word on what is said of it (NULL:
 * nothing). */
struct part {
    struct view instance_id;
    const char *word;
};

static uint32_t part_n(const struct record *record)
{
    switch (record->kind) {
    case RECORD_TASKS:
        return record->u.tasks.op_n;
    case RECORD_INTENT:
        return record->u.intent.instance_n;
    case RECORD_ANSWER:
        return record->u.answer.member_n;
    case RECORD_SEEN:
        return record->u.seen.item_n;
    case RECORD_SHUT:
        return record->u.shut.item_n;
    case RECORD_REPLY:
        return record->u.reply.instance_n;
    case RECORD_IMAGE:
        return record->u.image.image_n;
    case RECORD_CLAIM:
    case RECORD_MARK:
    case RECORD_BEGIN:
    case RECORD_END:
        return 0;
    }
    UNREACHABLE();
}

static const char *task_word(const struct task_op *op)
{
    if (op->task.type == TASK_REFUSED || op->reject_code.n > 0)
        return "rejected";
    return op->task.type == TASK_CANCEL ? "cancel" : "joined";
}

static struct part part_at(const struct record *record, uint32_t i)
{
    switch (record->kind) {
    case RECORD_TASKS:
        return (struct part){record->u.tasks.ops[i].task.instance_id,
                             task_word(&record->u.tasks.ops[i])};
    case RECORD_INTENT:
        return (struct part){record->u.intent.instance_ids[i], NULL};
    case RECORD_ANSWER:
        return (struct part){record->u.answer.members[i].instance_id,
                             verdict_names[record->u.answer.members[i].verdict]};
    case RECORD_SEEN:
        return (struct part){record->u.seen.items[i].instance_id,
                             finding_names[record->u.seen.items[i].finding]};
    case RECORD_SHUT:
        return (struct part){record->u.shut.items[i].instance_id,
                             outcome_status_name(record->u.shut.items[i].status)};
    case RECORD_REPLY:
        return (struct part){record->u.reply.instance_ids[i], NULL};
    case RECORD_IMAGE:
        return (struct part){record->u.image.images[i].instance_id,
                             entry_phase_name((enum entry_phase)record->u.image.images[i].phase)};
    case RECORD_CLAIM:
    case RECORD_MARK:
    case RECORD_BEGIN:
    case RECORD_END:
        break;
    }
    UNREACHABLE();
}

static bool has_dispatch(const struct record *record, char out[DISPATCH_ID_TEXT_MAX])
{
    if (record->kind == RECORD_INTENT)
        dispatch_id_text(record->u.intent.dispatch, out);
    else if (record->kind == RECORD_ANSWER)
        dispatch_id_text(record->u.answer.dispatch, out);
    else if (record->kind == RECORD_REPLY)
        dispatch_id_text(record->u.reply.dispatch, out);
    else
        return false;
    return true;
}

static struct view worker_of(const struct record_line *line)
{
    const struct record *record = line->record;
    if (record->kind == RECORD_CLAIM)
        return record->u.claim.worker;
    if (record->kind == RECORD_BEGIN)
        return record->u.begin.worker;
    if (record->kind == RECORD_REPLY)
        return record->u.reply.worker;
    return line->worker;
}

/* A claim's epoch is its own offset; neither it nor a reply has a seq. */
static bool is_decision(const struct record *record)
{
    return record->kind != RECORD_CLAIM && record->kind != RECORD_REPLY;
}

static json_t *json_of(struct view text)
{
    if (text.n == 0)
        return json_null();
    json_t *json = json_stringn(text.p, text.n);
    return json != NULL ? json : json_string("(not UTF-8)");
}

static json_t *limits_json(const struct limits *limits)
{
    return json_pack("{sIsIsI}", "openRequests", (json_int_t)limits->open_requests,
                     "closedRequests", (json_int_t)limits->closed_requests, "entryBytes",
                     (json_int_t)limits->entry_bytes);
}

static json_t *task_json(const struct task_op *op)
{
    const struct view code = op->reject_code.n > 0 ? op->reject_code : op->task.error_code;
    return json_pack("{sosososos{sisIsi}}", "instanceId", json_of(op->task.instance_id),
                     "requestId", json_of(op->task.request_id), "as",
                     json_of(view_of(task_word(op))), "error", json_of(code), "source", "partition",
                     (int)op->task.source.partition, "offset", (json_int_t)op->task.source.offset,
                     "index", (int)op->task.source.index);
}

/* What is said of each instance, as an array of {instanceId, as}. */
static json_t *parts_json(const struct record *record)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < part_n(record); i++) {
        struct part part = part_at(record, i);
        json_t *item =
            record->kind == RECORD_TASKS
                ? task_json(&record->u.tasks.ops[i])
                : json_pack("{soss}", "instanceId", json_of(part.instance_id), "as", part.word);
        (void)json_array_append_new(list, item);
    }
    return list;
}

static json_t *claim_json(const struct record *record)
{
    return json_pack("{sosIsbso}", "pool", json_of(record->u.claim.pool), "format",
                     (json_int_t)record->u.claim.format, "dryRun", record->u.claim.dry_run,
                     "limits", limits_json(&record->u.claim.limits));
}

static json_t *intent_json(const struct record *record)
{
    return json_pack("{sssosIsI}", "reboot", reboot_kind_name(record->u.intent.kind), "region",
                     json_of(record->u.intent.region), "signedAt",
                     (json_int_t)record->u.intent.sign_s, "batchSize",
                     (json_int_t)record->u.intent.batch_size);
}

static json_t *answer_json(const struct record *record)
{
    return json_pack("{sosososIso}", "apiRequestId", json_of(record->u.answer.api_request_id),
                     "errorCode", json_of(record->u.answer.error_code), "errorMessage",
                     json_of(record->u.answer.error_message), "batchSize",
                     (json_int_t)record->u.answer.batch_size, "members", parts_json(record));
}

static json_t *reply_json(const struct record *record)
{
    return json_pack("{sbsosososI}", "sent", record->u.reply.sent, "apiRequestId",
                     json_of(record->u.reply.api_request_id), "errorCode",
                     json_of(record->u.reply.error_code), "errorMessage",
                     json_of(record->u.reply.error_message), "batchSize",
                     (json_int_t)record->u.reply.batch_size);
}

static json_t *begin_json(const struct record *record)
{
    return json_pack("{sIsIsosbsosI}", "cursor", (json_int_t)record->u.begin.cursor, "published",
                     (json_int_t)record->u.begin.published, "pool", json_of(record->u.begin.pool),
                     "dryRun", record->u.begin.dry_run, "limits",
                     limits_json(&record->u.begin.limits), "sources",
                     (json_int_t)record->u.begin.source_n);
}

static json_t *detail_json(const struct record *record)
{
    switch (record->kind) {
    case RECORD_CLAIM:
        return claim_json(record);
    case RECORD_TASKS:
        return json_pack("{sIso}", "cursor", (json_int_t)record->u.tasks.cursor, "tasks",
                         parts_json(record));
    case RECORD_INTENT:
        return intent_json(record);
    case RECORD_ANSWER:
        return answer_json(record);
    case RECORD_SEEN:
    case RECORD_SHUT:
        return json_pack("{so}", "items", parts_json(record));
    case RECORD_MARK:
        return json_pack("{sIsI}", "cursor", (json_int_t)record->u.mark.cursor, "published",
                         (json_int_t)record->u.mark.published);
    case RECORD_BEGIN:
        return begin_json(record);
    case RECORD_IMAGE:
    case RECORD_END:
        return json_object();
    case RECORD_REPLY:
        return reply_json(record);
    }
    UNREACHABLE();
}

static json_t *instances_json(const struct record *record)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < part_n(record); i++)
        (void)json_array_append_new(list, json_of(part_at(record, i).instance_id));
    return list;
}

static json_t *epoch_json(const struct record_line *line)
{
    if (line->record->kind == RECORD_CLAIM)
        return json_integer(line->offset);
    return is_decision(line->record) ? json_integer(line->record->epoch) : json_null();
}

static enum err append_json(json_t *object, struct buf *out)
{
    if (object == NULL)
        return ERR_LIMIT;
    size_t n = json_dumpb(object, NULL, 0, JSON_COMPACT);
    char *text = n > 0 ? malloc(n) : NULL;
    enum err err = ERR_LIMIT;
    if (text != NULL && json_dumpb(object, text, n, JSON_COMPACT) == n)
        err = buf_append(out, text, n);
    free(text);
    return err;
}

enum err record_json_write(const struct record_line *line, struct buf *out)
{
    const struct record *record = line->record;
    char dispatch[DISPATCH_ID_TEXT_MAX] = "";
    char time[TIMESTAMP_TEXT_MAX];
    (void)has_dispatch(record, dispatch);
    timestamp_format(line->log_ms, time);
    json_t *object =
        json_pack("{sisIsssososssbsosososo}", "partition", (int)line->partition, "offset",
                  (json_int_t)line->offset, "time", time, "epoch", epoch_json(line), "seq",
                  is_decision(record) ? json_integer(record->seq) : json_null(), "kind",
                  record_kind_name(record->kind), "valid", line->valid, "worker",
                  json_of(worker_of(line)), "dispatchId", json_of(view_of(dispatch)), "instances",
                  instances_json(record), "detail", detail_json(record));
    enum err err = append_json(object, out);
    json_decref(object);
    return err;
}

static enum err append_summary(const struct record *record, struct buf *out)
{
    switch (record->kind) {
    case RECORD_CLAIM:
        return buf_append_format(out, " pool %.*s format %u%s", VIEW_FMT(record->u.claim.pool),
                                 record->u.claim.format, record->u.claim.dry_run ? " dry run" : "");
    case RECORD_TASKS:
        return buf_append_format(out, " cursor %lld", (long long)record->u.tasks.cursor);
    case RECORD_INTENT:
        return buf_append_format(out, " %s of %u", reboot_kind_name(record->u.intent.kind),
                                 record->u.intent.batch_size);
    case RECORD_ANSWER:
        return buf_append_format(out, " %.*s",
                                 VIEW_FMT(record->u.answer.error_code.n > 0
                                              ? record->u.answer.error_code
                                              : VIEW_LIT("ok")));
    case RECORD_MARK:
        return buf_append_format(out, " cursor %lld published %lld",
                                 (long long)record->u.mark.cursor,
                                 (long long)record->u.mark.published);
    case RECORD_BEGIN:
        return buf_append_format(out, " cursor %lld published %lld",
                                 (long long)record->u.begin.cursor,
                                 (long long)record->u.begin.published);
    case RECORD_REPLY:
        return buf_append_format(out, " %s %.*s", record->u.reply.sent ? "sent" : "not sent",
                                 VIEW_FMT(record->u.reply.error_code));
    case RECORD_IMAGE:
    case RECORD_SEEN:
    case RECORD_SHUT:
    case RECORD_END:
        return ERR_OK;
    }
    UNREACHABLE();
}

static enum err append_parts(const struct record *record, struct buf *out)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < part_n(record) && err == ERR_OK; i++) {
        struct part part = part_at(record, i);
        err = buf_append_format(out, " %.*s%s%s", VIEW_FMT(part.instance_id),
                                part.word != NULL ? "=" : "", part.word != NULL ? part.word : "");
    }
    return err;
}

static enum err append_epoch(const struct record_line *line, struct buf *out)
{
    if (line->record->kind == RECORD_CLAIM)
        return buf_append_format(out, " epoch %lld", (long long)line->offset);
    if (!is_decision(line->record))
        return ERR_OK;
    return buf_append_format(out, " epoch %lld seq %u", (long long)line->record->epoch,
                             line->record->seq);
}

enum err record_text_write(const struct record_line *line, struct buf *out)
{
    const struct record *record = line->record;
    char dispatch[DISPATCH_ID_TEXT_MAX];
    char time[TIMESTAMP_TEXT_MAX];
    timestamp_format(line->log_ms, time);
    enum err err = buf_append_format(out, "%s %d@%lld %s %s", time, (int)line->partition,
                                     (long long)line->offset, line->valid ? "valid" : "VOID ",
                                     record_kind_name(record->kind));
    if (err == ERR_OK)
        err = append_epoch(line, out);
    if (err == ERR_OK && worker_of(line).n > 0)
        err = buf_append_format(out, " by %.*s", VIEW_FMT(worker_of(line)));
    if (err == ERR_OK && has_dispatch(record, dispatch))
        err = buf_append_format(out, " dispatch %s", dispatch);
    if (err == ERR_OK)
        err = append_summary(record, out);
    if (err == ERR_OK && part_n(record) > 0)
        err = buf_append_text(out, ":");
    return err == ERR_OK ? append_parts(record, out) : err;
}
