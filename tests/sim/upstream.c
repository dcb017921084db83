/* SPDX-License-Identifier: Apache-2.0
 *
 * Upstreams publish requests about few instances, with ids used again, cancels that overtake their
 * requests, and times that are off. Intake makes tasks of them, as its shell does: an input
 * partition's tasks in order and without gaps, from the committed offset or any before it, several
 * lives at a time. */
#include "base/check.h"
#include "sim.h"
#include "wire/task_codec.h"

enum { IDS_AHEAD = 4 };

/* ---- requests ---- */

static struct key *need_key(struct sim *sim, struct machine *machine, struct view request_id)
{
    struct key *key = machine->keys;
    while (key != NULL && !view_equals(key->request_id, request_id))
        key = key->next;
    if (key != NULL)
        return key;
    key = arena_take(&sim->arena, sizeof *key);
    *key = (struct key){.next = machine->keys,
                        .machine = machine,
                        .request_id = request_id,
                        .accepted = -1,
                        .final = -1,
                        .revision = -1};
    machine->keys = key;
    return key;
}

static int64_t some_ms(struct sim *sim, int64_t bound_ms)
{
    return (int64_t)random_below(&sim->random, (uint64_t)bound_ms + 1);
}

/* The k-th id; ids are known before their requests, so that a cancel can overtake one. */
static struct view id_at(struct sim *sim, uint32_t k)
{
    struct upstream *up = &sim->upstream;
    while (up->id_n <= k) {
        up->ids = arena_room(&sim->arena, up->ids, up->id_n, sizeof *up->ids);
        up->ids[up->id_n] = arena_print(&sim->arena, "r%u", up->id_n);
        up->id_n++;
    }
    return up->ids[k];
}

static void draw_times(struct sim *sim, struct ask *ask)
{
    const struct odds *odds = &sim->plan.odds;
    const struct engine_options *options = &sim->plan.options;
    int64_t now_ms = world_log_ms(sim, 0);
    ask->record_ms = now_ms;
    ask->requested_ms = ask->not_before_ms = ask->expires_ms = TIME_NONE;
    if (chance(sim, odds->dated))
        ask->record_ms += some_ms(sim, 60000) - some_ms(sim, 2 * options->dedup_window_ms + 60000);
    if (chance(sim, odds->dated))
        ask->requested_ms =
            now_ms + some_ms(sim, 30000) - some_ms(sim, 2 * options->dedup_window_ms + 30000);
    if (chance(sim, odds->deferred))
        ask->not_before_ms = now_ms - 5000 + some_ms(sim, 25000);
    if (chance(sim, odds->expiring))
        ask->expires_ms = now_ms - 2000 + some_ms(sim, 30000);
    if (ask->not_before_ms != TIME_NONE && below(sim, 20) == 0)
        ask->not_before_ms += options->request_max_age_ms + 600000; /* too late for policy */
}

static struct ask draw_reboot(struct sim *sim)
{
    const struct odds *odds = &sim->plan.odds;
    struct upstream *up = &sim->upstream;
    struct ask ask = {.type = TASK_REBOOT, .applied = -1};
    draw_times(sim, &ask);
    ask.kind =
        chance(sim, odds->strong) ? (enum reboot_kind)below(sim, REBOOT_KIND_N) : REBOOT_SOFT;
    ask.allow_repeat = chance(sim, odds->allow_repeat);
    ask.region = below(sim, 4) == 0 ? VIEW_LIT("ap-hefei-ecm") : VIEW_NONE;
    if (up->request_n > 0 && chance(sim, odds->repeat_id)) {
        const struct ask *old = up->reboots[below(sim, up->reboot_n)];
        ask.request_id = old->request_id;
        ask.machine = old->machine;
        if (!chance(sim, odds->other_content)) {
            ask.kind = old->kind;
            ask.not_before_ms = old->not_before_ms;
            ask.region = old->region;
        }
    } else {
        ask.request_id = id_at(sim, up->request_n++);
    }
    return ask;
}

