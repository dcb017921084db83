/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/outcome_json.h"

#include <jansson.h>
#include <stdio.h>
#include <uuid/uuid.h>

#include "base/check.h"

void outcome_message_init(struct outcome_message *message)
{
    memset(message, 0, sizeof *message);
    buf_init(&message->value, OUTCOME_BYTES_MAX);
}

void outcome_message_release(struct outcome_message *message)
{
    buf_release(&message->value);
}

/* ---- the id ---- */

void outcome_id(const struct outcome *outcome, struct view requests, char out[OUTCOME_ID_TEXT_MAX])
{
    char name[REQUEST_ID_DEFAULT_BYTES_MAX + INSTANCE_ID_BYTES_MAX + 16 +
              REQUEST_ID_DEFAULT_BYTES_MAX + 8];
    int n = snprintf(name, sizeof name, "%.*s\n%.*s\n%s", VIEW_FMT(outcome->request_id),
                     VIEW_FMT(outcome->instance_id), outcome_status_name(outcome->status));
    CHECK(n > 0 && (size_t)n < sizeof name);
    if (outcome->status == OUTCOME_RETRYING)
        n += snprintf(name + n, sizeof name - (size_t)n, "\n%u", outcome->attempts);
    if (outcome->status == OUTCOME_REJECTED)
        n += snprintf(name + n, sizeof name - (size_t)n, "\n%.*s/%d/%lld", VIEW_FMT(requests),
                      outcome->source.partition, (long long)outcome->source.offset);
    CHECK((size_t)n < sizeof name);
    uuid_t id;
    uuid_generate_sha1(id, *uuid_get_template("url"), name, (size_t)n);
    uuid_unparse_lower(id, out);
}

/* ---- the value ---- */

/* Texts of other makers may be cut inside a character: what is not UTF-8 is replaced. */
static json_t *text_of(struct view text)
{
    if (text.n == 0)
        return json_string("");
    json_t *value = json_stringn(text.p, text.n);
    if (value != NULL)
        return value;
    char ascii[1024];
    size_t n = text.n < sizeof ascii ? text.n : sizeof ascii;
    for (size_t i = 0; i < n; i++)
        ascii[i] = text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '?';
    return json_stringn(ascii, n);
}

static json_t *text_or_null(struct view text)
{
    return text.n == 0 ? json_null() : text_of(text);
}

static json_t *time_or_null(int64_t unix_ms)
{
    if (unix_ms == TIME_NONE)
        return json_null();
    char text[TIMESTAMP_TEXT_MAX];
    timestamp_format(unix_ms, text);
    return json_string(text);
}

/* ---- objects ---- */

struct field {
    const char *name; /* ASCII */
    json_t *take_value;
};

