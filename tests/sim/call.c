/* SPDX-License-Identifier: Apache-2.0
 *
 * A call on its way, at the API, and its answer on the way back. A call that was given up by its
 * worker, or whose worker died, may still arrive; what the API lets in by its signature may have
 * its effect after the answer. */
#include "base/check.h"
#include "sim.h"

void call_send(struct sim *sim, struct worker *worker, const struct call *call)
{
    struct sent_call *sent = arena_take(&sim->arena, sizeof *sent);
    sim->calls = arena_room(&sim->arena, sim->calls, sim->call_n, sizeof(struct sent_call *));
    sent->index = sim->call_n++;
    sim->calls[sent->index] = sent;
    sent->worker = worker->index;
    sent->process = worker->process;
    sent->engine_id = call->id;
    sent->action = call->action;
    sent->kind = call->kind;
    sent->dispatch = call->dispatch;
    sent->sign_s = call->sign_s;
    sent->offset = call->offset;
    sent->sent_us = sim->now_us;
    sent->machine_n = call->instance_n;
    sent->machines = arena_take(&sim->arena, sizeof(struct machine *) * (call->instance_n + 1));
    for (uint32_t i = 0; i < call->instance_n; i++)
        sent->machines[i] = ecm_find(sim, call->instance_ids[i]);
    for (uint32_t i = 0; i < call->state_n; i++)
        sent->states[sent->state_n++] = call->states[i];
    if (call->action == CALL_REBOOT)
        judge_call(sim, worker, sent);
    trace_line(sim, (struct line){
                        .worker = worker->index, .partition = -1, .what = "calls", .call = sent});
    const struct odds *odds = &sim->plan.odds;
    if (sim->ecm.unreachable || (!sim->calm && chance(sim, odds->not_sent))) {
        sent->reply = (struct answer){.kind = ANSWER_NOT_SENT,
                                      .code = VIEW_LIT("network.not_sent"),
                                      .message = VIEW_LIT("connection refused"),
                                      .date_s = TIME_NONE};
        world_plan(sim, world_lag_us(sim, &sim->plan.back),
                   (struct happening){.type = HAPPEN_ANSWER, .what = sent->index});
    } else if (sim->calm || !chance(sim, odds->lost_there)) {
        world_plan(sim, world_lag_us(sim, &sim->plan.there),
                   (struct happening){.type = HAPPEN_ARRIVE, .what = sent->index});
    }
    world_plan(sim, call->timeout_ms * 1000,
               (struct happening){.type = HAPPEN_TIMEOUT, .what = sent->index});
}

void call_process_died(struct sim *sim, const struct worker *worker)
{
    /* Its last calls: what the kernel had taken over may arrive. */
    for (uint32_t n = sim->call_n, recent = 32; n > 0 && recent > 0; n--, recent--) {
        struct sent_call *call = sim->calls[n - 1];
        if (call->worker == worker->index && call->process == worker->process)
            call->is_cut = below(sim, 2) == 0;
    }
}

/* ---- at the API ---- */

static void refuse(struct sent_call *call, const char *code, const char *message)
{
    call->reply.code = view_of(code);
    call->reply.message = view_of(message);
    call->is_refused = true;
}

/* Unreadable, or an error of the API's own: nobody knows whether there is an effect. */
static void be_unclear(struct sim *sim, struct sent_call *call)
{
    call->is_unclear = true;
    if (below(sim, 2) == 0) {
        call->reply.kind = ANSWER_UNREADABLE;
        call->reply.code = VIEW_LIT("network.unreadable");
        call->reply.message = VIEW_LIT("502 Bad Gateway");
    } else {
        call->reply.code = below(sim, 2) == 0
                               ? VIEW_LIT("InternalError")
                               : VIEW_LIT("FailedOperation.InternalOperationFailure");
        call->reply.message = VIEW_LIT("an internal error occurred");
    }
}

static bool passes_gateway(struct sim *sim, struct sent_call *call)
{
    struct ecm *ecm = &sim->ecm;
    int64_t now_s = sim->now_us / 1000000;
    if (ecm->counted_s[call->action] != now_s) {
        ecm->counted_s[call->action] = now_s;
        ecm->counted[call->action] = 0;
    }
    if (call->action == CALL_REBOOT) {
        ecm->arrivals =
            arena_room(&sim->arena, ecm->arrivals, ecm->arrival_n, sizeof *ecm->arrivals);
        ecm->arrivals[ecm->arrival_n++] = sim->now_us;
    }
    bool others = !sim->calm && chance(sim, sim->plan.odds.throttle);
    if (others || ecm->counted[call->action] >= ecm->limit) {
        ecm->throttled_n += !others && call->action == CALL_REBOOT;
        refuse(call, "RequestLimitExceeded", "over the limit of calls per second");
        return false;
    }
    ecm->counted[call->action]++;
    int64_t age_ms = (world_api_s(sim) - call->sign_s) * 1000;
    int64_t life_ms = sim->plan.options.signature_life_ms;
    if (age_ms > life_ms || age_ms < -life_ms) {
        refuse(call, "AuthFailure.SignatureExpire", "the signature has expired");
        return false;
    }
    if (ecm->refusing) {
        refuse(call, "AuthFailure.SecretIdNotFound", "the SecretId is not found");
        return false;
    }
    return true;
}

