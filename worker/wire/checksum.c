/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/checksum.h"

#include "base/crc32c.h"

enum err checksum_append(struct buf *out, size_t from)
{
    uint32_t sum = crc32c(0, out->p + from, out->n - from);
    uint8_t bytes[CHECKSUM_BYTES];
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        bytes[i] = (uint8_t)(sum >> (8 * i));
    return buf_append(out, bytes, sizeof bytes);
}

bool checksum_fits(struct view bytes)
{
    if (bytes.n < CHECKSUM_BYTES)
        return false;
    size_t n = bytes.n - CHECKSUM_BYTES;
    uint32_t sum = 0;
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        sum |= (uint32_t)(uint8_t)bytes.p[n + (size_t)i] << (8 * i);
    return crc32c(0, bytes.p, n) == sum;
}
