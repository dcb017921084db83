/* SPDX-License-Identifier: Apache-2.0 */
#include "sealed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

void sealed_decode(struct view bytes, void (*decode)(struct view bytes))
{
    decode(bytes);
    char *sealed = malloc(bytes.n + 4);
    if (sealed == NULL)
        return;
    if (bytes.n > 0)
        memcpy(sealed, bytes.p, bytes.n);
    uint32_t sum = crc32c(0, sealed, bytes.n);
    for (size_t i = 0; i < 4; i++)
        sealed[bytes.n + i] = (char)(uint8_t)(sum >> 8 * i);
    decode((struct view){sealed, bytes.n + 4});
    free(sealed);
}
