/* SPDX-License-Identifier: Apache-2.0
 *
 * Ledger records from any bytes: as they are, and with the checksum made right so that the fields
 * are reached. What decodes must be shown, and must encode to something that decodes again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crc32c.h"
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
    decode((struct view){(const char *)data, size});
    char *sealed = malloc(size + 4);
    if (sealed == NULL)
        return 0;
    if (size > 0)
        memcpy(sealed, data, size);
    uint32_t sum = crc32c(0, sealed, size);
    for (size_t i = 0; i < 4; i++)
        sealed[size + i] = (char)(uint8_t)(sum >> 8 * i);
    decode((struct view){sealed, size + 4});
    free(sealed);
    return 0;
}
