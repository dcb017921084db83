/* SPDX-License-Identifier: Apache-2.0
 *
 * The entries of one partition by instance ID: a chained hash table in the pool that doubles.
 */
#ifndef WORKER_CORE_TABLE_H
#define WORKER_CORE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/pool.h"
#include "core/entry.h"

struct table {
    struct pool *pool;
    struct entry **slots;
    uint64_t seed; /* hashes differ from process to process: IDs come from outside */
    uint32_t slot_n;
    uint32_t entry_n;
    uint16_t partition; /* written into its entries */
};

void table_init(struct table *table, struct pool *pool, uint64_t seed, uint16_t partition);
/* Frees the entries too. */
void table_release(struct table *table);
struct entry *table_find(const struct table *table, struct view id);
/* Finds or makes. */
struct entry *table_need(struct table *table, struct view id);
void table_remove(struct table *table, struct entry *entry);
/* Walks all entries in no order: start with NULL; entries must not be added or removed meanwhile.
 */
struct entry *table_next(const struct table *table, const struct entry *entry);

#endif
