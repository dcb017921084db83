/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/outcome_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "cli/consume.h"
#include "wire/timestamp.h"

enum {
    STATUS_WIDTH = 11, /* unconfirmed */
    INSTANCE_WIDTH = 12,
    REQUEST_WIDTH = 36, /* a UUID */
    WIDTH_MAX = 128,
    SECONDS_TEXT_N = 19, /* 2026-11-23T01:15:30 */
};

static struct view text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value)
               ? (struct view){json_string_value(value), json_string_length(value)}
               : VIEW_NONE;
}

static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms;
    if (timestamp_parse(message_header(message, "ce_time"), &ms) == ERR_OK)
        return ms;
    ms = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? TIME_NONE : ms;
}

enum err outcome_event_read(const rd_kafka_message_t *message, struct outcome_event *event,
                            struct fault *fault)
{
    struct view value = {message->payload, message->len};
    json_error_t why;
    json_t *root = json_loadb(value.n > 0 ? value.p : "", value.n, 0, &why);
    *event = (struct outcome_event){
        .root = root,
        .value = value,
        .request_id = text_of(root, "requestId"),
        .instance_id = text_of(root, "instanceId"),
        .status = text_of(root, "status"),
        .served_by = text_of(root, "servedBy"),
        .error_code = text_of(json_object_get(root, "error"), "code"),
        .error_message = text_of(json_object_get(root, "error"), "message"),
        .final = json_is_true(json_object_get(root, "final")),
        .dry_run = json_is_true(json_object_get(root, "dryRun")),
        .attempts = json_integer_value(json_object_get(root, "attempts")),
        .time_ms = time_of(message),
        .source_partition = -1,
    };
    if (event->request_id.n == 0 || event->status.n == 0) {
        outcome_event_release(event);
        return fault_set(fault, ERR_INVALID, "partition %d offset %lld is no outcome event",
                         message->partition, (long long)message->offset);
    }
    const json_t *source = json_object_get(root, "source");
    const json_t *partition = json_object_get(source, "partition");
    if (json_is_integer(partition)) {
        event->source_partition = (int32_t)json_integer_value(partition);
        event->source_offset = json_integer_value(json_object_get(source, "offset"));
    }
    return ERR_OK;
}

void outcome_event_release(struct outcome_event *event)
{
    json_decref(event->root);
    *event = (struct outcome_event){.root = NULL};
}

/* ---- showing ---- */

struct outcome_printer outcome_printer_init(bool json)
{
    return (struct outcome_printer){
        .json = json, .instance_width = INSTANCE_WIDTH, .request_width = REQUEST_WIDTH};
}

/* The value as it was published, unless that is several lines. */
static void print_value(const struct outcome_event *event)
{
    if (memchr(event->value.p, '\n', event->value.n) != NULL)
        (void)json_dumpf(event->root, stdout, JSON_COMPACT);
    else
        (void)fwrite(event->value.p, 1, event->value.n, stdout);
    (void)putchar('\n');
}

/* What could move a terminal's cursor is blanked: C0, DEL, and C1 (c2 80 to c2 9f). */
static void print_safely(struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_c1 = c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0;
        (void)putchar(is_c1 || c < 0x20 || c == 0x7f ? ' ' : c);
        i += is_c1;
    }
}

/* IDs are ASCII: bytes are columns. */
static void print_column(struct view text, int *width)
{
    int n = text.n < WIDTH_MAX ? (int)text.n : WIDTH_MAX;
    if (n > *width)
        *width = n;
    print_safely(text);
    (void)printf("%*s", *width > (int)text.n ? *width - (int)text.n + 1 : 1, "");
}

static void print_names(struct outcome_printer *printer)
{
    if (printer->began)
        return;
    printer->began = true;
    (void)printf("%-*s %-*s %-*s %-*s %s\n", SECONDS_TEXT_N + 1, "TIME", STATUS_WIDTH, "STATUS",
                 printer->instance_width, "INSTANCE", printer->request_width, "REQUEST", "DETAIL");
}

/* ", " between what is there. */
static void begin_detail(bool *any)
{
    if (*any)
        (void)fputs(", ", stdout);
    *any = true;
}

static void print_detail(const struct outcome_event *event)
{
    bool any = false;
    if (event->attempts > 1 || event->error_code.n > 0) {
        begin_detail(&any);
        (void)printf("%lld attempt%s", (long long)event->attempts, event->attempts == 1 ? "" : "s");
    }
    if (event->served_by.n > 0) {
        begin_detail(&any);
        (void)fputs("served by ", stdout);
        print_safely(event->served_by);
    }
    if (event->dry_run) {
        begin_detail(&any);
        (void)fputs("dry run", stdout);
    }
    if (event->error_code.n > 0) {
        begin_detail(&any);
        print_safely(event->error_code);
        (void)fputs(": ", stdout);
        print_safely(event->error_message);
    }
}

static void print_row(struct outcome_printer *printer, const struct outcome_event *event)
{
    char time[TIMESTAMP_TEXT_MAX] = "";
    print_names(printer);
    if (event->time_ms != TIME_NONE)
        timestamp_format(event->time_ms, time);
    int status_width = STATUS_WIDTH;
    (void)printf("%.*s%s ", SECONDS_TEXT_N, time, time[0] != '\0' ? "Z" : "");
    print_column(event->status, &status_width);
    print_column(event->instance_id.n > 0 ? event->instance_id : VIEW_LIT("-"),
                 &printer->instance_width);
    print_column(event->request_id, &printer->request_width);
    print_detail(event);
    (void)putchar('\n');
}

bool outcome_print(struct outcome_printer *printer, const struct outcome_event *event)
{
    if (printer->json)
        print_value(event);
    else
        print_row(printer, event);
    return fflush(stdout) == 0;
}
