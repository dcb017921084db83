/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/request.h"

#include <jansson.h>
#include <stdio.h>

#include "base/check.h"
#include "base/utf8.h"
#include "wire/request_impl.h"

static const struct refusal_row refusal_rows[REFUSAL_N] = {
    [REFUSAL_NONE] = {"", ""},
    [REFUSAL_TOO_LARGE] = {"request.too_large", "the value is longer than `request.max_bytes`"},
    [REFUSAL_ENCODING] = {"request.encoding", "the value is not UTF-8, or holds a NUL"},
    [REFUSAL_INVALID_JSON] = {"request.invalid_json",
                              "the value is not one JSON object; or a key stands there twice, "
                              "something is nested more than 64 deep, a number is too long"},
    [REFUSAL_ENVELOPE] = {"request.envelope",
                          "CloudEvents: a version other than 1.0, a format other than JSON, no "
                          "data, an `expirytime` that is no time"},
    [REFUSAL_FIELD] = {"request.field.", "the field of that name breaks its rule"},
    [REFUSAL_CONFLICT] = {"request.conflict", "`forceReboot: true` together with `stopType`"},
};

const struct refusal_row *refusal_row(enum refusal refusal)
{
    return &refusal_rows[refusal];
}

void request_reading_init(struct request_reading *reading)
{
    memset(reading, 0, sizeof *reading);
}

void request_reading_release(struct request_reading *reading)
{
    json_decref(reading->root);
    json_decref(reading->inner);
    reading->root = NULL;
    reading->inner = NULL;
}

/* ---- refusing ---- */

/* Messages quote the record: what a terminal would obey, or is cut within a character, is replaced.
 */
static void make_harmless(char *text)
{
    struct view rest = view_of(text);
    while (rest.n > 0) {
        size_t n = utf8_n(rest);
        if (n == 0 || (unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
            n = 1;
        }
        text += n;
        rest = (struct view){text, rest.n - n};
    }
}

bool request_refuse(struct request_reading *reading, enum refusal refusal, const char *message)
{
    if (reading->refusal != REFUSAL_NONE)
        return false;
    reading->refusal = refusal;
    (void)snprintf(reading->error_code, sizeof reading->error_code, "%s",
                   refusal_rows[refusal].code);
    (void)snprintf(reading->error_message, sizeof reading->error_message, "%s", message);
    make_harmless(reading->error_message);
    return false;
}

static void refuse_field(struct request_reading *reading, const char *field, const char *message)
{
    (void)request_refuse(reading, REFUSAL_FIELD, message);
    (void)snprintf(reading->error_code, sizeof reading->error_code, "%s%s",
                   refusal_rows[REFUSAL_FIELD].code, field);
}

/* ---- the request ---- */

static enum reboot_kind kind_of(const struct request_fields *fields)
{
    if (fields->force_reboot)
        return REBOOT_FORCE;
    if (view_is(fields->stop_type, "HARD"))
        return REBOOT_HARD;
    return view_is(fields->stop_type, "SOFT_FIRST") ? REBOOT_SOFT_FIRST : REBOOT_SOFT;
}

/* Trace context is plain ASCII (https://www.w3.org/TR/trace-context/); anything else is dropped. */
static struct view printable(struct view text, size_t bytes_max)
{
    if (text.n > bytes_max)
        return VIEW_NONE;
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < ' ' || text.p[i] > '~') && text.p[i] != '\t')
            return VIEW_NONE;
    return text.n > 0 ? text : VIEW_NONE;
}

static struct view request_id_of(const struct request_record *record,
                                 struct request_reading *reading)
{
    if (reading->fields.request_id.n > 0)
        return reading->fields.request_id;
    if (request_id_fits(reading->event_id))
        return reading->event_id;
    int n = snprintf(reading->request_id_text, sizeof reading->request_id_text, "%.*s/%d/%lld",
                     VIEW_FMT(record->topic), record->partition, (long long)record->offset);
    CHECK(n > 0 && (size_t)n < sizeof reading->request_id_text);
    return (struct view){reading->request_id_text, (size_t)n};
}

static void fill_task(const struct request_record *record, struct request_reading *reading)
{
    const struct request_fields *fields = &reading->fields;
    reading->task = (struct task){
        .type = reading->refusal != REFUSAL_NONE ? TASK_REFUSED
                : fields->cancel                 ? TASK_CANCEL
                                                 : TASK_REBOOT,
        .kind = kind_of(fields),
        .allow_repeat = fields->allow_repeat,
        .source = {.partition = record->partition, .offset = record->offset},
        .record_ms = record->timestamp_ms,
        .requested_ms = fields->requested_ms,
        .not_before_ms = fields->not_before_ms,
        .expires_ms = fields->expires_ms != TIME_NONE ? fields->expires_ms : reading->expiry_ms,
        .request_id = request_id_of(record, reading),
        .region = fields->region,
        .requested_by = fields->requested_by,
        .reason = fields->reason,
        .traceparent = printable(reading->traceparent, TRACEPARENT_BYTES_MAX),
        .tracestate = printable(reading->tracestate, TRACESTATE_BYTES_MAX),
    };
    if (reading->refusal == REFUSAL_NONE)
        return;
    reading->task.error_code = view_of(reading->error_code);
    reading->task.error_message = view_of(reading->error_message);
}

void request_read(const struct request_record *record, struct request_reading *reading)
{
    struct fault fault;
    const char *field;
    request_reading_release(reading);
    reading->refusal = REFUSAL_NONE;
    reading->error_code[0] = '\0';
    reading->fields = (struct request_fields){.instance_ids = reading->instance_ids,
                                              .requested_ms = TIME_NONE,
                                              .not_before_ms = TIME_NONE,
                                              .expires_ms = TIME_NONE};
    reading->expiry_ms = TIME_NONE;
    reading->event_id = VIEW_NONE;
    reading->traceparent = VIEW_NONE;
    reading->tracestate = VIEW_NONE;
    const json_t *object = request_undress(record, reading);
    if (object != NULL && request_fields_read(object, &reading->fields, &field, &fault) != ERR_OK)
        refuse_field(reading, field, fault.text);
    if (reading->fields.force_reboot && json_object_get(object, "stopType") != NULL)
        (void)request_refuse(reading, REFUSAL_CONFLICT,
                             "forceReboot: true and stopType exclude each other");
    fill_task(record, reading);
}

uint32_t request_task_n(const struct request_reading *reading)
{
    return reading->fields.instance_n > 0 ? reading->fields.instance_n : 1;
}

void request_task(const struct request_reading *reading, uint32_t i, struct task *out)
{
    PRE(i < request_task_n(reading));
    *out = reading->task;
    out->source.index = (int32_t)i;
    if (reading->fields.instance_n > 0)
        out->instance_id = reading->fields.instance_ids[i];
}
