/* SPDX-License-Identifier: Apache-2.0
 *
 * The instances: what state each was in when, and what a read shows of it. Reads may be a little
 * old; lists too, and their pages shift. Other people operate on instances as well. */
#include <stdlib.h>

#include "base/check.h"
#include "sim.h"

const struct spell *ecm_spell(const struct machine *machine, int64_t at_us)
{
    uint32_t n = machine->spell_n;
    uint32_t oldest = n > SPELLS_MAX ? n - SPELLS_MAX : 0;
    while (n > oldest + 1 && machine->spells[(n - 1) % SPELLS_MAX].from_us > at_us)
        n--;
    return &machine->spells[(n - 1) % SPELLS_MAX];
}

/* Will its state not change by itself any more? */
static bool is_settled(const struct machine *machine, int64_t at_us)
{
    const struct spell *last = &machine->spells[(machine->spell_n - 1) % SPELLS_MAX];
    return last->from_us <= at_us;
}

static void add_spell(struct machine *machine, struct spell spell)
{
    machine->spells[machine->spell_n++ % SPELLS_MAX] = spell;
}

static void note_operation(struct sim *sim, struct machine *machine, struct operation what)
{
    struct operation *operation = arena_take(&sim->arena, sizeof *operation);
    what.at_us = sim->now_us;
    what.next = machine->operations;
    *operation = what;
    machine->operations = operation;
}

struct machine *ecm_find(struct sim *sim, struct view id)
{
    unsigned long index = 0;
    CHECK(id.n == 12);
    for (size_t i = 4; i < id.n; i++)
        index = index * 16 + (unsigned long)(id.p[i] <= '9' ? id.p[i] - '0' : id.p[i] - 'a' + 10);
    CHECK(index < sim->plan.machine_n);
    return &sim->ecm.machines[index];
}

/* Some are not RUNNING at first: on their way to it, or for good. */
static void draw_first_state(struct sim *sim, struct machine *machine)
{
    static const enum instance_state others[] = {INSTANCE_STOPPED, INSTANCE_SHUTDOWN,
                                                 INSTANCE_PENDING, INSTANCE_OTHER};
    static const char *const operations[] = {NULL, "ResetInstancesPassword", "RebootInstances"};
    const char *operation = operations[below(sim, 3)];
    struct spell spell = {.from_us = INT64_MIN,
                          .state = INSTANCE_RUNNING,
                          .operation = operation,
                          .operation_state = operation == NULL ? NULL : "SUCCESS"};
    if (below(sim, 10) == 0)
        spell.state = others[below(sim, 4)];
    add_spell(machine, spell);
    if (spell.state != INSTANCE_PENDING && spell.state != INSTANCE_OTHER)
        return;
    spell.from_us = (int64_t)random_below(&sim->random, (uint64_t)sim->plan.calm_us);
    spell.state = INSTANCE_RUNNING;
    add_spell(machine, spell);
}

void ecm_open(struct sim *sim)
{
    struct ecm *ecm = &sim->ecm;
    *ecm = (struct ecm){.limit = sim->plan.api_limit};
    ecm->machines = arena_take(&sim->arena, sizeof *ecm->machines * sim->plan.machine_n);
    for (uint32_t i = 0; i < sim->plan.machine_n; i++) {
        struct machine *machine = &ecm->machines[i];
        machine->index = i;
        machine->id = arena_print(&sim->arena, "ein-%08x", i);
        machine->partition = (int32_t)below(sim, (uint32_t)sim->plan.partition_n);
        machine->missing = below(sim, 20) == 0;
        machine->denied = below(sim, 20) == 0;
        draw_first_state(sim, machine);
    }
}

void ecm_reboot(struct sim *sim, struct sent_call *call, struct machine *machine)
{
    const struct plan *plan = &sim->plan;
    int64_t lasts_us =
        plan->reboot_us[0] +
        (int64_t)random_below(&sim->random, (uint64_t)(plan->reboot_us[1] - plan->reboot_us[0]));
    if (chance(sim, plan->odds.is_long))
        lasts_us += plan->options.confirm_timeout_ms * 1000;
    bool down = chance(sim, plan->odds.stays_down);
    add_spell(machine, (struct spell){.from_us = sim->now_us,
                                      .state = INSTANCE_REBOOTING,
                                      .operation = "RebootInstances",
                                      .operation_state = "OPERATING"});
    add_spell(machine, (struct spell){.from_us = sim->now_us + lasts_us,
                                      .state = down ? INSTANCE_STOPPED : INSTANCE_RUNNING,
                                      .operation = "RebootInstances",
                                      .operation_state = down ? "FAILED" : "SUCCESS"});
    note_operation(sim, machine,
                   (struct operation){.until_us = sim->now_us + lasts_us,
                                      .is_reboot = true,
                                      .is_ours = call != NULL});
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = machine->partition,
                                  .what = "is rebooted",
                                  .text = machine->id,
                                  .call = call});
    if (call != NULL)
        judge_effect(sim, call, machine, sim->now_us + lasts_us);
}

