/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of one seed: taken piece by piece, given back all at once.
 */
#ifndef TESTS_SIM_ARENA_H
#define TESTS_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena {
    char *memory;
    size_t used;
    size_t bytes_max;
};

/* Address space only; what is touched stays. */
void *memory_reserve(size_t bytes);

void arena_init(struct arena *arena, size_t bytes_max);
/* Zeroed, 16-byte aligned. A seed that needs more than there is has run wild: a broken check. */
void *arena_take(struct arena *arena, size_t bytes);
struct view arena_copy(struct arena *arena, struct view bytes);
struct view arena_print(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for one more item behind `n`: the array itself, or a copy of twice the size. */
void *arena_room(struct arena *arena, void *items, uint32_t n, size_t item_bytes);
/* Everything taken is void. */
void arena_reset(struct arena *arena);

#endif
