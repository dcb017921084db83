/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of engines: the core's own pool, or, under AddressSanitizer, the same interface on
 * malloc (memory_checked.c), so that every block has an end and a life of its own.
 */
#ifndef TESTS_SIM_MEMORY_H
#define TESTS_SIM_MEMORY_H

#include "base/pool.h"

/* Everything taken from the pool is void, the pool itself included if it lies there; `memory`,
 * which was handed to pool_init, is zero again. */
void memory_wipe(struct pool *pool, void *memory);

#endif
