/* SPDX-License-Identifier: Apache-2.0
 *
 * base/pool.h on malloc. Blocks are kept in a list, so that those of a dead engine can be freed. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* Stands before each block; 16 bytes or a multiple, so that blocks stay aligned. */
struct block {
    struct block *prev;
    struct block *next;
    size_t bytes;
    size_t unused;
};

static struct block *first_of(const struct pool *pool)
{
    return pool->free[0];
}

void pool_init(struct pool *pool, void *memory, size_t bytes)
{
    (void)memory;
    *pool = (struct pool){.size = bytes};
}

bool pool_has(const struct pool *pool, size_t bytes)
{
    return pool->used + bytes <= pool->size;
}

void *pool_take(struct pool *pool, size_t n)
{
    struct block *block = malloc(sizeof *block + n);
    CHECK(block != NULL);
    *block = (struct block){.next = first_of(pool), .bytes = n};
    if (block->next != NULL)
        block->next->prev = block;
    pool->free[0] = block;
    pool->used += n;
    return block + 1;
}

void *pool_need(struct pool *pool, size_t n)
{
    return memset(pool_take(pool, n), 0, n);
}

void pool_give(struct pool *pool, void *given, size_t n)
{
    if (given == NULL)
        return;
    struct block *block = (struct block *)given - 1;
    CHECK(block->bytes == n);
    if (block->prev != NULL)
        block->prev->next = block->next;
    else
        pool->free[0] = block->next;
    if (block->next != NULL)
        block->next->prev = block->prev;
    pool->used -= n;
    free(block);
}

size_t pool_used(const struct pool *pool)
{
    return pool->used;
}

size_t pool_free(const struct pool *pool)
{
    return pool->size - pool->used;
}

void memory_wipe(struct pool *pool, void *memory)
{
    (void)memory;
    for (struct block *block = first_of(pool), *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
}
