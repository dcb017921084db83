/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "memory.h"

void memory_wipe(struct pool *pool, void *memory)
{
    memset(memory, 0, (size_t)(pool->next - (char *)memory));
}
