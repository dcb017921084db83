/* SPDX-License-Identifier: Apache-2.0
 *
 * Records on their way. What producer.h promises holds: records of one producer to one partition
 * are stored in order, none behind one that failed, and a failure ends the producer's life with
 * everything outstanding reported as failed. Everything else is as bad as it may be: what was
 * reported as failed may be stored all the same, long after; a record may be stored twice; the
 * report may come before or after the record is read back. */
#include "base/check.h"
#include "sim.h"

static const struct lag again_lag = {.usual_us = 2000, .tail_in_1000 = 200, .tail_us = 3000000};
static const struct lag late_lag = {.usual_us = 100000, .tail_in_1000 = 200, .tail_us = 30000000};

void outlet_open(struct outlet *outlet, uint32_t worker)
{
    *outlet = (struct outlet){
        .worker = worker, .life = outlet->life + 1, .outstanding = outlet->outstanding};
}

static int64_t in_order_us(int64_t *last_us, int64_t at_us)
{
    *last_us = at_us > *last_us ? at_us : *last_us + 1;
    return *last_us;
}

uint32_t append_put(struct sim *sim, struct outlet *outlet, struct append what)
{
    uint32_t i = sim->append_n++;
    sim->appends = arena_room(&sim->arena, sim->appends, i, sizeof *sim->appends);
    what.bytes = arena_copy(&sim->arena, what.bytes);
    what.outlet = outlet;
    what.life = outlet->life;
    what.worker = outlet->worker;
    what.put_us = sim->now_us;
    sim->appends[i] = what;
    outlet->outstanding = arena_room(&sim->arena, outlet->outstanding, outlet->outstanding_n,
                                     sizeof *outlet->outstanding);
    outlet->outstanding[outlet->outstanding_n++] = i;
    const struct lag *lag = what.topic == TOPIC_RESULTS ? &sim->plan.publish : &sim->plan.append;
    int64_t at_us = in_order_us(&outlet->stored_us[what.topic][what.partition],
                                sim->now_us + world_lag_us(sim, lag));
    world_plan(sim, at_us - sim->now_us, (struct happening){.type = HAPPEN_STORE, .what = i});
    return i;
}

void append_strange(struct sim *sim, int32_t partition, struct view bytes)
{
    uint32_t i = sim->append_n++;
    sim->appends = arena_room(&sim->arena, sim->appends, i, sizeof *sim->appends);
    sim->appends[i] = (struct append){.topic = TOPIC_LEDGER,
                                      .partition = partition,
                                      .bytes = arena_copy(&sim->arena, bytes),
                                      .worker = NOBODY,
                                      .stored = true};
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = partition,
                                  .what = "a stranger appends",
                                  .record = sim->appends[i].bytes});
    topic_store(sim, i);
}

static void plan_report(struct sim *sim, uint32_t i)
{
    const struct append *append = &sim->appends[i];
    int64_t at_us = in_order_us(&append->outlet->report_us[append->topic][append->partition],
                                sim->now_us + world_lag_us(sim, &sim->plan.report));
    world_plan(sim, at_us - sim->now_us, (struct happening){.type = HAPPEN_REPORT, .what = i});
}

void append_arrives(struct sim *sim, uint32_t i, bool again)
{
    struct append *append = &sim->appends[i];
    if (append->lost)
        return;
    if (append->late_us > sim->now_us) {
        world_plan(sim, append->late_us - sim->now_us,
                   (struct happening){.type = HAPPEN_STORE, .what = i, .number = again});
        return;
    }
    append->stored = true;
    if (append->topic == TOPIC_RESULTS)
        judge_published(sim, append);
    else
        topic_store(sim, i);
    if (again)
        return;
    if (!sim->calm && chance(sim, sim->plan.odds.doubled))
        world_plan(sim, world_lag_us(sim, &again_lag),
                   (struct happening){.type = HAPPEN_STORE, .what = i, .number = true});
    if (!append->failed)
        plan_report(sim, i);
}

static void settle(struct outlet *outlet, uint32_t append)
{
    uint32_t i = 0;
    while (i < outlet->outstanding_n && outlet->outstanding[i] != append)
        i++;
    CHECK(i < outlet->outstanding_n);
    outlet->outstanding_n--;
    memmove(&outlet->outstanding[i], &outlet->outstanding[i + 1],
            sizeof *outlet->outstanding * (outlet->outstanding_n - i));
}

void append_report(struct sim *sim, uint32_t i)
{
    const struct append *append = &sim->appends[i];
    struct outlet *outlet = append->outlet;
    if (append->life != outlet->life)
        return;
    if (!append->failed)
        settle(outlet, i);
    if (append->worker == NOBODY) {
        intake_report(sim, outlet, append);
        return;
    }
    enum event_type type = append->failed                   ? EV_APPEND_FAILED
                           : append->topic == TOPIC_RESULTS ? EV_PUBLISHED
                                                            : EV_APPENDED;
    worker_post(
        sim, &sim->workers[append->worker],
        (struct letter){
            .type = type, .partition = append->partition, .ticket = append->ticket, .append = i});
}

/* To one partition: what is stored late, in order, and then nothing. Of the ledger, whose records
 * are numbered, one may be missing in between. */
static void cut(struct sim *sim, struct outlet *outlet, enum topic_kind topic, int32_t partition)
{
    bool ends = false;
    int64_t late_us = sim->now_us;
    for (uint32_t n = 0; n < outlet->outstanding_n; n++) {
        struct append *append = &sim->appends[outlet->outstanding[n]];
        if (append->topic != topic || append->partition != partition || append->stored)
            continue;
        bool is_missing = topic == TOPIC_LEDGER && below(sim, 8) == 0;
        ends = ends || (!is_missing && below(sim, 2) == 0);
        late_us += 1 + (below(sim, 2) == 0 ? world_lag_us(sim, &late_lag) : 0);
        append->lost = ends || is_missing;
        append->late_us = late_us;
    }
}

void outlet_break(struct sim *sim, struct outlet *outlet, bool reported)
{
    for (int topic = 0; topic < TOPIC_KINDS; topic++)
        for (int32_t p = 0; p < sim->plan.partition_n; p++)
            cut(sim, outlet, (enum topic_kind)topic, p);
    uint32_t kept_n = 0;
    for (uint32_t n = 0; n < outlet->outstanding_n; n++) {
        uint32_t i = outlet->outstanding[n];
        struct append *append = &sim->appends[i];
        if (append->stored) { /* acknowledged: its report is on its way */
            outlet->outstanding[kept_n++] = i;
            continue;
        }
        append->failed = true;
        if (reported)
            plan_report(sim, i);
    }
    outlet->outstanding_n = kept_n;
}

void outlet_close(struct outlet *outlet)
{
    outlet->life++;
    outlet->outstanding_n = 0;
}

int64_t outlet_quiet_us(const struct outlet *outlet)
{
    int64_t last_us = 0;
    for (int topic = 0; topic < TOPIC_KINDS; topic++)
        for (int32_t p = 0; p < PARTITIONS_MAX; p++)
            if (outlet->report_us[topic][p] > last_us)
                last_us = outlet->report_us[topic][p];
    return last_us;
}
