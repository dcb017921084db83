/* SPDX-License-Identifier: Apache-2.0
 *
 * The consumer group. It decides who tries, never who is: so it may be as wrong as it likes. A
 * partition goes to some living worker; it is told late, its former owner later still, and at times
 * two believe that they have it, or nobody does. */
#include "sim.h"

static void tell(struct sim *sim, struct worker *worker, int32_t partition, bool assigned)
{
    int64_t at_us = sim->now_us + world_lag_us(sim, &sim->plan.group);
    worker->group_us = at_us > worker->group_us ? at_us : worker->group_us + 1;
    world_plan(sim, worker->group_us - sim->now_us,
               (struct happening){.type = HAPPEN_GROUP,
                                  .who = worker->index,
                                  .what = (uint32_t)partition,
                                  .number = (uint64_t)worker->process << 1 | assigned});
}

static struct worker *pick_member(struct sim *sim)
{
    struct worker *members[WORKERS_MAX];
    uint32_t member_n = 0;
    for (int32_t i = 0; i < sim->plan.worker_n; i++)
        if (sim->workers[i].alive && !sim->workers[i].draining)
            members[member_n++] = &sim->workers[i];
    return member_n == 0 ? NULL : members[below(sim, member_n)];
}

void group_rebalance(struct sim *sim)
{
    for (int32_t p = 0; p < sim->plan.partition_n; p++) {
        struct worker *chosen = pick_member(sim);
        if (chosen == NULL)
            return;
        for (int32_t i = 0; i < sim->plan.worker_n; i++) {
            struct worker *worker = &sim->workers[i];
            bool overlaps = !sim->calm && chance(sim, sim->plan.odds.overlap);
            if (!worker->alive || overlaps)
                continue; /* it goes on believing what it was told last */
            tell(sim, worker, p, worker == chosen);
        }
    }
}

void group_told(struct sim *sim, const struct happening *what)
{
    struct worker *worker = &sim->workers[what->who];
    bool assigned = what->number & 1;
    if (!worker->alive || worker->process != what->number >> 1)
        return;
    worker_post(sim, worker,
                (struct letter){.type = assigned ? EV_ASSIGNED : EV_REVOKED,
                                .partition = (int32_t)what->what});
}