/* Why the API will not reboot it, NULL: it will. */
static const char *obstacle(struct sim *sim, const struct machine *machine)
{
    if (machine->missing)
        return "ResourceNotFound.InstanceNotExist";
    if (machine->denied)
        return "UnauthorizedOperation.ForbiddenOperation";
    const struct spell *spell = ecm_spell(machine, sim->now_us);
    bool operating = spell->operation_state != NULL && spell->operation_state[0] == 'O';
    if (operating || (!sim->calm && chance(sim, sim->plan.odds.busy)))
        return "OperationDenied.InstanceOperationInProgress";
    if (spell->state != INSTANCE_RUNNING)
        return "ResourceUnavailable.InstanceNotRunning";
    return NULL;
}

static void effect_soon(struct sim *sim, const struct sent_call *call, uint32_t i)
{
    int64_t in_us = (int64_t)random_below(&sim->random, (uint64_t)sim->plan.backend_us + 1);
    world_plan(sim, in_us,
               (struct happening){.type = HAPPEN_EFFECT, .what = call->index, .number = i});
}

static void name_offenders(struct sim *sim, struct sent_call *call, const char *const *obstacles,
                           const char *code)
{
    bool all = below(sim, 2) == 0;
    struct view text = VIEW_LIT("the operation was refused:");
    for (uint32_t i = 0; i < call->machine_n; i++) {
        if (obstacles[i] != code || (call->reply.message.n > 0 && !all))
            continue;
        text =
            arena_print(&sim->arena, "%.*s %.*s", VIEW_FMT(text), VIEW_FMT(call->machines[i]->id));
        call->reply.message = text;
    }
}

static void reboot(struct sim *sim, struct sent_call *call)
{
    const struct odds *odds = &sim->plan.odds;
    if (call->machine_n > sim->plan.batch_limit) {
        refuse(call, "InvalidParameterValue.ParameterValueTooLarge", "too many instances");
        return;
    }
    if (!sim->calm && chance(sim, odds->unknown_before)) {
        be_unclear(sim, call);
        return;
    }
    const char *obstacles[CALL_REBOOT_INSTANCES_MAX];
    const char *first = NULL;
    for (uint32_t i = 0; i < call->machine_n; i++) {
        obstacles[i] = obstacle(sim, call->machines[i]);
        first = first == NULL ? obstacles[i] : first;
    }
    bool partial = first != NULL && chance(sim, odds->partial);
    if (first != NULL) {
        refuse(call, first, "");
        if (sim->plan.names)
            name_offenders(sim, call, obstacles, first);
    }
    bool later = !sim->calm && first == NULL && chance(sim, odds->unknown_later);
    if (later || (!sim->calm && first == NULL && chance(sim, odds->unknown_after)))
        be_unclear(sim, call);
    for (uint32_t i = 0; i < call->machine_n; i++) {
        if (first != NULL && (!partial || obstacles[i] != NULL))
            continue;
        if (later)
            effect_soon(sim, call, i);
        else
            ecm_reboot(sim, call, call->machines[i]);
    }
}

static void read_denied(struct sim *sim, struct sent_call *call)
{
    struct denial *rows = arena_take(&sim->arena, sizeof *rows * (call->machine_n + 1));
    for (uint32_t i = 0; i < call->machine_n; i++)
        if (call->machines[i]->denied)
            rows[call->reply.denial_n++] =
                (struct denial){.instance_id = call->machines[i]->id,
                                .code = VIEW_LIT("UnauthorizedOperation.ForbiddenOperation")};
    call->reply.denials = rows;
}

void call_arrives(struct sim *sim, uint32_t index)
{
    struct sent_call *call = sim->calls[index];
    if (call->is_cut)
        return;
    call->reply = (struct answer){.kind = ANSWER_API,
                                  .api_request_id = arena_print(&sim->arena, "api-%u", index),
                                  .date_s = world_api_s(sim)};
    if (chance(sim, sim->plan.odds.no_date))
        call->reply.date_s = TIME_NONE;
    if (passes_gateway(sim, call)) {
        switch (call->action) {
        case CALL_REBOOT:
            reboot(sim, call);
            break;
        case CALL_DESCRIBE:
            ecm_read(sim, call);
            break;
        case CALL_DENIED:
            read_denied(sim, call);
            break;
        }
    }
    trace_line(sim, (struct line){.worker = call->worker,
                                  .partition = -1,
                                  .what = "is answered by the API",
                                  .call = call,
                                  .text = call->reply.code});
    if (sim->calm || !chance(sim, sim->plan.odds.lost_back))
        world_plan(sim, world_lag_us(sim, &sim->plan.back),
                   (struct happening){.type = HAPPEN_ANSWER, .what = index});
}

void call_effect(struct sim *sim, uint32_t index, uint32_t machine)
{
    struct sent_call *call = sim->calls[index];
    if (ecm_spell(call->machines[machine], sim->now_us)->state == INSTANCE_RUNNING)
        ecm_reboot(sim, call, call->machines[machine]);
}

/* ---- back at the worker ---- */

void call_answered(struct sim *sim, uint32_t index, bool in_time)
{
    struct sent_call *call = sim->calls[index];
    struct worker *worker = &sim->workers[call->worker];
    if (call->is_over)
        return;
    call->is_over = true;
    call->answer = call->reply;
    if (!in_time) {
        call->is_lost = true;
        call->answer = (struct answer){.kind = ANSWER_LOST,
                                       .code = VIEW_LIT("network.timeout"),
                                       .message = VIEW_LIT("no answer in time"),
                                       .date_s = TIME_NONE};
    }
    if (worker->alive && worker->process == call->process)
        worker_post(
            sim, worker,
            (struct letter){
                .type = EV_ANSWER, .partition = -1, .ticket = call->engine_id, .call = call});
    else
        call->is_lost = true;
}
