/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps from any bytes: what is accepted is printed as the same moment, unless it lies outside
 * the years that can be printed.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "wire/timestamp.h"

/* 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z. */
static const int64_t first_ms = INT64_C(-62167219200000);
static const int64_t last_ms = INT64_C(253402300799999);
/* An offset is at most 23:59. */
static const int64_t offset_ms_max = INT64_C(86340000);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t ms;
    if (timestamp_parse((struct view){(const char *)data, size}, &ms) != ERR_OK)
        return 0;
    CHECK(ms >= first_ms - offset_ms_max);
    CHECK(ms <= last_ms + 1000 + offset_ms_max);
    char text[TIMESTAMP_TEXT_MAX];
    timestamp_format(ms, text);
    int64_t again;
    CHECK(timestamp_parse(view_of(text), &again) == ERR_OK);
    if (ms >= first_ms && ms <= last_ms)
        CHECK(again == ms);
    return 0;
}
