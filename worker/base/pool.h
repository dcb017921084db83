/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory with a ceiling: blocks of any size out of one range that is handed in at the start.
 *
 * Sizes are rounded up to a class (four between two powers of two). What is given back is joined
 * with what is free beside it, and used again: for the same class, for smaller blocks, and for
 * larger ones when enough of it lies together. The rest of the range, which nobody has touched, is
 * used last. pool_take cannot fail for those who asked pool_has first, which is how the core keeps
 * its step total.
 */
#ifndef WORKER_BASE_POOL_H
#define WORKER_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_CLASS_N = 128 };

struct pool {
    char *next; /* from here to the end nothing is in use */
    char *end;
    void *free[POOL_CLASS_N];        /* by class: blocks as large as that, not as the next one */
    uint64_t has[POOL_CLASS_N / 64]; /* which of these lists are not empty, bit by bit */
    size_t used;                     /* bytes in blocks that are taken */
    size_t size;
};

/* memory is 16-byte aligned and lives as long as the pool. */
void pool_init(struct pool *pool, void *memory, size_t bytes);
/* Is there room for blocks of together at most this many bytes, whatever their sizes (of 64 bytes
 * at least)? Asked of what lies together: there may be more in smaller pieces. */
bool pool_has(const struct pool *pool, size_t bytes);
/* A block of at least n > 0 bytes, 16-byte aligned, content undefined; NULL: the pool is full. */
void *pool_take(struct pool *pool, size_t n);
/* As pool_take, zeroed; a full pool is a broken check: ask pool_has first. */
void *pool_need(struct pool *pool, size_t n);
/* n is the size it was taken with; NULL is ignored. */
void pool_give(struct pool *pool, void *given, size_t n);
/* Bytes in blocks, and bytes that are in none. */
size_t pool_used(const struct pool *pool);
size_t pool_free(const struct pool *pool);

#endif
