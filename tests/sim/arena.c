/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/check.h"

enum { ARENA_ALIGN = 16, ARRAY_FIRST = 16 };

void *memory_reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

void arena_init(struct arena *arena, size_t bytes_max)
{
    *arena = (struct arena){.memory = memory_reserve(bytes_max), .bytes_max = bytes_max};
}

void *arena_take(struct arena *arena, size_t bytes)
{
    size_t size = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    CHECK(size <= arena->bytes_max - arena->used);
    void *piece = arena->memory + arena->used;
    arena->used += size;
    return memset(piece, 0, size);
}

struct view arena_copy(struct arena *arena, struct view bytes)
{
    if (bytes.n == 0)
        return VIEW_NONE;
    char *copy = arena_take(arena, bytes.n);
    memcpy(copy, bytes.p, bytes.n);
    return (struct view){copy, bytes.n};
}

struct view arena_print(struct arena *arena, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    CHECK(n >= 0 && (size_t)n < sizeof text);
    /* With its NUL, for printf. */
    struct view copy = arena_copy(arena, (struct view){text, (size_t)n + 1});
    return (struct view){copy.p, (size_t)n};
}

void *arena_room(struct arena *arena, void *items, uint32_t n, size_t item_bytes)
{
    bool is_full = items == NULL || (n >= ARRAY_FIRST && (n & (n - 1)) == 0);
    if (!is_full)
        return items;
    uint32_t cap = n < ARRAY_FIRST ? ARRAY_FIRST : 2 * n;
    void *more = arena_take(arena, cap * item_bytes);
    if (n > 0)
        memcpy(more, items, n * item_bytes);
    return more;
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
}
