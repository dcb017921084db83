/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sources.h"

#include <string.h>

static uint32_t place_of(const struct sources *sources, int32_t partition)
{
    uint32_t i = 0;
    while (i < sources->count && sources->at[i].partition != partition)
        i++;
    return i;
}

bool sources_have(const struct sources *sources, struct source source)
{
    uint32_t i = place_of(sources, source.partition);
    if (i == sources->count)
        return false;
    const struct source_position *have = &sources->at[i];
    if (source.generation != have->generation)
        return source.generation < have->generation;
    return source.offset < have->offset ||
           (source.offset == have->offset && source.index <= have->index);
}

static void grow(struct sources *sources, struct pool *pool)
{
    uint32_t cap = sources->cap == 0 ? 8 : sources->cap * 2;
    struct source_position *more = pool_need(pool, sizeof *more * cap);
    if (sources->count > 0)
        memcpy(more, sources->at, sizeof *more * sources->count);
    sources_release(sources, pool);
    sources->at = more;
    sources->cap = cap;
}

bool sources_take(struct sources *sources, struct pool *pool, struct source source)
{
    if (sources_have(sources, source))
        return false;
    uint32_t i = place_of(sources, source.partition);
    if (i == sources->cap)
        grow(sources, pool);
    if (i == sources->count)
        sources->count++;
    sources->at[i] = (struct source_position){.partition = source.partition,
                                              .generation = source.generation,
                                              .offset = source.offset,
                                              .index = source.index};
    return true;
}

void sources_release(struct sources *sources, struct pool *pool)
{
    pool_give(pool, sources->at, sizeof *sources->at * sources->cap);
}
