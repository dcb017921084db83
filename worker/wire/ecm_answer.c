/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ecm_answer.h"

#include <jansson.h>
#include <stdio.h>

#include "base/check.h"
#include "base/instant.h"
#include "wire/http_date.h"

enum { STATUS_OK = 200 };

static const struct network_row network_rows[NETWORK_CODE_N] = {
    [NETWORK_NOT_SENT] = {"network.not_sent", ANSWER_NOT_SENT, "the call could not be made"},
    [NETWORK_DNS] = {"network.dns", ANSWER_NOT_SENT, "the name of the API has no address"},
    [NETWORK_CONNECT] = {"network.connect", ANSWER_NOT_SENT, "no connection"},
    [NETWORK_TLS] = {"network.tls", ANSWER_NOT_SENT, "no TLS, or a certificate that does not fit"},
    [NETWORK_RESET] = {"network.reset", ANSWER_LOST, "the connection broke before an answer"},
    [NETWORK_TIMEOUT] = {"network.timeout", ANSWER_LOST, "no answer within `api.timeout`"},
    [NETWORK_TRUNCATED] = {"network.truncated", ANSWER_UNREADABLE, "the answer was cut off"},
    [NETWORK_TOO_LARGE] = {"network.too_large", ANSWER_UNREADABLE, "the answer was too large"},
    [NETWORK_UNREADABLE] = {"network.unreadable", ANSWER_UNREADABLE,
                            "the answer was not JSON, or not this API's"},
    [NETWORK_STATUS] = {"network.status", ANSWER_UNREADABLE,
                        "an HTTP status other than 200, without the API's own error"},
};

const struct network_row *network_row(enum network_code code)
{
    return &network_rows[code];
}

void ecm_reading_init(struct ecm_reading *reading)
{
    reading->root = NULL;
}

void ecm_reading_release(struct ecm_reading *reading)
{
    json_decref(reading->root);
    reading->root = NULL;
}

void ecm_answer_missing(enum network_code code, struct view message, struct answer *out)
{
    *out = (struct answer){
        .kind = network_rows[code].kind,
        .code = view_of(network_rows[code].code),
        .message = message,
        .date_s = TIME_NONE,
    };
}

/* VIEW_NONE when it is no string, or null, or absent, or empty. */
static struct view text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return json_string_length(text) > 0
               ? (struct view){json_string_value(text), json_string_length(text)}
               : VIEW_NONE;
}

/* At most max bytes, not ending within a UTF-8 sequence. */
static struct view cut(struct view text, size_t max)
{
    if (text.n <= max)
        return text;
    size_t n = max;
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return (struct view){text.p, n};
}

/* Codes go into logs, metrics and terminals: words only. */
static bool is_code(struct view code)
{
    for (size_t i = 0; i < code.n; i++)
        if (code.p[i] <= 0x20 || code.p[i] >= 0x7f)
            return false;
    return code.n <= ECM_CODE_BYTES_MAX;
}

/* Null and absent are a set of none. False: not a list, or one that cannot be. */
static bool list_of(const json_t *response, const char *key, size_t max, const json_t **list_out)
{
    *list_out = json_object_get(response, key);
    if (*list_out == NULL || json_is_null(*list_out)) {
        *list_out = NULL;
        return true;
    }
    return json_is_array(*list_out) && json_array_size(*list_out) <= max;
}

static bool id_of(const json_t *item, struct view *out)
{
    *out = text_of(item, "InstanceId");
    return out->n > 0 && out->n <= INSTANCE_ID_BYTES_MAX;
}

/* Everything but InstanceId and InstanceState is nullable; an unknown state is INSTANCE_OTHER. */
static bool read_instances(const json_t *response, struct ecm_reading *reading, struct answer *out)
{
    const json_t *list;
    const json_t *total = json_object_get(response, "TotalCount");
    if (!list_of(response, "InstanceSet", CALL_PAGE_MAX, &list) || !json_is_integer(total) ||
        json_integer_value(total) < 0)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct sighting *sighting = &reading->sightings[i];
        *sighting = (struct sighting){
            .state = instance_state_of(text_of(item, "InstanceState")),
            .latest_operation = text_of(item, "LatestOperation"),
            .latest_operation_state = text_of(item, "LatestOperationState"),
        };
        if (!id_of(item, &sighting->instance_id))
            return false;
    }
    out->total_n = json_integer_value(total);
    out->sightings = reading->sightings;
    out->sighting_n = (uint32_t)json_array_size(list);
    return true;
}

