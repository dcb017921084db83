/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <string.h>

#include "base/check.h"

enum { POOL_ALIGN = 16, POOL_LINEAR_MAX = 256, HEAD_BYTES = 8, BLOCK_BYTES_MIN = 32 };

/* Before each block stands its size, with these in the low bits. */
enum { IS_FREE = 1, IS_BEHIND_FREE = 2, FLAGS = 15 };

/* A free one is in the list of its class, and its size stands at its end too: that is how the
 * block behind it finds its beginning. A block in use has nothing but its head, 8 bytes before an
 * address that is a multiple of 16. */
struct block {
    size_t head;
    struct block *next;
    struct block *prev;
};

/* ---- classes ---- */

/* The class of blocks that have at least `size` bytes: multiples of 16 up to 256, then four steps
 * to the next power of two. Its own size goes to *size_out. */
static unsigned class_above(size_t size, size_t *size_out)
{
    if (size <= POOL_LINEAR_MAX) {
        size_t units = (size + POOL_ALIGN - 1) / POOL_ALIGN;
        *size_out = units * POOL_ALIGN;
        return (unsigned)units - 1;
    }
    unsigned exponent = 63u - (unsigned)__builtin_clzll(size - 1); /* 2^exponent < size */
    size_t base = (size_t)1 << exponent;
    size_t step = base / 4;
    size_t steps = (size - base + step - 1) / step;
    *size_out = base + steps * step;
    unsigned class = POOL_LINEAR_MAX / POOL_ALIGN + (exponent - 8) * 4 + (unsigned)steps - 1;
    CHECK(class < POOL_CLASS_N);
    return class;
}

static unsigned class_of(size_t size)
{
    size_t class_size;
    unsigned class = class_above(size, &class_size);
    return class_size > size ? class - 1 : class;
}

static size_t class_bytes(unsigned class)
{
    unsigned linear = POOL_LINEAR_MAX / POOL_ALIGN;
    if (class < linear)
        return (size_t)(class + 1) * POOL_ALIGN;
    unsigned exponent = 8 + (class - linear) / 4;
    return ((size_t)1 << exponent) / 4 * (4 + (class - linear) % 4 + 1);
}

/* ---- blocks ---- */

static size_t size_of(const struct block *block)
{
    return block->head & ~(size_t)FLAGS;
}

static struct block *block_at(char *where)
{
    return (struct block *)(void *)where;
}

static void link_free(struct pool *pool, struct block *block, size_t size)
{
    unsigned class = class_of(size);
    struct block *first = pool->free[class];
    *block = (struct block){.head = size | IS_FREE, .next = first};
    memcpy((char *)block + size - sizeof size, &size, sizeof size);
    if (first != NULL)
        first->prev = block;
    pool->free[class] = block;
    pool->has[class / 64] |= (uint64_t)1 << class % 64;
}

static void unlink_free(struct pool *pool, const struct block *block)
{
    unsigned class = class_of(size_of(block));
    if (block->next != NULL)
        block->next->prev = block->prev;
    if (block->prev != NULL)
        block->prev->next = block->next;
    else
        pool->free[class] = block->next;
    if (pool->free[class] == NULL)
        pool->has[class / 64] &= ~((uint64_t)1 << class % 64);
}

/* A free block of this class or, failing that, of the next larger one that there is. */
static struct block *find_free(const struct pool *pool, unsigned class)
{
    for (unsigned word = class / 64; word < POOL_CLASS_N / 64; word++) {
        uint64_t has = pool->has[word];
        if (word == class / 64)
            has &= ~(uint64_t)0 << class % 64;
        if (has != 0)
            return pool->free[word * 64 + (unsigned)__builtin_ctzll(has)];
    }
    return NULL;
}

/* Takes the first `size` bytes of a free block; what is left stays free. */
static void cut(struct pool *pool, struct block *block, size_t size)
{
    size_t whole = size_of(block);
    unlink_free(pool, block);
    char *behind = (char *)block + whole;
    if (whole - size >= BLOCK_BYTES_MIN) {
        link_free(pool, block_at((char *)block + size), whole - size);
        whole = size;
    } else if (behind < pool->next) {
        block_at(behind)->head &= ~(size_t)IS_BEHIND_FREE;
    }
    block->head = whole;
}

/* ---- the pool ---- */

void pool_init(struct pool *pool, void *memory, size_t bytes)
{
    PRE(((uintptr_t)memory & (POOL_ALIGN - 1)) == 0 && bytes >= POOL_ALIGN);
    *pool = (struct pool){.next = (char *)memory + HEAD_BYTES,
                          .end = (char *)memory + bytes,
                          .size = bytes - HEAD_BYTES};
}

/* Of untouched memory each block takes what its class says, and its head: a third more at most. Of
 * a free block the rest is listed by the class below, so that a quarter is not seen besides. */
bool pool_has(const struct pool *pool, size_t bytes)
{
    if ((size_t)(pool->end - pool->next) / 4 * 3 >= bytes)
        return true;
    for (unsigned word = POOL_CLASS_N / 64; word-- > 0;)
        if (pool->has[word] != 0) {
            unsigned class = word * 64 + 63u - (unsigned)__builtin_clzll(pool->has[word]);
            return class_bytes(class) / 5 * 3 >= bytes;
        }
    return false;
}

void *pool_take(struct pool *pool, size_t n)
{
    PRE(n > 0);
    size_t size;
    size_t least = n + HEAD_BYTES < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : n + HEAD_BYTES;
    unsigned class = class_above(least, &size);
    struct block *block = find_free(pool, class);
    if (block != NULL) {
        cut(pool, block, size);
    } else {
        if ((size_t)(pool->end - pool->next) < size)
            return NULL;
        block = block_at(pool->next);
        block->head = size;
        pool->next += size;
    }
    pool->used += size_of(block);
    return (char *)block + HEAD_BYTES;
}

void *pool_need(struct pool *pool, size_t n)
{
    void *block = pool_take(pool, n);
    CHECK(block != NULL);
    return memset(block, 0, n);
}

void pool_give(struct pool *pool, void *given, size_t n)
{
    if (given == NULL)
        return;
    struct block *block = block_at((char *)given - HEAD_BYTES);
    size_t size = size_of(block);
    CHECK((block->head & IS_FREE) == 0 && size >= n + HEAD_BYTES);
    pool->used -= size;
    if (block->head & IS_BEHIND_FREE) {
        size_t before;
        memcpy(&before, (char *)block - sizeof before, sizeof before);
        block = block_at((char *)block - before);
        unlink_free(pool, block);
        size += before;
    }
    char *behind = (char *)block + size;
    if (behind < pool->next && (block_at(behind)->head & IS_FREE)) {
        unlink_free(pool, block_at(behind));
        size += size_of(block_at(behind));
        behind = (char *)block + size;
    }
    if (behind == pool->next) {
        pool->next = (char *)block;
        return;
    }
    link_free(pool, block, size);
    block_at(behind)->head |= IS_BEHIND_FREE;
}

size_t pool_used(const struct pool *pool)
{
    return pool->used;
}

size_t pool_free(const struct pool *pool)
{
    return pool->size - pool->used;
}