/* Somebody else reboots it, or stops and starts it. */
void ecm_meddle(struct sim *sim)
{
    struct machine *machine = &sim->ecm.machines[below(sim, sim->plan.machine_n)];
    const struct spell *spell = ecm_spell(machine, sim->now_us);
    if (!is_settled(machine, sim->now_us) || machine->missing)
        return;
    if (spell->state == INSTANCE_RUNNING && below(sim, 2) == 0) {
        ecm_reboot(sim, NULL, machine);
        return;
    }
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = machine->partition,
                                  .what = "is stopped and started by somebody else",
                                  .text = machine->id});
    int64_t up_us = sim->now_us + 1000000 + below(sim, 5000000);
    note_operation(sim, machine, (struct operation){.until_us = up_us});
    add_spell(machine, (struct spell){.from_us = sim->now_us,
                                      .state = INSTANCE_STOPPED,
                                      .operation = "StopInstances",
                                      .operation_state = "SUCCESS"});
    add_spell(machine, (struct spell){.from_us = up_us,
                                      .state = INSTANCE_STARTING,
                                      .operation = "StartInstances",
                                      .operation_state = "OPERATING"});
    add_spell(machine, (struct spell){.from_us = up_us + 2000000,
                                      .state = INSTANCE_RUNNING,
                                      .operation = "StartInstances",
                                      .operation_state = "SUCCESS"});
}

void ecm_outage(struct sim *sim)
{
    struct ecm *ecm = &sim->ecm;
    bool was_away = ecm->unreachable || ecm->refusing;
    ecm->unreachable = !was_away && !sim->calm && below(sim, 2) == 0;
    ecm->refusing = !was_away && !sim->calm && !ecm->unreachable;
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = -1,
                                  .what = ecm->unreachable ? "the API is unreachable"
                                          : ecm->refusing  ? "the API refuses the credentials"
                                                           : "the API is back"});
    if (!sim->calm)
        world_plan(sim, 1000000 + below(sim, (uint32_t)sim->plan.outage_every_us),
                   (struct happening){.type = HAPPEN_OUTAGE});
}

/* ---- reads ---- */

/* As it was a little while ago, but never before what was shown of it already. */
static void show(struct sent_call *call, struct sighting *rows, struct machine *machine,
                 int64_t at_us)
{
    if (machine->shown_us < at_us)
        machine->shown_us = at_us;
    struct sighting *out = &rows[call->reply.sighting_n];
    call->as_of_us[call->reply.sighting_n++] = machine->shown_us;
    const struct spell *spell = ecm_spell(machine, machine->shown_us);
    *out = (struct sighting){.instance_id = machine->id, .state = spell->state};
    if (spell->operation != NULL)
        out->latest_operation = view_of(spell->operation);
    if (spell->operation_state != NULL)
        out->latest_operation_state = view_of(spell->operation_state);
}

static bool is_listed(const struct sent_call *call, enum instance_state state)
{
    for (uint32_t i = 0; i < call->state_n; i++)
        if (call->states[i] == state)
            return true;
    return false;
}

static void list(struct sim *sim, struct sent_call *call, int64_t at_us)
{
    struct sighting *rows = arena_take(&sim->arena, sizeof *rows * CALL_PAGE_MAX);
    call->as_of_us = arena_take(&sim->arena, sizeof *call->as_of_us * CALL_PAGE_MAX);
    for (uint32_t i = 0; i < sim->plan.machine_n; i++) {
        struct machine *machine = &sim->ecm.machines[i];
        if (machine->missing || !is_listed(call, ecm_spell(machine, at_us)->state))
            continue;
        int64_t place = call->reply.total_n++ - call->offset;
        if (place >= 0 && place < CALL_PAGE_MAX)
            show(call, rows, machine, at_us);
    }
    call->reply.sightings = rows;
}

void ecm_read(struct sim *sim, struct sent_call *call)
{
    int64_t at_us =
        sim->now_us - (int64_t)random_below(&sim->random, (uint64_t)sim->plan.stale_us + 1);
    if (call->machine_n == 0) {
        list(sim, call, at_us);
        return;
    }
    struct sighting *rows = arena_take(&sim->arena, sizeof *rows * call->machine_n);
    call->as_of_us = arena_take(&sim->arena, sizeof *call->as_of_us * call->machine_n);
    for (uint32_t i = 0; i < call->machine_n; i++)
        if (!call->machines[i]->missing)
            show(call, rows, call->machines[i], at_us);
    call->reply.sightings = rows;
    call->reply.total_n = call->reply.sighting_n;
}
