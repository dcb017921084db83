/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3339 timestamps to and from unix milliseconds. Pure: no clock, no locale, no time zone
 * database.
 */
#ifndef WORKER_WIRE_TIMESTAMP_H
#define WORKER_WIRE_TIMESTAMP_H

#include <stdint.h>

#include "base/bytes.h"

enum { TIMESTAMP_TEXT_MAX = 96 };

/* "2026-11-23T01:15:30.123Z"; years 0000 to 9999, others are clamped to the nearest. */
void timestamp_format(int64_t unix_ms, char out[TIMESTAMP_TEXT_MAX]);
/* RFC 3339 section 5.6 (date-time): `T`, `t` or a blank between the parts, any number of fraction
 * digits (cut to milliseconds), `Z` or an offset; a leap second, which only the last minute of a
 * UTC day can have, counts as the second after. ERR_INVALID for anything else. */
MUST_USE enum err timestamp_parse(struct view text, int64_t *unix_ms_out);

#endif
