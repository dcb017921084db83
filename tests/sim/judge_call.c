/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls and their effects: intent first, at most one call for an intent, at most one reboot for a
 * request, and none within the window without a reason. */
#include "base/check.h"
#include "sim.h"

int judge_strength(enum reboot_kind kind)
{
    return kind == REBOOT_HARD ? 2 : kind == REBOOT_SOFT ? 0 : 1;
}

/* ---- calls ---- */

static void check_called(struct sim *sim, struct worker *worker, struct sent_call *call,
                         const struct machine *machine)
{
    int32_t p = machine->partition;
    struct intent *intent = judge_find_intent(sim, p, call->dispatch);
    const struct boarding *boarding = intent == NULL ? NULL : judge_find_boarding(intent, machine);
    if (boarding == NULL || !boarding->flew)
        judge_violated(sim, p, "worker %u calls %.*s without a valid intent", worker->index,
                       VIEW_FMT(machine->id));
    const struct append *append = &sim->appends[intent->append];
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][p];
    if (append->worker != worker->index || append->process != worker->process)
        judge_violated(sim, p, "worker %u calls %.*s for somebody else's intent", worker->index,
                       VIEW_FMT(machine->id));
    if (topic_find(topic, intent->offset) >= worker->readers[TOPIC_LEDGER][p].next)
        judge_violated(sim, p, "worker %u calls %.*s before it has read the intent back",
                       worker->index, VIEW_FMT(machine->id));
    if (!worker->known[p].own || worker->known[p].epoch != intent->epoch)
        judge_violated(sim, p, "worker %u calls %.*s, and knows that the partition is lost",
                       worker->index, VIEW_FMT(machine->id));
    if (!append->told)
        judge_violated(sim, p, "worker %u calls %.*s before its intent is acknowledged",
                       worker->index, VIEW_FMT(machine->id));
    int64_t age_us = worker->stepped_us - append->put_us;
    if (age_us > sim->plan.options.signature_life_ms * 1000 / 2 + 10000)
        judge_violated(sim, p, "worker %u calls %.*s with an intent that is %lld ms old",
                       worker->index, VIEW_FMT(machine->id), (long long)(age_us / 1000));
    if ((call->sign_s - world_api_s(sim)) * 1000 > sim->plan.options.settle_ms)
        judge_violated(sim, p, "worker %u calls %.*s with a signature for a time that is to come",
                       worker->index, VIEW_FMT(machine->id));
    if (intent->call != NULL && intent->call != call)
        judge_violated(sim, p, "worker %u calls %.*s a second time for one intent", worker->index,
                       VIEW_FMT(machine->id));
    if (intent->kind != call->kind)
        judge_violated(sim, p, "worker %u calls %.*s otherwise than intended", worker->index,
                       VIEW_FMT(machine->id));
    intent->call = call;
}

void judge_call(struct sim *sim, struct worker *worker, struct sent_call *call)
{
    if (sim->plan.options.dry_run)
        judge_violated(sim, -1, "worker %u calls in a dry run", worker->index);
    for (uint32_t i = 0; i < call->machine_n; i++)
        check_called(sim, worker, call, call->machines[i]);
}

/* ---- effects ---- */

/* The formula of coalescing, from what the upstream said. */
bool judge_serves(const struct sim *sim, const struct intent *intent, const struct ask *ask)
{
    const struct engine_options *options = &sim->plan.options;
    if (judge_strength(intent->kind) < judge_strength(ask->kind))
        return false;
    if (ask->not_before_ms != TIME_NONE && intent->log_ms < ask->not_before_ms)
        return false;
    if (ask->allow_repeat || options->dedup_window_ms == 0)
        return intent->offset > ask->applied;
    int64_t record_ms = ask->record_ms;
    if (record_ms > ask->task_ms)
        record_ms = ask->task_ms;
    if (record_ms < ask->task_ms - options->request_max_age_ms)
        record_ms = ask->task_ms - options->request_max_age_ms;
    int64_t r = ask->requested_ms == TIME_NONE ? record_ms : ask->requested_ms;
    if (r > ask->task_ms)
        r = ask->task_ms;
    if (r < record_ms - options->dedup_window_ms)
        r = record_ms - options->dedup_window_ms;
    return intent->log_ms > r - options->dedup_window_ms;
}

/* Was it decided before the moment that the call had its effect? Then that is known for ever. */
static bool is_known_done(const struct boarding *boarding, struct moment moment)
{
    return (boarding->sent >= 0 && boarding->sent < moment.offset) ||
           (boarding->went >= 0 && boarding->went < moment.offset);
}

/* Since the effect and before the moment, has somebody else operated on the instance? Whoever looks
 * then sees that operation, and nothing of the reboot. */
