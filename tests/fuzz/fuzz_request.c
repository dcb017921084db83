/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the requests topic from any bytes (tests/schemas/record_file.h). Whatever comes, the
 * same answer comes each time: tasks within the limits of their codec, or a refusal that says why.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../schemas/record_file.h"
#include "base/check.h"
#include "base/utf8.h"
#include "wire/request.h"
#include "wire/task_codec.h"

enum { BYTES_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct request_reading reading;

static void check_task(uint32_t i, struct buf *bytes)
{
    struct task task;
    struct task again;
    struct fault fault;
    request_task(&reading, i, &task);
    buf_clear(bytes);
    CHECK(task_encode(&task, bytes, &fault) == ERR_OK);
    CHECK(task_decode(buf_view(bytes), &again, &fault) == ERR_OK);
    CHECK(again.source.index == (int32_t)i);
    CHECK(view_equals(again.request_id, task.request_id));
    CHECK(view_equals(again.instance_id, task.instance_id));
    CHECK(again.expires_ms == task.expires_ms);
    bool refused = task.type == TASK_REFUSED;
    CHECK(refused == (reading.refusal != REFUSAL_NONE));
    CHECK(refused || task.instance_id.n > 0);
    CHECK(refused == (task.error_code.n > 0) && refused == (task.error_message.n > 0));
    CHECK(utf8_is_valid(task.error_message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char first[REQUEST_CODE_BYTES_MAX];
    struct record_file file;
    struct buf bytes;
    record_file_read((struct view){(const char *)data, size}, &file);
    const struct request_record record = {
        .topic = VIEW_LIT("reboot.requests"),
        .partition = INT32_MAX,
        .offset = INT64_MAX,
        .timestamp_ms = INT64_C(1790000000000),
        .value = file.value,
        .headers = file.headers,
        .header_n = file.header_n,
        .bytes_max = BYTES_MAX,
    };
    request_read(&record, &reading);
    memcpy(first, reading.error_code, sizeof first);
    request_read(&record, &reading);
    CHECK(strcmp(first, reading.error_code) == 0);
    CHECK((file.value.n > BYTES_MAX) == (reading.refusal == REFUSAL_TOO_LARGE));
    buf_init(&bytes, TASK_BYTES_MAX);
    uint32_t n = request_task_n(&reading);
    CHECK(n >= 1 && n <= INSTANCES_PER_REQUEST_MAX);
    for (uint32_t i = 0; i < n; i++)
        check_task(i, &bytes);
    buf_release(&bytes);
    request_reading_release(&reading);
    return 0;
}