/* NULL: no memory. The values are taken in any case. */
static json_t *object_of(const struct field *fields, size_t n)
{
    json_t *object = json_object();
    bool ok = object != NULL;
    for (size_t i = 0; i < n; i++)
        ok = json_object_set_new_nocheck(object, fields[i].name, fields[i].take_value) == 0 && ok;
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

#define OBJECT_OF(fields) object_of(fields, sizeof(fields) / sizeof(fields)[0])

static json_t *api_or_null(const struct outcome *outcome)
{
    if (outcome->dispatch.nonce == 0 && outcome->dispatch.count == 0)
        return json_null();
    char id[DISPATCH_ID_TEXT_MAX];
    dispatch_id_text(outcome->dispatch, id);
    const struct field fields[] = {
        {"requestId", text_or_null(outcome->api_request_id)},
        {"batchId", json_string(id)},
        {"batchSize", json_integer(outcome->batch_size)},
    };
    return OBJECT_OF(fields);
}

static json_t *error_or_null(const struct outcome *outcome)
{
    static const char *const sources[] = {
        [ERROR_API] = "api", [ERROR_NETWORK] = "network", [ERROR_WORKER] = "worker"};
    if (outcome->error_source == ERROR_NONE)
        return json_null();
    const struct field fields[] = {
        {"code", text_of(outcome->error_code)},
        {"message", text_of(outcome->error_message)},
        {"source", json_string(sources[outcome->error_source])},
    };
    return OBJECT_OF(fields);
}

static json_t *confirmed_or_null(const struct outcome *outcome)
{
    static const char *const words[] = {
        [CONFIRMED_STATE] = "state", [CONFIRMED_ABSENCE] = "absence"};
    return outcome->confirmed_by == CONFIRMED_NONE ? json_null()
                                                   : json_string(words[outcome->confirmed_by]);
}

static json_t *source_of(const struct outcome *outcome, struct view requests)
{
    const struct field fields[] = {
        {"topic", text_or_null(requests)},
        {"partition", json_integer(outcome->source.partition)},
        {"offset", json_integer(outcome->source.offset)},
    };
    return OBJECT_OF(fields);
}

static json_t *build(const struct outcome *outcome, const struct outcome_context *context)
{
    const struct field fields[] = {
        {"requestId", text_or_null(outcome->request_id)},
        {"instanceId", text_or_null(outcome->instance_id)},
        {"region", text_or_null(outcome->region)},
        {"requestedBy", text_or_null(outcome->requested_by)},
        {"reason", text_or_null(outcome->reason)},
        {"status", json_string(outcome_status_name(outcome->status))},
        {"final", json_boolean(outcome->final)},
        {"attempts", json_integer(outcome->attempts)},
        {"servedBy", text_or_null(outcome->served_by)},
        {"confirmedBy", confirmed_or_null(outcome)},
        {"api", api_or_null(outcome)},
        {"error", error_or_null(outcome)},
        {"requestedAt", time_or_null(outcome->requested_ms)},
        {"acceptedAt", time_or_null(outcome->accepted_ms)},
        {"dispatchedAt", time_or_null(outcome->dispatched_ms)},
        {"finishedAt", time_or_null(outcome->finished_ms)},
        {"source", source_of(outcome, context->requests)},
        {"revision", json_integer(outcome->revision)},
        {"worker", text_or_null(outcome->worker)},
        {"dryRun", json_true()},
    };
    size_t n = sizeof fields / sizeof fields[0];
    return object_of(fields, outcome->dry_run ? n : n - 1);
}

/* The whole buffer is kept from one outcome to the next: jansson writes into it in one go. */
static enum err dump(const json_t *root, struct buf *out)
{
    buf_clear(out);
    if (root == NULL || buf_reserve(out, OUTCOME_BYTES_MAX) != ERR_OK)
        return ERR_LIMIT;
    size_t n = json_dumpb(root, out->p, OUTCOME_BYTES_MAX, JSON_COMPACT);
    if (n == 0 || n > OUTCOME_BYTES_MAX)
        return ERR_LIMIT;
    out->n = n;
    out->p[n] = '\0';
    return ERR_OK;
}

/* ---- the event ---- */

static void add_header(struct outcome_message *message, const char *name, struct view value)
{
    if (value.n > 0)
        message->headers[message->header_n++] = (struct kafka_header){view_of(name), value};
}

enum err outcome_write(const struct outcome *outcome, const struct outcome_context *context,
                       struct outcome_message *message, struct fault *fault)
{
    json_t *root = build(outcome, context);
    enum err err = dump(root, &message->value);
    json_decref(root);
    if (err != ERR_OK)
        return fault_set(fault, err, "no memory for an outcome, or more than %d bytes of it",
                         OUTCOME_BYTES_MAX);
    outcome_id(outcome, context->requests, message->id);
    (void)snprintf(message->type, sizeof message->type, "ecm.instance.reboot.%s.v1",
                   outcome_status_name(outcome->status));
    timestamp_format(outcome->time_ms, message->time);
    message->header_n = 0;
    add_header(message, "ce_specversion", VIEW_LIT("1.0"));
    add_header(message, "ce_id", view_of(message->id));
    add_header(message, "ce_source", context->source);
    add_header(message, "ce_type", view_of(message->type));
    add_header(message, "ce_subject", outcome->instance_id);
    add_header(message, "ce_time", view_of(message->time));
    add_header(message, "content-type", VIEW_LIT("application/json"));
    add_header(message, "traceparent", outcome->traceparent);
    add_header(message, "tracestate", outcome->tracestate);
    return ERR_OK;
}
