/* SPDX-License-Identifier: Apache-2.0
 *
 * Ledger records from any bytes: as they are, and with the checksum made right so that the fields
 * are reached. What decodes must be shown, and must encode to something that decodes again. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "sealed.h"
#include "wire/record_codec.h"
#include "wire/record_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_scratch scratch;
static struct record_scratch again;

static void show(const struct record *record)
{
    struct buf out;
    const struct record_line line = {.record = record};
    buf_init(&out, 64 * 1024 * 1024);
    CHECK(record_text_write(&line, &out) == ERR_OK);
    CHECK(record_json_write(&line, &out) == ERR_OK);
    buf_release(&out);
}

static void decode(struct view bytes)
{
    struct record record;
    struct record second;
    struct buf out;
    struct fault fault;
    if (record_decode(bytes, &scratch, &record, &fault) != ERR_OK)
        return;
    show(&record);
    buf_init(&out, RECORD_BYTES_MAX);
    CHECK(record_encode(&record, &out, &fault) == ERR_OK);
    CHECK(record_decode(buf_view(&out), &again, &second, &fault) == ERR_OK);
    CHECK(second.kind == record.kind);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sealed_decode((struct view){(const char *)data, size}, decode);
    return 0;
}
