/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32C (Castagnoli; RFC 3720 appendix B.4): finds every error of one or two bits and every burst
 * of up to 32 in our records. It is no protection against intent.
 */
#ifndef WORKER_BASE_CRC32C_H
#define WORKER_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of the bytes, continuing `crc` (0 to begin with). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
