/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that end in their own checksum: as they came, and with one that is right, so that what
 * stands behind the check is reached. */
#ifndef TESTS_FUZZ_SEALED_H
#define TESTS_FUZZ_SEALED_H

#include "base/bytes.h"

/* Calls decode twice; the bytes are its to read while it runs. */
void sealed_decode(struct view bytes, void (*decode)(struct view bytes));

#endif