static struct ask draw_ask(struct sim *sim)
{
    const struct odds *odds = &sim->plan.odds;
    struct upstream *up = &sim->upstream;
    if (chance(sim, odds->cancel)) {
        struct ask ask = {.type = TASK_CANCEL, .applied = -1};
        draw_times(sim, &ask);
        ask.not_before_ms = ask.requested_ms = TIME_NONE;
        bool overtakes = up->reboot_n == 0 || below(sim, 3) == 0;
        const struct ask *old = overtakes ? NULL : up->reboots[below(sim, up->reboot_n)];
        ask.machine = overtakes ? NULL : old->machine;
        ask.request_id =
            overtakes ? id_at(sim, up->request_n + below(sim, IDS_AHEAD)) : old->request_id;
        return ask;
    }
    if (chance(sim, odds->refused)) {
        struct ask ask = {.type = TASK_REFUSED, .applied = -1};
        ask.record_ms = world_log_ms(sim, 0);
        ask.requested_ms = ask.not_before_ms = ask.expires_ms = TIME_NONE;
        ask.request_id = id_at(sim, below(sim, up->request_n + IDS_AHEAD));
        return ask;
    }
    return draw_reboot(sim);
}

static bool is_asked(const struct asked_record *record, const struct machine *machine)
{
    for (uint32_t i = 0; i < record->ask_n; i++)
        if (record->asks[i].machine == machine)
            return true;
    return false;
}

/* The same for a few instances. */
static void spread(struct sim *sim, struct asked_record *record, const struct ask *model)
{
    uint32_t wanted = 1 + below(sim, sim->plan.asks_max);
    struct machine *first = model->machine != NULL
                                ? model->machine
                                : &sim->ecm.machines[below(sim, sim->plan.machine_n)];
    for (uint32_t i = 0; i < wanted; i++) {
        struct machine *machine =
            i == 0 ? first : &sim->ecm.machines[below(sim, sim->plan.machine_n)];
        if (is_asked(record, machine))
            continue;
        struct ask *ask = &record->asks[record->ask_n];
        *ask = *model;
        ask->source = (struct source){record->input, record->offset, (int32_t)record->ask_n++, 0};
        ask->machine = machine;
        ask->key = need_key(sim, machine, ask->request_id);
    }
}

static void wake_intakes(struct sim *sim, int32_t input)
{
    for (uint32_t i = 0; i < sim->upstream.intake_n; i++) {
        struct intake *intake = sim->upstream.intakes[i];
        if (intake->input != input || !intake->waiting)
            continue;
        intake->waiting = false;
        world_plan(sim, world_lag_us(sim, &sim->plan.fetch),
                   (struct happening){.type = HAPPEN_INTAKE, .what = i});
    }
}

void upstream_request(struct sim *sim)
{
    struct upstream *up = &sim->upstream;
    int32_t at = (int32_t)below(sim, (uint32_t)sim->plan.input_n);
    struct input *input = &up->inputs[at];
    input->records = arena_room(&sim->arena, input->records, input->n, sizeof *input->records);
    struct asked_record *record = &input->records[input->n];
    *record = (struct asked_record){.input = at, .offset = input->n++};
    record->asks = arena_take(&sim->arena, sizeof *record->asks * sim->plan.asks_max);
    struct ask model = draw_ask(sim);
    if (model.type == TASK_REFUSED && below(sim, 2) == 0) {
        model.source = (struct source){at, record->offset, 0, 0};
        record->asks[record->ask_n++] = model;
    } else {
        spread(sim, record, &model);
    }
    if (model.type == TASK_REBOOT) {
        up->reboots = arena_room(&sim->arena, up->reboots, up->reboot_n, sizeof(struct ask *));
        up->reboots[up->reboot_n++] = &record->asks[0];
    }
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = -1,
                                  .what = model.type == TASK_CANCEL    ? "cancel is published:"
                                          : model.type == TASK_REFUSED ? "nonsense is published:"
                                                                       : "request is published:",
                                  .text = model.request_id,
                                  .number = record->offset});
    wake_intakes(sim, at);
    if (++up->record_n < sim->plan.request_n &&
        sim->now_us + 2 * sim->plan.request_every_us < sim->plan.calm_us)
        world_plan(sim, 1 + 2 * some_ms(sim, sim->plan.request_every_us / 1000) * 1000,
                   (struct happening){.type = HAPPEN_REQUEST});
}

int32_t upstream_partition(const struct sim *sim, const struct ask *ask)
{
    return ask->machine != NULL ? ask->machine->partition
                                : (int32_t)(ask->source.offset % sim->plan.partition_n);
}

struct ask *upstream_ask(struct sim *sim, struct source source)
{
    CHECK(source.partition >= 0 && source.partition < sim->plan.input_n);
    const struct input *input = &sim->upstream.inputs[source.partition];
    CHECK(source.offset >= 0 && source.offset < input->n);
    const struct asked_record *record = &input->records[source.offset];
    CHECK(source.index >= 0 && (uint32_t)source.index < record->ask_n);
    return &record->asks[source.index];
}

