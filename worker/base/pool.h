/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory with a ceiling: blocks of any size out of one range that is handed in at the start.
 *
 * Freed blocks are kept by size class (four classes between two powers of two, so at most a quarter
 * of a block is slack) and used again; nothing is ever given back. pool_take cannot fail for those
 * who asked pool_has first, which is how the core keeps its step total.
 */
#ifndef WORKER_BASE_POOL_H
#define WORKER_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

enum { POOL_CLASS_N = 120 };

struct pool {
    char *next; /* not yet handed out, up to end */
    char *end;
    void *free[POOL_CLASS_N];
    size_t used; /* bytes in blocks that are taken */
    size_t size;
};

/* memory is 16-byte aligned and lives as long as the pool. */
void pool_init(struct pool *pool, void *memory, size_t bytes);
/* Is there room for blocks of together at most this many bytes, each rounded up by a quarter? */
bool pool_has(const struct pool *pool, size_t bytes);
/* A block of at least n > 0 bytes, 16-byte aligned, content undefined; NULL: the pool is full. */
void *pool_take(struct pool *pool, size_t n);
/* As pool_take, zeroed; a full pool is a broken check: ask pool_has first. */
void *pool_need(struct pool *pool, size_t n);
/* n is the size it was taken with; NULL is ignored. */
void pool_give(struct pool *pool, void *block, size_t n);
/* Bytes that are in use or can no longer be told apart from it: for displays. */
size_t pool_used(const struct pool *pool);

#endif
