/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/request.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "wire/timestamp.h"

static const char structured_type[] = "application/cloudevents";

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

static bool refuse(struct request_reading *reading, const char *code, const char *message)
{
    if (!reading->refused) {
        reading->refused = true;
        reading->error_code = code;
        (void)snprintf(reading->error_message, sizeof reading->error_message, "%s", message);
    }
    return false;
}

static bool refuse_field(struct request_reading *reading, const char *field, const char *message)
{
    if (!reading->refused)
        (void)snprintf(reading->error_field, sizeof reading->error_field, "%s", field);
    return refuse(reading, "request.field", message);
}

/* ---- JSON ---- */

static const char *code_of_json_error(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "request.encoding";
    default:
        return "request.invalid_json";
    }
}

/* One JSON object and nothing behind it. */
static json_t *parse(struct request_reading *reading, struct view text)
{
    json_error_t error;
    struct fault fault;
    if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
        (void)refuse(reading, "request.encoding", "the value holds a NUL");
        return NULL;
    }
    json_t *root = json_loadb(text.n > 0 ? text.p : "", text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL) {
        (void)fault_set(&fault, ERR_INVALID, "%s (line %d, column %d)", error.text, error.line,
                        error.column);
        (void)refuse(reading, code_of_json_error(&error), fault.text);
        return NULL;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        (void)refuse(reading, "request.invalid_json", "the value is not a JSON object");
        return NULL;
    }
    return root;
}

/* ---- CloudEvents ---- */

static struct view header_of(const struct request_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_n; i++)
        if (view_is(record->headers[i].name, name))
            return record->headers[i].value;
    return VIEW_NONE;
}

static bool take_expiry(struct request_reading *reading, struct view text)
{
    if (text.p == NULL || timestamp_parse(text, &reading->expiry_ms) == ERR_OK)
        return true;
    return refuse(reading, "request.envelope",
                  "the CloudEvents attribute expirytime is not an RFC 3339 time");
}

static bool is_version_1_0(struct request_reading *reading, struct view version)
{
    return view_is(version, "1.0") ||
           refuse(reading, "request.envelope", "the CloudEvents specversion is not 1.0");
}

/* Binary mode, or bare JSON: the value is the data. */
static json_t *undress_binary(const struct request_record *record, struct request_reading *reading)
{
    reading->root = parse(reading, record->value);
    struct view version = header_of(record, "ce_specversion");
    if (reading->root == NULL || version.p == NULL)
        return reading->root;
    reading->event_id = header_of(record, "ce_id");
    if (!is_version_1_0(reading, version) ||
        !take_expiry(reading, header_of(record, "ce_expirytime")))
        return NULL;
    return reading->root;
}

static struct view attribute_of(const json_t *event, const char *name)
{
    const json_t *value = json_object_get(event, name);
    return json_is_string(value)
               ? (struct view){json_string_value(value), json_string_length(value)}
               : VIEW_NONE;
}

static json_t *decode_base64(struct request_reading *reading, struct view text)
{
    size_t room = text.n / 4 * 3 + 3;
    unsigned char *bytes = malloc(room);
    int n = -1;
    if (bytes != NULL && text.n <= INT32_MAX && text.n % 4 == 0)
        n = EVP_DecodeBlock(bytes, (const unsigned char *)text.p, (int)text.n);
    json_t *inner = NULL;
    if (n < 0) {
        (void)refuse(reading, "request.envelope",
                     "the CloudEvents member data_base64 is not Base64");
    } else {
        /* EVP_DecodeBlock counts the padding as bytes. */
        for (size_t i = text.n; i > 0 && text.p[i - 1] == '='; i--)
            n--;
        inner = parse(reading, (struct view){(const char *)bytes, (size_t)(n > 0 ? n : 0)});
    }
    free(bytes);
    return inner;
}

/* Structured mode: the value is the event. */
static json_t *undress_structured(const struct request_record *record,
                                  struct request_reading *reading)
{
    const json_t *event = reading->root = parse(reading, record->value);
    if (event == NULL)
        return NULL;
    reading->event_id = attribute_of(event, "id");
    json_t *data = json_object_get(event, "data");
    const json_t *base64 = json_object_get(event, "data_base64");
    struct view expiry = attribute_of(event, "expirytime");
    if (expiry.p == NULL && json_object_get(event, "expirytime") != NULL)
        expiry = VIEW_LIT("not a text");
    if (!is_version_1_0(reading, attribute_of(event, "specversion")) ||
        !take_expiry(reading, expiry))
        return NULL;
    if (reading->traceparent.p == NULL) {
        reading->traceparent = attribute_of(event, "traceparent");
        reading->tracestate = attribute_of(event, "tracestate");
    }
    if ((data != NULL) == (base64 != NULL)) {
        (void)refuse(reading, "request.envelope",
                     "a CloudEvent has either data or data_base64, and this needs one of them");
        return NULL;
    }
    if (base64 != NULL) {
        if (!json_is_string(base64)) {
            (void)refuse(reading, "request.envelope",
                         "the CloudEvents member data_base64 is not Base64");
            return NULL;
        }
        return reading->inner = decode_base64(reading, attribute_of(event, "data_base64"));
    }
    if (!json_is_object(data)) {
        (void)refuse(reading, "request.invalid_json",
                     "the CloudEvents member data is not a JSON object");
        return NULL;
    }
    return data;
}

