/* SPDX-License-Identifier: Apache-2.0
 *
 * The Date header of an HTTP answer (RFC 9110 section 5.6.7, IMF-fixdate), in unix seconds. The two
 * obsolete forms are not read: a clock is not corrected by a guess.
 */
#ifndef WORKER_WIRE_HTTP_DATE_H
#define WORKER_WIRE_HTTP_DATE_H

#include <stdint.h>

#include "base/bytes.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the day's name is not compared. ERR_INVALID otherwise. */
MUST_USE enum err http_date_parse(struct view text, int64_t *unix_s_out);

#endif
