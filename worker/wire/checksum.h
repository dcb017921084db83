/* SPDX-License-Identifier: Apache-2.0
 *
 * The last four bytes of everything the pool writes for itself: CRC-32C, little-endian, over all
 * before it.
 */
#ifndef WORKER_WIRE_CHECKSUM_H
#define WORKER_WIRE_CHECKSUM_H

#include <stdbool.h>

#include "base/bytes.h"

enum { CHECKSUM_BYTES = 4 };

/* Appends that of out's bytes from `from` on. ERR_LIMIT as buf_append. */
MUST_USE enum err checksum_append(struct buf *out, size_t from);
/* Does it fit? False for fewer bytes than it has itself. */
bool checksum_fits(struct view bytes);

#endif
