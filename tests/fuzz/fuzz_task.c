/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks from any bytes: as they are, and with the checksum made right so that the fields are
 * reached. What decodes has one form only: it encodes to the very same bytes. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "sealed.h"
#include "wire/task_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct view bytes)
{
    struct task task;
    struct buf out;
    struct fault fault;
    if (task_decode(bytes, &task, &fault) != ERR_OK)
        return;
    buf_init(&out, TASK_BYTES_MAX);
    CHECK(task_encode(&task, &out, &fault) == ERR_OK);
    CHECK(view_equals(buf_view(&out), bytes));
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sealed_decode((struct view){(const char *)data, size}, decode);
    return 0;
}
