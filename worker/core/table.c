/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include "base/check.h"

enum { TABLE_SLOTS_FIRST = 64 };

/* FNV-1a with a seed, finished with the mixer of MurmurHash3. */
static uint32_t hash_of(const struct table *table, struct view id)
{
    uint64_t h = 0xcbf29ce484222325u ^ table->seed;
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ (unsigned char)id.p[i]) * 0x100000001b3u;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    return (uint32_t)h;
}

void table_init(struct table *table, struct pool *pool, uint64_t seed, uint16_t partition)
{
    *table = (struct table){
        .pool = pool, .seed = seed, .slot_n = TABLE_SLOTS_FIRST, .partition = partition};
    table->slots = pool_need(pool, sizeof *table->slots * table->slot_n);
}

void table_release(struct table *table)
{
    for (uint32_t i = 0; i < table->slot_n; i++) {
        for (struct entry *entry = table->slots[i], *next; entry != NULL; entry = next) {
            next = entry->hash_next;
            entry_free(table->pool, entry);
        }
    }
    pool_give(table->pool, table->slots, sizeof *table->slots * table->slot_n);
    *table = (struct table){0};
}

struct entry *table_find(const struct table *table, struct view id)
{
    uint32_t hash = hash_of(table, id);
    struct entry *entry = table->slots[hash & (table->slot_n - 1)];
    while (entry != NULL && !(entry->hash == hash && view_equals(entry_id(entry), id)))
        entry = entry->hash_next;
    return entry;
}

static void grow(struct table *table)
{
    uint32_t slot_n = table->slot_n * 2;
    struct entry **slots = pool_need(table->pool, sizeof *slots * slot_n);
    for (uint32_t i = 0; i < table->slot_n; i++) {
        for (struct entry *entry = table->slots[i], *next; entry != NULL; entry = next) {
            next = entry->hash_next;
            entry->hash_next = slots[entry->hash & (slot_n - 1)];
            slots[entry->hash & (slot_n - 1)] = entry;
        }
    }
    pool_give(table->pool, table->slots, sizeof *table->slots * table->slot_n);
    table->slots = slots;
    table->slot_n = slot_n;
}

struct entry *table_need(struct table *table, struct view id)
{
    struct entry *entry = table_find(table, id);
    if (entry != NULL)
        return entry;
    if (table->entry_n >= table->slot_n)
        grow(table);
    entry = entry_make(table->pool, id, hash_of(table, id));
    entry->partition = table->partition;
    struct entry **slot = &table->slots[entry->hash & (table->slot_n - 1)];
    entry->hash_next = *slot;
    *slot = entry;
    table->entry_n++;
    return entry;
}

void table_remove(struct table *table, struct entry *entry)
{
    struct entry **link = &table->slots[entry->hash & (table->slot_n - 1)];
    while (*link != entry) {
        CHECK(*link != NULL);
        link = &(*link)->hash_next;
    }
    *link = entry->hash_next;
    table->entry_n--;
    entry_free(table->pool, entry);
}

struct entry *table_next(const struct table *table, const struct entry *entry)
{
    if (entry != NULL && entry->hash_next != NULL)
        return entry->hash_next;
    uint32_t i = entry == NULL ? 0 : (entry->hash & (table->slot_n - 1)) + 1;
    while (i < table->slot_n && table->slots[i] == NULL)
        i++;
    return i < table->slot_n ? table->slots[i] : NULL;
}
