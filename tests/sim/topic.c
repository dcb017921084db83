/* SPDX-License-Identifier: Apache-2.0
 *
 * Partitions of the log, and those who read them. A fetch is answered late, with what is there by
 * then; at the end it waits for the next record. */
#include "sim.h"

uint32_t topic_find(const struct topic *topic, int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = topic->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (topic->records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void plan_fetch(struct sim *sim, struct worker *worker, struct reader *reader, uint32_t what)
{
    reader->waiting = false;
    world_plan(
        sim, world_lag_us(sim, &sim->plan.fetch),
        (struct happening){
            .type = HAPPEN_FETCH, .who = worker->index, .what = what, .number = ++reader->fetch});
}

static uint32_t place_of(enum topic_kind kind, int32_t partition)
{
    return (uint32_t)kind * PARTITIONS_MAX + (uint32_t)partition;
}

void topic_store(struct sim *sim, uint32_t append_i)
{
    struct append *append = &sim->appends[append_i];
    struct topic *topic = &sim->topics[append->topic][append->partition];
    if (topic->n > 0 && !sim->calm && chance(sim, sim->plan.odds.gap))
        topic->next_offset += 1 + below(sim, 3);
    topic->records = arena_room(&sim->arena, topic->records, topic->n, sizeof *topic->records);
    struct stored *stored = &topic->records[topic->n++];
    *stored = (struct stored){
        .offset = topic->next_offset++,
        .log_ms = world_log_ms(sim, sim->brokers.leaders[append->topic][append->partition]),
        .bytes = append->bytes,
        .append = append_i};
    if (append->topic == TOPIC_LEDGER) {
        stored->format = (uint8_t)append->bytes.p[0];
        stored->bytes = format_plain(&sim->arena, append->bytes);
        judge_stored(sim, append->partition, stored);
    }
    for (int32_t i = 0; i < sim->plan.worker_n; i++) {
        struct worker *worker = &sim->workers[i];
        struct reader *reader = &worker->readers[append->topic][append->partition];
        if (reader->started && reader->waiting)
            plan_fetch(sim, worker, reader, place_of(append->topic, append->partition));
    }
}

void topic_plan_trim(struct sim *sim, enum topic_kind kind, int32_t partition, int64_t offset)
{
    world_plan(sim, world_lag_us(sim, &sim->plan.trim),
               (struct happening){.type = HAPPEN_TRIM,
                                  .what = place_of(kind, partition),
                                  .number = (uint64_t)offset});
}

void topic_trim(struct sim *sim, uint32_t place, int64_t offset)
{
    enum topic_kind kind = (enum topic_kind)(place / PARTITIONS_MAX);
    int32_t partition = (int32_t)(place % PARTITIONS_MAX);
    struct topic *topic = &sim->topics[kind][partition];
    uint32_t low = topic_find(topic, offset);
    if (low <= topic->low)
        return;
    topic->low = low;
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = partition,
                                  .what = kind == TOPIC_LEDGER ? "ledger is deleted before"
                                                               : "tasks are deleted before",
                                  .number = offset});
    if (kind == TOPIC_LEDGER)
        judge_trimmed(sim, partition);
}

void reader_start(struct sim *sim, struct worker *worker, enum topic_kind kind, int32_t partition,
                  int64_t offset)
{
    const struct topic *topic = &sim->topics[kind][partition];
    struct reader *reader = &worker->readers[kind][partition];
    uint32_t at = topic_find(topic, offset);
    if (offset == 0 && at < topic->low)
        at = topic->low;
    *reader = (struct reader){.started = true, .next = at, .fetched = at, .fetch = reader->fetch};
    if (kind == TOPIC_LEDGER)
        worker->known[partition] = (struct knowledge){.epoch = -1, .is_whole = at == 0};
    plan_fetch(sim, worker, reader, place_of(kind, partition));
}

void reader_stop(struct reader *reader)
{
    *reader = (struct reader){.fetch = reader->fetch};
}

bool reader_has(const struct reader *reader)
{
    return reader->started && (reader->gone || reader->next < reader->fetched || reader->at_end);
}

void reader_fetched(struct sim *sim, const struct happening *what)
{
    struct worker *worker = &sim->workers[what->who];
    enum topic_kind kind = what->what / PARTITIONS_MAX;
    int32_t partition = (int32_t)(what->what % PARTITIONS_MAX);
    const struct topic *topic = &sim->topics[kind][partition];
    struct reader *reader = &worker->readers[kind][partition];
    if (!reader->started || reader->gone || what->number != reader->fetch)
        return;
    reader->gone = reader->fetched < topic->low;
    if (!reader->gone) {
        uint32_t more = topic->n - reader->fetched;
        if (more > 1 && below(sim, 2) == 0)
            more = 1 + below(sim, more);
        reader->fetched += more;
        reader->at_end = reader->fetched == topic->n;
        if (reader->at_end)
            reader->waiting = true;
        else
            plan_fetch(sim, worker, reader, what->what);
    }
    worker_wake(sim, worker, sim->now_us);
}