/* ---- intake ---- */

static void begin_life(struct sim *sim, int32_t input, uint32_t from)
{
    struct upstream *up = &sim->upstream;
    struct intake *intake = arena_take(&sim->arena, sizeof *intake);
    intake->input = input;
    intake->next = intake->done = from;
    intake->pending = arena_take(&sim->arena, sizeof *intake->pending * sim->plan.request_n);
    outlet_open(&intake->outlet, NOBODY);
    up->intakes = arena_room(&sim->arena, up->intakes, up->intake_n, sizeof(struct intake *));
    up->intakes[up->intake_n] = intake;
    trace_line(
        sim, (struct line){
                 .worker = NOBODY, .partition = -1, .what = "an intake begins at", .number = from});
    world_plan(sim, world_lag_us(sim, &sim->plan.fetch),
               (struct happening){.type = HAPPEN_INTAKE, .what = up->intake_n++});
}

static void write_tasks(struct sim *sim, struct intake *intake, uint32_t record_i)
{
    const struct asked_record *record = &sim->upstream.inputs[intake->input].records[record_i];
    for (uint32_t i = 0; i < record->ask_n; i++) {
        const struct ask *ask = &record->asks[i];
        struct task task = {
            .type = ask->type,
            .kind = ask->kind,
            .allow_repeat = ask->allow_repeat,
            .source = ask->source,
            .record_ms = ask->record_ms,
            .requested_ms = ask->requested_ms,
            .not_before_ms = ask->not_before_ms,
            .expires_ms = ask->expires_ms,
            .request_id = ask->request_id,
            .region = ask->region,
        };
        if (ask->machine != NULL)
            task.instance_id = ask->machine->id;
        if (ask->type == TASK_REFUSED) {
            task.error_code = VIEW_LIT("request.field.stopType");
            task.error_message = VIEW_LIT("stopType is none of SOFT, HARD, SOFT_FIRST");
        }
        struct fault fault;
        buf_clear(&sim->bytes);
        enum err err = task_encode(&task, &sim->bytes, &fault);
        CHECK(err == ERR_OK);
        intake->pending[record_i]++;
        append_put(sim, &intake->outlet,
                   (struct append){.topic = TOPIC_TASKS,
                                   .partition = upstream_partition(sim, ask),
                                   .ticket = record_i,
                                   .bytes = buf_view(&sim->bytes)});
    }
}

/* A new life takes over; the old one dies, or goes on for a while without knowing. */
static void hand_over(struct sim *sim, struct intake *intake)
{
    uint32_t committed = sim->upstream.inputs[intake->input].committed;
    uint32_t drawn = below(sim, 3);
    begin_life(sim, intake->input,
               drawn == 0   ? 0
               : drawn == 1 ? committed
                            : below(sim, committed + 1));
    if (below(sim, 2) == 0) {
        intake->is_over = true;
        outlet_break(sim, &intake->outlet, false);
        outlet_close(&intake->outlet);
    }
}

void upstream_intake(struct sim *sim, uint32_t index)
{
    struct intake *intake = sim->upstream.intakes[index];
    const struct input *input = &sim->upstream.inputs[intake->input];
    if (intake->is_over)
        return;
    if (intake->next == input->n) {
        intake->waiting = true;
        return;
    }
    write_tasks(sim, intake, intake->next++);
    if (!sim->calm && chance(sim, sim->plan.odds.redelivery))
        hand_over(sim, intake);
    world_plan(sim, 100 + below(sim, 2000),
               (struct happening){.type = HAPPEN_INTAKE, .what = index});
}

void intake_report(struct sim *sim, struct outlet *outlet, const struct append *append)
{
    struct intake *intake = (struct intake *)((char *)outlet - offsetof(struct intake, outlet));
    intake->pending[append->ticket]--;
    while (intake->done < intake->next && intake->pending[intake->done] == 0)
        intake->done++;
    struct input *input = &sim->upstream.inputs[intake->input];
    if (intake->done > input->committed)
        input->committed = intake->done;
}

void upstream_open(struct sim *sim)
{
    sim->upstream = (struct upstream){0};
    for (int32_t i = 0; i < sim->plan.input_n; i++)
        begin_life(sim, i, 0);
}
