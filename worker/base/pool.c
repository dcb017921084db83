/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <stdint.h>
#include <string.h>

#include "base/check.h"

enum { POOL_ALIGN = 16, POOL_LINEAR_MAX = 256 };

/* Class and rounded size of a block: multiples of 16 up to 256, then four steps to the next power
 * of two. */
static size_t round_up(size_t n, unsigned *class_out)
{
    if (n <= POOL_LINEAR_MAX) {
        size_t units = (n + POOL_ALIGN - 1) / POOL_ALIGN;
        *class_out = (unsigned)units - 1;
        return units * POOL_ALIGN;
    }
    size_t base = POOL_LINEAR_MAX;
    unsigned class = POOL_LINEAR_MAX / POOL_ALIGN;
    while (base * 2 < n) {
        base *= 2;
        class += 4;
    }
    size_t step = base / 4;
    size_t steps = (n - base + step - 1) / step;
    *class_out = class + (unsigned)steps - 1;
    CHECK(*class_out < POOL_CLASS_N);
    return base + steps * step;
}

void pool_init(struct pool *pool, void *memory, size_t bytes)
{
    PRE(((uintptr_t)memory & (POOL_ALIGN - 1)) == 0);
    *pool = (struct pool){.next = memory, .end = (char *)memory + bytes, .size = bytes};
}

bool pool_has(const struct pool *pool, size_t bytes)
{
    return (size_t)(pool->end - pool->next) / 5 * 4 >= bytes;
}

void *pool_take(struct pool *pool, size_t n)
{
    PRE(n > 0);
    unsigned class;
    size_t size = round_up(n, &class);
    void *block = pool->free[class];
    if (block != NULL) {
        memcpy(&pool->free[class], block, sizeof(void *));
    } else {
        if ((size_t)(pool->end - pool->next) < size)
            return NULL;
        block = pool->next;
        pool->next += size;
    }
    pool->used += size;
    return block;
}

void *pool_need(struct pool *pool, size_t n)
{
    void *block = pool_take(pool, n);
    CHECK(block != NULL);
    return memset(block, 0, n);
}

void pool_give(struct pool *pool, void *block, size_t n)
{
    if (block == NULL)
        return;
    unsigned class;
    size_t size = round_up(n, &class);
    memcpy(block, &pool->free[class], sizeof(void *));
    pool->free[class] = block;
    pool->used -= size;
}

size_t pool_used(const struct pool *pool)
{
    return pool->used;
}
