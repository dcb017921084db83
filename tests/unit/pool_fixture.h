/* SPDX-License-Identifier: Apache-2.0
 *
 * A pool of its own for each test of the core. */
#ifndef TESTS_UNIT_POOL_FIXTURE_H
#define TESTS_UNIT_POOL_FIXTURE_H

#include <stdlib.h>

#include "base/check.h"
#include "base/pool.h"

enum { POOL_ALIGN = 4096 };

/* The memory to free at the end; bytes is a multiple of POOL_ALIGN. */
static inline void *pool_open(struct pool *pool, size_t bytes)
{
    void *memory = aligned_alloc(POOL_ALIGN, bytes);
    CHECK(memory != NULL);
    pool_init(pool, memory, bytes);
    return memory;
}

#endif
