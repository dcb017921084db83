/* SPDX-License-Identifier: Apache-2.0
 *
 * When faults have stopped everything comes to its end: every task applied, every request with its
 * final event, every event published, nothing open, no lag. */
#include "sim.h"

static bool is_missing(struct view *why, struct view what)
{
    *why = what;
    return false;
}

static bool is_ask_settled(struct sim *sim, const struct ask *ask, struct view *why)
{
    if (sim->judge.benches[upstream_partition(sim, ask)].is_foreign)
        return true;
    if (ask->applied < 0)
        return is_missing(why, arena_print(&sim->arena,
                                           "the task of %.*s (input %d, offset %lld) is "
                                           "not applied",
                                           VIEW_FMT(ask->request_id), ask->source.partition,
                                           (long long)ask->source.offset));
    if (ask->type == TASK_CANCEL || ask->is_rejected)
        return true;
    if (ask->type == TASK_REFUSED || ask->key->last_word < ask->applied || ask->key->final < 0)
        return is_missing(
            why, arena_print(&sim->arena,
                             "%.*s for %.*s (input %d, offset %lld) has no "
                             "final event",
                             VIEW_FMT(ask->request_id),
                             VIEW_FMT(ask->machine == NULL ? VIEW_LIT("nobody") : ask->machine->id),
                             ask->source.partition, (long long)ask->source.offset));
    return true;
}

/* What another pool has claimed is nobody's here: whoever was given it has said so. */
static bool is_left_alone(struct sim *sim, int32_t p, struct view *why)
{
    for (int32_t i = 0; i < sim->plan.worker_n; i++) {
        const struct worker *worker = &sim->workers[i];
        if (worker->alive && worker->assigned[p] && !worker->stopped[p])
            return is_missing(why, arena_print(&sim->arena,
                                               "worker %d has not stopped partition %d, which "
                                               "another pool has claimed",
                                               i, p));
    }
    return true;
}

static bool is_bench_settled(struct sim *sim, int32_t p, struct view *why)
{
    struct bench *bench = &sim->judge.benches[p];
    if (bench->is_foreign)
        return is_left_alone(sim, p, why);
    for (uint32_t i = bench->unpublished; i < bench->owed_n; i++)
        if (!bench->owed[i].published)
            return is_missing(why, arena_print(&sim->arena,
                                               "an event of partition %d, offset %lld, is "
                                               "not published",
                                               p, (long long)bench->owed[i].offset));
    if (bench->cursor < sim->topics[TOPIC_TASKS][p].n)
        return is_missing(why, arena_print(&sim->arena, "the cursor of partition %d stands at %lld",
                                           p, (long long)bench->reference.cursor));
    const uint64_t *phase_n = bench->reference.phase_n;
    if (phase_n[ENTRY_WAITING] + phase_n[ENTRY_DISPATCHING] + phase_n[ENTRY_UNKNOWN] +
            phase_n[ENTRY_REBOOTING] >
        0)
        return is_missing(why, arena_print(&sim->arena, "partition %d has open entries", p));
    return true;
}

static bool is_input_settled(struct sim *sim, const struct input *input, struct view *why)
{
    for (uint32_t r = 0; r < input->n; r++)
        for (uint32_t a = 0; a < input->records[r].ask_n; a++)
            if (!is_ask_settled(sim, &input->records[r].asks[a], why))
                return false;
    return true;
}

bool judge_is_settled(struct sim *sim, struct view *why)
{
    for (int32_t i = 0; i < sim->plan.input_n; i++)
        if (!is_input_settled(sim, &sim->upstream.inputs[i], why))
            return false;
    for (int32_t p = 0; p < sim->plan.partition_n; p++)
        if (!is_bench_settled(sim, p, why))
            return false;
    return true;
}