static bool is_meddled(const struct effect *effect, struct moment moment)
{
    const struct operation *operation = effect->machine->operations;
    for (; operation != NULL && operation->at_us > effect->at_us; operation = operation->next)
        if (!operation->is_ours && operation->at_us <= moment.at_us)
            return true;
    return false;
}

/* Denied, and its worker was told so? */
static bool is_denied(const struct effect *effect)
{
    return effect->call->is_refused && !effect->call->is_lost;
}

/* The policy `retry`: a call whose answer says nothing is made again, though not before it can have
 * no effect any more. */
static bool is_given_up(const struct sim *sim, const struct effect *effect, struct moment moment)
{
    const struct engine_options *options = &sim->plan.options;
    int64_t age_ms = moment.log_ms - effect->intent->log_ms + judge_clock_error_ms(sim);
    return options->ambiguity_retry && !is_denied(effect) &&
           age_ms >= options->signature_life_ms + options->settle_ms;
}

/* Has an owner that knew of the denial seen it rebooting? Should that owner be gone before it could
 * say so, the next one does not know; under the policy `retry` it may call again. */
static bool is_seen(const struct sim *sim, const struct boarding *boarding, struct moment moment)
{
    return boarding->seen_epoch == moment.epoch ||
           (boarding->seen_epoch >= 0 && !sim->plan.options.ambiguity_retry);
}

/* Where a reboot may be repeated, as long as nobody has decided that it was one: under the policy
 * `retry`; behind somebody else's operation; and when the API denied it, until an owner has seen
 * it. docs/guarantees.md says why. */
bool judge_is_excused(const struct sim *sim, const struct effect *effect, struct moment moment)
{
    const struct boarding *boarding = effect->boarding;
    if (is_known_done(boarding, moment))
        return false;
    if (is_given_up(sim, effect, moment) || is_meddled(effect, moment))
        return true;
    return is_denied(effect) && !is_seen(sim, boarding, moment);
}

static struct moment moment_of(const struct effect *effect)
{
    const struct intent *intent = effect->intent;
    return (struct moment){intent->epoch, intent->offset, intent->log_ms, intent->stored_us};
}

static void check_once(struct sim *sim, const struct effect *first, const struct effect *second)
{
    if (judge_is_excused(sim, first, moment_of(second)))
        return;
    for (uint32_t i = 0; i < second->boarding->rider_n; i++) {
        const struct rider *rider = &second->boarding->riders[i];
        for (uint32_t k = 0; k < first->boarding->rider_n; k++) {
            const struct rider *other = &first->boarding->riders[k];
            if (other->key == rider->key && other->accepted == rider->accepted)
                judge_violated(sim, second->machine->partition, "%.*s is rebooted twice for %.*s",
                               VIEW_FMT(second->machine->id), VIEW_FMT(rider->key->request_id));
        }
    }
}

static bool is_served(const struct sim *sim, const struct effect *before,
                      const struct effect *effect, const struct rider *rider)
{
    int64_t bad_end = before->boarding->bad_end;
    return judge_serves(sim, before->intent, rider->ask) &&
           (bad_end < 0 || rider->accepted <= bad_end) &&
           !judge_is_excused(sim, before, moment_of(effect));
}

/* Somebody aboard must have asked for more than any reboot before gave. */
static void check_reason(struct sim *sim, const struct effect *effect)
{
    for (uint32_t i = 0; i < effect->boarding->rider_n; i++) {
        const struct effect *serves = effect->next;
        while (serves != NULL && !is_served(sim, serves, effect, &effect->boarding->riders[i]))
            serves = serves->next;
        if (serves == NULL)
            return;
    }
    judge_violated(sim, effect->machine->partition, "%.*s is rebooted again without a reason",
                   VIEW_FMT(effect->machine->id));
}

void judge_effect(struct sim *sim, struct sent_call *call, struct machine *machine,
                  int64_t until_us)
{
    int32_t p = machine->partition;
    struct effect *effect = arena_take(&sim->arena, sizeof *effect);
    struct intent *intent = judge_find_intent(sim, p, call->dispatch);
    *effect = (struct effect){.machine = machine,
                              .call = call,
                              .intent = intent,
                              .boarding = judge_find_boarding(intent, machine),
                              .at_us = sim->now_us,
                              .until_us = until_us};
    if (effect->boarding->refused)
        judge_violated(sim, p, "%.*s is rebooted by a call that counts as without effect",
                       VIEW_FMT(machine->id));
    /* In the order of intents: a late effect may belong before others. */
    struct effect **link = &machine->effects;
    while (*link != NULL && (*link)->intent->offset > intent->offset)
        link = &(*link)->next;
    effect->next = *link;
    *link = effect;
    for (const struct effect *after = machine->effects; after != effect; after = after->next) {
        check_once(sim, effect, after);
        check_reason(sim, after);
    }
    for (const struct effect *before = effect->next; before != NULL; before = before->next)
        check_once(sim, before, effect);
    check_reason(sim, effect);
}
