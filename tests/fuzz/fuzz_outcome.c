/* SPDX-License-Identifier: Apache-2.0
 *
 * Outcomes with any bytes in their texts: within the limits that the ledger keeps each can be
 * rendered, and what is rendered is JSON. The input is seven bytes of choices and then texts, each
 * a length of two bytes and its bytes. */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/utf8.h"
#include "wire/outcome_json.h"

enum { CHOICES = 7, WORKER_BYTES_MAX = 255, CODE_BYTES_MAX = 128, MESSAGE_BYTES_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view take_text(struct view *in, size_t min, size_t max)
{
    static const char filler[] = "x";
    if (in->n < 2)
        return (struct view){filler, min};
    size_t n = (size_t)(uint8_t)in->p[0] | (size_t)(uint8_t)in->p[1] << 8;
    n = n < max ? n : max;
    n = n < in->n - 2 ? n : in->n - 2;
    struct view text = {in->p + 2, n};
    *in = (struct view){in->p + 2 + n, in->n - 2 - n};
    return n < min ? (struct view){filler, min} : text;
}

static struct outcome make(const uint8_t choices[CHOICES], struct view in)
{
    int64_t times[] = {TIME_NONE, 0, INT64_MIN + 1, INT64_MAX};
    struct outcome out = {
        .status = (enum outcome_status)(1 + choices[0] % (OUTCOME_STATUS_N - 1)),
        .final = choices[1] & 1,
        .dry_run = choices[1] & 2,
        .confirmed_by = (enum confirmed_by)(choices[2] % 3),
        .error_source = (enum error_source)(choices[3] % 4),
        .attempts = (uint32_t)choices[4] << 24,
        .revision = (int64_t)((uint64_t)choices[4] << 55),
        .requested_ms = times[choices[5] & 3],
        .accepted_ms = times[choices[5] >> 2 & 3],
        .dispatched_ms = times[choices[5] >> 4 & 3],
        .finished_ms = times[choices[5] >> 6],
        .time_ms = times[choices[6] & 3],
        .source = {INT32_MAX, INT64_MAX, 0, 0},
        .dispatch = {choices[6] >> 2 & 1 ? UINT64_MAX : 0, choices[6]},
        .batch_size = choices[6],
    };
    out.request_id = take_text(&in, 1, REQUEST_ID_DEFAULT_BYTES_MAX);
    out.instance_id = take_text(&in, 0, INSTANCE_ID_BYTES_MAX);
    out.region = take_text(&in, 0, REGION_BYTES_MAX);
    out.requested_by = take_text(&in, 0, NOTE_BYTES_MAX);
    out.reason = take_text(&in, 0, NOTE_BYTES_MAX);
    out.served_by = take_text(&in, 0, REQUEST_ID_DEFAULT_BYTES_MAX);
    out.api_request_id = take_text(&in, 0, 64);
    out.error_code = take_text(&in, 0, CODE_BYTES_MAX);
    out.error_message = take_text(&in, 0, MESSAGE_BYTES_MAX);
    out.worker = take_text(&in, 0, WORKER_BYTES_MAX);
    out.traceparent = take_text(&in, 0, TRACEPARENT_BYTES_MAX);
    out.tracestate = take_text(&in, 0, TRACESTATE_BYTES_MAX);
    return out;
}

static void check_text(const json_t *root, const char *field, struct view text)
{
    const json_t *value = json_object_get(root, field);
    CHECK(value != NULL && json_is_null(value) == (text.n == 0));
    if (text.n > 0 && utf8_is_valid(text) && memchr(text.p, '\0', text.n) == NULL)
        CHECK(view_is(text, json_string_value(value)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct outcome_context context = {.source = VIEW_LIT("/reboot-worker/fuzz"),
                                            .requests = VIEW_LIT("reboot.requests")};
    struct outcome_message message;
    struct fault fault;
    if (size < CHOICES)
        return 0;
    struct view rest = {(const char *)data + CHOICES, size - CHOICES};
    const struct outcome outcome = make(data, rest);
    outcome_message_init(&message);
    CHECK(outcome_write(&outcome, &context, &message, &fault) == ERR_OK);
    json_t *root =
        json_loadb(message.value.p, message.value.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    CHECK(root != NULL);
    check_text(root, "requestId", outcome.request_id);
    check_text(root, "reason", outcome.reason);
    check_text(root, "worker", outcome.worker);
    CHECK(message.header_n >= 6 && message.header_n <= OUTCOME_HEADERS_MAX);
    json_decref(root);
    outcome_message_release(&message);
    return 0;
}
