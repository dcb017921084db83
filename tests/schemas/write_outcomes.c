/* SPDX-License-Identifier: Apache-2.0
 *
 * write_outcomes N: N events as the worker would publish them, one JSON object a line: `headers`, a
 * list of pairs, and `value`, the bytes in hex. Outcomes of every status, with what may and what
 * must stand in them chosen at random, always in the same way; texts of every kind and length. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/random.h"
#include "wire/outcome_json.h"

enum { TEXTS = 12, TEXT_BYTES_MAX = 8192 };

static struct random random_state = {.state = 1};
static char texts[TEXTS][TEXT_BYTES_MAX];
static int text_n;

static uint64_t below(uint64_t bound)
{
    return random_below(&random_state, bound);
}

static bool maybe(void)
{
    return below(2) == 0;
}

static struct view next_text(size_t n)
{
    CHECK(text_n < TEXTS);
    return (struct view){texts[text_n++], n};
}

/* min to max of the characters. */
static struct view word(const char *chars, size_t min, size_t max)
{
    size_t n = below(5) == 0 ? max : min + below((max < min + 30 ? max - min : 30) + 1);
    for (size_t i = 0; i < n; i++)
        texts[text_n][i] = chars[below(strlen(chars))];
    return next_text(n);
}

/* Up to max characters of all that JSON must bear: escapes, controls, 1 to 4 bytes long. */
static struct view prose(size_t max)
{
    static const char *const chars[] = {"a",
                                        "Z",
                                        " ",
                                        "\"",
                                        "\\",
                                        "/",
                                        "\n",
                                        "\t",
                                        "\x01",
                                        "\x1f",
                                        "\x7f",
                                        "\xc2\x85",
                                        "\xc3\xa9",
                                        "\xe2\x82\xac",
                                        "\xe2\x80\xa8",
                                        "\xf0\x9f\x92\xa5"};
    size_t n = below(5) == 0 ? max : 1 + below(max < 40 ? max : 40);
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const char *c = chars[below(sizeof chars / sizeof chars[0])];
        memcpy(texts[text_n] + bytes, c, strlen(c));
        bytes += strlen(c);
    }
    return next_text(bytes);
}

static int64_t moment(void)
{
    return (int64_t)below(INT64_C(253402300800000));
}

static const char id_chars[] = "abcxyzABCXYZ0123456789_-";
static const char request_chars[] = "abcxyzABCXYZ0123456789._:/-";

static void add_call(struct outcome *out)
{
    if (out->dry_run)
        return;
    out->dispatch = (struct dispatch_id){random_next(&random_state), 1 + below(1000)};
    out->batch_size = (uint32_t)(1 + below(100));
    if (below(4) > 0)
        out->api_request_id = word(id_chars, 1, 64);
}

static void add_error(struct outcome *out, enum error_source source)
{
    static const char *const codes[] = {[ERROR_API] = "OperationDenied.InstanceOperationInProgress",
                                        [ERROR_NETWORK] = "network.timeout",
                                        [ERROR_WORKER] = "request.field.region"};
    out->error_source = source;
    out->error_code = view_of(codes[source]);
    if (below(4) > 0)
        out->error_message = prose(512);
}

/* What the status brings with it. */
static void add_story(struct outcome *out)
{
    bool was_sent = out->status == OUTCOME_DISPATCHED || out->status == OUTCOME_SUCCEEDED ||
                    out->status == OUTCOME_UNCONFIRMED;
    bool may_be_sent = out->status == OUTCOME_FAILED || out->status == OUTCOME_UNKNOWN;
    bool fails = out->status == OUTCOME_RETRYING || out->status == OUTCOME_FAILED;
    out->final = out->status != OUTCOME_ACCEPTED && out->status != OUTCOME_RETRYING &&
                 (out->status != OUTCOME_DISPATCHED || out->dry_run || maybe());
    out->finished_ms = out->final ? moment() : TIME_NONE;
    if (out->status == OUTCOME_REJECTED) {
        out->accepted_ms = TIME_NONE;
        out->attempts = 0;
        if (below(3) == 0)
            out->instance_id = VIEW_NONE;
        add_error(out, ERROR_WORKER);
        return;
    }
    if (was_sent)
        out->dispatched_ms = moment();
    if (was_sent || may_be_sent || fails)
        add_call(out);
    if (fails || (out->status == OUTCOME_EXPIRED && maybe()))
        add_error(out, ERROR_API + (enum error_source)below(3));
    if (out->status == OUTCOME_SUCCEEDED)
        out->confirmed_by = maybe() ? CONFIRMED_STATE : CONFIRMED_ABSENCE;
    if (out->final && maybe())
        out->served_by = word(request_chars, 1, REQUEST_ID_DEFAULT_BYTES_MAX);
}

static struct outcome make(uint64_t i)
{
    struct outcome out = {
        .status = (enum outcome_status)(1 + i % (OUTCOME_STATUS_N - 1)),
        .dry_run = below(8) == 0,
        .attempts = (uint32_t)below(12),
        .revision = (int64_t)below(INT64_C(1) << 53),
        .requested_ms = moment(),
        .accepted_ms = moment(),
        .dispatched_ms = TIME_NONE,
        .finished_ms = TIME_NONE,
        .time_ms = moment(),
        .source = {(int32_t)below(1000), (int64_t)below(INT64_C(1) << 50), 0, 0},
    };
    text_n = 0;
    out.request_id = word(request_chars, 1, REQUEST_ID_DEFAULT_BYTES_MAX);
    out.instance_id = word(id_chars, 1, INSTANCE_ID_BYTES_MAX);
    out.worker = prose(60);
    if (maybe())
        out.region = word("abcxyz0189-", 1, REGION_BYTES_MAX);
    if (maybe())
        out.requested_by = prose(NOTE_CHARS_MAX);
    if (maybe())
        out.reason = prose(NOTE_CHARS_MAX);
    if (maybe())
        out.traceparent = word("0123456789abcdef-", 1, TRACEPARENT_BYTES_MAX);
    if (maybe())
        out.tracestate = word("abc=,019@ ", 1, TRACESTATE_BYTES_MAX);
    add_story(&out);
    return out;
}

static void print(const struct outcome_message *message)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < message->header_n; i++) {
        const struct kafka_header *header = &message->headers[i];
        json_t *pair =
            json_pack("[s%,s%]", header->name.p, header->name.n, header->value.p, header->value.n);
        CHECK(json_array_append_new(headers, pair) == 0);
    }
    (void)fputs("{\"headers\":", stdout);
    CHECK(json_dumpf(headers, stdout, JSON_COMPACT) == 0);
    (void)fputs(",\"value\":\"", stdout);
    for (size_t i = 0; i < message->value.n; i++)
        printf("%02x", (unsigned char)message->value.p[i]);
    (void)puts("\"}");
    json_decref(headers);
}

int main(int argc, char **argv)
{
    const struct outcome_context context = {.source = VIEW_LIT("/reboot-worker/reboot-workers"),
                                            .requests = VIEW_LIT("reboot.requests")};
    uint64_t n = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    struct outcome_message message;
    struct fault fault;
    outcome_message_init(&message);
    for (uint64_t i = 0; i < n; i++) {
        const struct outcome outcome = make(i);
        CHECK(outcome_write(&outcome, &context, &message, &fault) == ERR_OK);
        print(&message);
    }
    outcome_message_release(&message);
    return n == 0;
}
