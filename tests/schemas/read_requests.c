/* SPDX-License-Identifier: Apache-2.0
 *
 * read_requests FILE...: what the worker makes of each record (record_file.h), as one JSON object a
 * line. The tasks go through their codec first, as they do on their way. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "record_file.h"
#include "wire/request.h"
#include "wire/task_codec.h"

enum { FILE_BYTES_MAX = 8 << 20 };

/* The same place for all of them; test_requests.py knows it. */
static const struct request_record place = {
    .topic = {"reboot.requests", 15},
    .partition = 3,
    .offset = 42,
    .timestamp_ms = INT64_C(1790000000000),
    .bytes_max = 1 << 20,
};

static struct request_reading reading;
static struct buf task_bytes;

static json_t *text_or_null(struct view text)
{
    return text.n == 0 ? json_null() : json_stringn(text.p, text.n);
}

static json_t *time_or_null(int64_t ms)
{
    return ms == TIME_NONE ? json_null() : json_integer(ms);
}

static void set(json_t *object, const char *name, json_t *take_value)
{
    CHECK(json_object_set_new(object, name, take_value) == 0);
}

static void coded_task(uint32_t i, struct task *out)
{
    struct fault fault;
    struct task task;
    request_task(&reading, i, &task);
    buf_clear(&task_bytes);
    CHECK(task_encode(&task, &task_bytes, &fault) == ERR_OK);
    CHECK(task_decode(buf_view(&task_bytes), out, &fault) == ERR_OK);
}

static json_t *ids(void)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < request_task_n(&reading); i++) {
        struct task task;
        coded_task(i, &task);
        CHECK(task.source.index == (int32_t)i);
        CHECK(json_array_append_new(list, text_or_null(task.instance_id)) == 0);
    }
    return list;
}

static json_t *describe(const char *path)
{
    static const char *const types[] = {
        [TASK_REBOOT] = "reboot", [TASK_CANCEL] = "cancel", [TASK_REFUSED] = "refused"};
    static const char *const kinds[] = {[REBOOT_SOFT] = "SOFT",
                                        [REBOOT_SOFT_FIRST] = "SOFT_FIRST",
                                        [REBOOT_HARD] = "HARD",
                                        [REBOOT_FORCE] = "force"};
    struct task task;
    json_t *said = json_object();
    coded_task(0, &task);
    set(said, "file", json_string(path));
    set(said, "type", json_string(types[task.type]));
    set(said, "code", text_or_null(task.error_code));
    set(said, "message", text_or_null(task.error_message));
    set(said, "requestId", text_or_null(task.request_id));
    set(said, "kind", json_string(kinds[task.kind]));
    set(said, "allowRepeat", json_boolean(task.allow_repeat));
    set(said, "region", text_or_null(task.region));
    set(said, "requestedBy", text_or_null(task.requested_by));
    set(said, "reason", text_or_null(task.reason));
    set(said, "recordAt", time_or_null(task.record_ms));
    set(said, "requestedAt", time_or_null(task.requested_ms));
    set(said, "notBefore", time_or_null(task.not_before_ms));
    set(said, "expiresAt", time_or_null(task.expires_ms));
    set(said, "traceparent", text_or_null(task.traceparent));
    set(said, "tracestate", text_or_null(task.tracestate));
    CHECK(task.source.partition == place.partition && task.source.offset == place.offset);
    return said;
}

static int read_file(const char *path, struct buf *bytes)
{
    FILE *file = fopen(path, "rb");
    buf_clear(bytes);
    if (file == NULL || buf_reserve(bytes, FILE_BYTES_MAX) != ERR_OK) {
        perror(path);
        return 1;
    }
    bytes->n = fread(bytes->p, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    struct buf bytes;
    buf_init(&bytes, FILE_BYTES_MAX);
    buf_init(&task_bytes, TASK_BYTES_MAX);
    request_reading_init(&reading);
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        struct record_file file;
        failed |= read_file(argv[i], &bytes);
        record_file_read(buf_view(&bytes), &file);
        struct request_record record = place;
        record.value = file.value;
        record.headers = file.headers;
        record.header_n = file.header_n;
        request_read(&record, &reading);
        json_t *said = describe(argv[i]);
        set(said, "instanceIds", ids());
        CHECK(json_dumpf(said, stdout, JSON_COMPACT) == 0);
        (void)putchar('\n');
        json_decref(said);
    }
    request_reading_release(&reading);
    buf_release(&task_bytes);
    buf_release(&bytes);
    return failed;
}
