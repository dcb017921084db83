/* SPDX-License-Identifier: Apache-2.0
 *
 * The three dresses of a request: bare JSON, and CloudEvents 1.0 in binary and in structured mode
 * (https://github.com/cloudevents/spec, Kafka protocol binding and JSON event format). Attributes
 * that nothing depends on are not looked at, so that senders who bend their rules are served too.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "wire/request_impl.h"
#include "wire/timestamp.h"

static const char cloudevents_type[] = "application/cloudevents";

static struct view header_of(const struct request_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_n; i++)
        if (view_is(record->headers[i].name, name))
            return record->headers[i].value;
    return VIEW_NONE;
}

/* A context attribute that is null is absent. */
static const json_t *member_of(const json_t *event, const char *name)
{
    const json_t *value = json_object_get(event, name);
    return json_is_null(value) ? NULL : value;
}

static struct view attribute_of(const json_t *event, const char *name)
{
    const json_t *value = member_of(event, name);
    return json_is_string(value)
               ? (struct view){json_string_value(value), json_string_length(value)}
               : VIEW_NONE;
}

static bool is_version_1_0(struct request_reading *reading, struct view version)
{
    return view_is(version, "1.0") ||
           request_refuse(reading, REFUSAL_ENVELOPE, "the CloudEvents specversion is not 1.0");
}

static bool take_expiry(struct request_reading *reading, bool given, struct view text)
{
    return !given || timestamp_parse(text, &reading->expiry_ms) == ERR_OK ||
           request_refuse(reading, REFUSAL_ENVELOPE,
                          "the CloudEvents attribute expirytime is not an RFC 3339 time");
}

/* The headers of this hop, else the event's own; a traceparent and a tracestate go together. */
static void read_trace(const struct request_record *record, struct request_reading *reading)
{
    static const char *const names[][2] = {{"traceparent", "tracestate"},
                                           {"ce_traceparent", "ce_tracestate"}};
    for (int i = 0; i < 2 && reading->traceparent.p == NULL && reading->tracestate.p == NULL; i++) {
        reading->traceparent = header_of(record, names[i][0]);
        reading->tracestate = header_of(record, names[i][1]);
    }
}

/* ---- binary mode, and bare JSON: the value is the data ---- */

static json_t *undress_binary(const struct request_record *record, struct request_reading *reading)
{
    reading->root = request_parse(reading, record->value);
    struct view version = header_of(record, "ce_specversion");
    if (reading->root == NULL || version.p == NULL)
        return reading->root;
    struct view expiry = header_of(record, "ce_expirytime");
    if (!is_version_1_0(reading, version) || !take_expiry(reading, expiry.p != NULL, expiry))
        return NULL;
    return reading->root;
}

/* ---- structured mode: the value is the event ---- */

/* RFC 4648, section 4. OpenSSL takes padding for zeros, wherever it stands, and skips blanks. */
static bool is_base64(struct view text, size_t *padding_out)
{
    size_t n = text.n;
    while (n > 0 && text.n - n < 2 && text.p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        char c = text.p[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            c != '+' && c != '/')
            return false;
    }
    *padding_out = text.n - n;
    return text.n % 4 == 0;
}

static json_t *parse_base64(struct request_reading *reading, const json_t *base64)
{
    struct view text = {json_string_value(base64), json_string_length(base64)};
    size_t padding;
    if (!json_is_string(base64) || !is_base64(text, &padding)) {
        (void)request_refuse(reading, REFUSAL_ENVELOPE,
                             "the CloudEvents member data_base64 is not Base64");
        return NULL;
    }
    unsigned char *bytes = malloc(text.n + 1);
    CHECK(bytes != NULL);
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)text.p, (int)text.n);
    CHECK(n >= (int)padding); /* it counts the padding as bytes */
    json_t *object = request_parse(reading, (struct view){(char *)bytes, (size_t)n - padding});
    free(bytes);
    return object;
}

static json_t *data_of(const json_t *event, struct request_reading *reading)
{
    json_t *data = json_object_get(event, "data");
    const json_t *base64 = json_object_get(event, "data_base64");
    if ((data != NULL) == (base64 != NULL)) {
        (void)request_refuse(reading, REFUSAL_ENVELOPE,
                             "a CloudEvent has either data or data_base64, and this one must");
        return NULL;
    }
    if (base64 != NULL)
        return reading->inner = parse_base64(reading, base64);
    if (json_is_object(data))
        return data;
    (void)request_refuse(reading, REFUSAL_INVALID_JSON,
                         "the CloudEvents member data is not a JSON object");
    return NULL;
}

static json_t *undress_structured(const struct request_record *record,
                                  struct request_reading *reading)
{
    const json_t *event = reading->root = request_parse(reading, record->value);
    if (event == NULL)
        return NULL;
    if (attribute_of(event, "id").p != NULL)
        reading->event_id = attribute_of(event, "id");
    if (reading->traceparent.p == NULL && reading->tracestate.p == NULL) {
        reading->traceparent = attribute_of(event, "traceparent");
        reading->tracestate = attribute_of(event, "tracestate");
    }
    if (!is_version_1_0(reading, attribute_of(event, "specversion")) ||
        !take_expiry(reading, member_of(event, "expirytime") != NULL,
                     attribute_of(event, "expirytime")))
        return NULL;
    return data_of(event, reading);
}

/* ---- which ---- */

static bool is_too_large(const struct request_record *record, struct request_reading *reading)
{
    char message[128];
    if (record->value.n <= (uint64_t)record->bytes_max)
        return false;
    (void)snprintf(message, sizeof message, "the value has %zu bytes; request.max_bytes is %lld",
                   record->value.n, (long long)record->bytes_max);
    return !request_refuse(reading, REFUSAL_TOO_LARGE, message);
}

/* "application/cloudevents+json", perhaps with parameters. */
static bool is_json_event(struct view type)
{
    static const char suffix[] = "+json";
    size_t n = sizeof cloudevents_type - 1;
    size_t suffix_n = sizeof suffix - 1;
    if (type.n < n + suffix_n || strncasecmp(type.p + n, suffix, suffix_n) != 0)
        return false;
    n += suffix_n;
    return type.n == n || strchr("; \t", type.p[n]) != NULL;
}

json_t *request_undress(const struct request_record *record, struct request_reading *reading)
{
    PRE(record->bytes_max >= 0);
    struct view type = header_of(record, "content-type");
    size_t n = sizeof cloudevents_type - 1;
    if (header_of(record, "ce_specversion").p != NULL)
        reading->event_id = header_of(record, "ce_id");
    read_trace(record, reading);
    if (is_too_large(record, reading))
        return NULL;
    if (type.n < n || strncasecmp(type.p, cloudevents_type, n) != 0)
        return undress_binary(record, reading);
    if (is_json_event(type))
        return undress_structured(record, reading);
    (void)request_refuse(reading, REFUSAL_ENVELOPE,
                         "of the formats for whole CloudEvents only "
                         "application/cloudevents+json is read, one event a record");
    return NULL;
}