static json_t *undress(const struct request_record *record, struct request_reading *reading)
{
    struct view type = header_of(record, "content-type");
    if (record->bytes_max >= 0 && record->value.n > (uint64_t)record->bytes_max) {
        char message[128];
        (void)snprintf(message, sizeof message,
                       "the value has %zu bytes; request.max_bytes is %lld", record->value.n,
                       (long long)record->bytes_max);
        (void)refuse(reading, "request.too_large", message);
        return NULL;
    }
    size_t n = sizeof structured_type - 1;
    bool cloudevents = type.n >= n && strncasecmp(type.p, structured_type, n) == 0;
    if (!cloudevents)
        return undress_binary(record, reading);
    if (type.n > n && type.p[n] == '+')
        return undress_structured(record, reading);
    (void)refuse(reading, "request.envelope",
                 "a batch of CloudEvents in one record is not accepted: send one a record");
    return NULL;
}

/* ---- the request ---- */

static void check_conflicts(struct request_reading *reading, const json_t *object)
{
    const struct request_fields *fields = &reading->fields;
    if (fields->cancel && json_object_get(object, "requestId") == NULL)
        (void)refuse_field(reading, "requestId",
                           "requestId is missing: cancel needs the one that it withdraws");
    else if (fields->force_reboot && fields->stop_type.n > 0)
        (void)refuse(reading, "request.conflict",
                     "forceReboot: true and stopType exclude each other");
}

static enum reboot_kind kind_of(const struct request_fields *fields)
{
    if (fields->force_reboot)
        return REBOOT_FORCE;
    if (view_is(fields->stop_type, "HARD"))
        return REBOOT_HARD;
    return view_is(fields->stop_type, "SOFT_FIRST") ? REBOOT_SOFT_FIRST : REBOOT_SOFT;
}

static struct view printable(struct view text, size_t bytes_max)
{
    if (text.n > bytes_max)
        return VIEW_NONE;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] > '~')
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

static void read_trace(const struct request_record *record, struct request_reading *reading)
{
    static const char *const names[][2] = {{"traceparent", "tracestate"},
                                           {"ce_traceparent", "ce_tracestate"}};
    for (int i = 0; i < 2 && reading->traceparent.p == NULL; i++) {
        reading->traceparent = header_of(record, names[i][0]);
        reading->tracestate = header_of(record, names[i][1]);
    }
}

static void fill_task(const struct request_record *record, struct request_reading *reading)
{
    const struct request_fields *fields = &reading->fields;
    reading->task = (struct task){
        .type = reading->refused ? TASK_REFUSED
                : fields->cancel ? TASK_CANCEL
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
    if (!reading->refused)
        return;
    reading->task.error_code = request_error_code(reading);
    reading->task.error_message = view_of(reading->error_message);
}

void request_read(const struct request_record *record, struct request_reading *reading)
{
    struct fault fault;
    const char *field;
    request_reading_release(reading);
    reading->refused = false;
    reading->error_code = NULL;
    reading->error_field[0] = '\0';
    reading->fields = (struct request_fields){.instance_ids = reading->instance_ids,
                                              .requested_ms = TIME_NONE,
                                              .not_before_ms = TIME_NONE,
                                              .expires_ms = TIME_NONE};
    reading->expiry_ms = TIME_NONE;
    reading->event_id = VIEW_NONE;
    reading->traceparent = VIEW_NONE;
    reading->tracestate = VIEW_NONE;
    read_trace(record, reading);
    json_t *object = undress(record, reading);
    if (object != NULL && request_fields_read(object, &reading->fields, &field, &fault) != ERR_OK)
        (void)refuse_field(reading, field, fault.text);
    if (object != NULL)
        check_conflicts(reading, object);
    if (reading->error_code != NULL)
        (void)snprintf(reading->code_text, sizeof reading->code_text, "%s%s%s", reading->error_code,
                       reading->error_field[0] != '\0' ? "." : "", reading->error_field);
    fill_task(record, reading);
}

struct view request_error_code(const struct request_reading *reading)
{
    return reading->refused ? view_of(reading->code_text) : VIEW_NONE;
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