/* The row of RebootInstances among an instance's denied actions, if there is one. */
static bool read_denial(const json_t *item, struct denial *out, bool *denied_out)
{
    const json_t *actions;
    *denied_out = false;
    if (!id_of(item, &out->instance_id) || !list_of(item, "DeniedActions", 1000, &actions))
        return false;
    for (size_t i = 0; i < json_array_size(actions) && !*denied_out; i++) {
        const json_t *row = json_array_get(actions, i);
        if (!view_is(text_of(row, "Action"), "RebootInstances"))
            continue;
        out->code = text_of(row, "Code");
        out->message = cut(text_of(row, "Message"), ECM_DENIAL_MESSAGE_BYTES_MAX);
        *denied_out = true;
    }
    return !*denied_out || is_code(out->code);
}

static bool read_denials(const json_t *response, struct ecm_reading *reading, struct answer *out)
{
    const json_t *list;
    if (!list_of(response, "InstanceOperatorSet", CALL_REBOOT_INSTANCES_MAX, &list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        bool denied;
        if (!read_denial(json_array_get(list, i), &reading->denials[out->denial_n], &denied))
            return false;
        out->denial_n += denied;
    }
    out->denials = reading->denials;
    return true;
}

static bool read_result(enum call_action action, const json_t *response,
                        struct ecm_reading *reading, struct answer *out)
{
    switch (action) {
    case CALL_REBOOT:
        return true;
    case CALL_DESCRIBE:
        return read_instances(response, reading, out);
    case CALL_DENIED:
        return read_denials(response, reading, out);
    }
    UNREACHABLE();
}

/* True if the body is an answer of the API; out is then complete. */
static bool read_response(enum call_action action, const struct ecm_reply *reply,
                          struct ecm_reading *reading, struct answer *out)
{
    const json_t *response = json_object_get(reading->root, "Response");
    if (!json_is_object(response))
        return false;
    out->kind = ANSWER_API;
    out->api_request_id = text_of(response, "RequestId");
    if (out->api_request_id.n > ECM_REQUEST_ID_BYTES_MAX || !is_code(out->api_request_id))
        return false;
    const json_t *error = json_object_get(response, "Error");
    if (error != NULL && !json_is_null(error)) {
        out->code = text_of(error, "Code");
        out->message = cut(text_of(error, "Message"), ECM_MESSAGE_BYTES_MAX);
        return out->code.n > 0 && is_code(out->code);
    }
    return reply->status == STATUS_OK && json_is_string(json_object_get(response, "RequestId")) &&
           read_result(action, response, reading, out);
}

static void explain_unreadable(const struct ecm_reply *reply, struct ecm_reading *reading,
                               struct answer *out)
{
    enum network_code code = NETWORK_UNREADABLE;
    if (reply->status != STATUS_OK) {
        code = NETWORK_STATUS;
        (void)snprintf(reading->text, sizeof reading->text, "HTTP status %ld", reply->status);
    } else if (reading->root == NULL) {
        (void)snprintf(reading->text, sizeof reading->text, "the answer is not JSON, or cut off");
    } else {
        (void)snprintf(reading->text, sizeof reading->text, "the answer is not one of this API");
    }
    ecm_answer_missing(code, view_of(reading->text), out);
}

void ecm_answer_read(enum call_action action, const struct ecm_reply *reply,
                     struct ecm_reading *reading, struct answer *out)
{
    ecm_reading_release(reading);
    *out = (struct answer){.kind = ANSWER_UNREADABLE};
    if (reply->body.n > 0 && reply->body.n <= ECM_ANSWER_BYTES_MAX)
        reading->root = json_loadb(reply->body.p, reply->body.n, JSON_REJECT_DUPLICATES, NULL);
    if (!read_response(action, reply, reading, out))
        explain_unreadable(reply, reading, out);
    int64_t date_s;
    out->date_s = http_date_parse(reply->date, &date_s) == ERR_OK ? date_s : TIME_NONE;
}
