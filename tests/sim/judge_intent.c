/* SPDX-License-Identifier: Apache-2.0
 *
 * Intents, and what is decided of them: only what was asked is intended, only what the API said or
 * what was seen is decided, and who has learnt that a call was made looks for no evidence. */
#include "sim.h"

/* ---- intents ---- */

struct intent *judge_find_intent(const struct sim *sim, int32_t partition,
                                 struct dispatch_id dispatch)
{
    const struct judge *judge = &sim->judge;
    for (uint32_t n = judge->intent_n; n > 0; n--) {
        struct intent *intent = judge->intents[n - 1];
        if (intent->partition == partition && dispatch_id_equals(intent->dispatch, dispatch))
            return intent;
    }
    return NULL;
}

struct boarding *judge_find_boarding(const struct intent *intent, const struct machine *machine)
{
    for (uint32_t i = 0; i < intent->boarded_n; i++)
        if (intent->boarded[i].machine == machine)
            return &intent->boarded[i];
    return NULL;
}

static struct effect *find_effect(const struct machine *machine, const struct intent *intent)
{
    struct effect *effect = machine->effects;
    while (effect != NULL && effect->intent != intent)
        effect = effect->next;
    return effect;
}

/* How the owner was shown it last before the intent: what it may take for the state before. */
static int64_t baseline_us(const struct sim *sim, const struct intent *intent,
                           const struct machine *machine)
{
    const struct append *append = &sim->appends[intent->append];
    const struct shown *shown = &machine->shown[append->worker];
    return shown->process == append->process && shown->epoch == intent->epoch ? shown->as_of_us
                                                                              : INT64_MAX;
}

static void board(struct sim *sim, const struct intent *intent, struct boarding *boarding)
{
    boarding->sent = boarding->went = boarding->bad_end = boarding->seen_epoch = -1;
    boarding->baseline_us = baseline_us(sim, intent, boarding->machine);
    uint32_t key_n = 0;
    int64_t latest_ms = intent->decided_ms > intent->log_ms ? intent->decided_ms : intent->log_ms;
    for (struct key *key = boarding->machine->keys; key != NULL; key = key->next)
        key_n++;
    boarding->riders = arena_take(&sim->arena, sizeof *boarding->riders * (key_n + 1));
    for (struct key *key = boarding->machine->keys; key != NULL; key = key->next) {
        const struct ask *ask = key->opened_by;
        if (key->accepted < 0 || key->final >= 0 ||
            judge_strength(ask->kind) > judge_strength(intent->kind) ||
            (ask->not_before_ms != TIME_NONE && ask->not_before_ms > latest_ms))
            continue;
        boarding->riders[boarding->rider_n++] = (struct rider){key, ask, key->accepted};
    }
}

void judge_intent(struct sim *sim, int32_t p, const struct stored *stored)
{
    struct judge *judge = &sim->judge;
    const struct record *record = &judge->record;
    if (judge_find_intent(sim, p, record->u.intent.dispatch) != NULL)
        judge_violated(sim, p, "a second intent for one dispatch");
    struct intent *intent = arena_take(&sim->arena, sizeof *intent);
    judge->intents =
        arena_room(&sim->arena, judge->intents, judge->intent_n, sizeof(struct intent *));
    judge->intents[judge->intent_n++] = intent;
    intent->dispatch = record->u.intent.dispatch;
    intent->partition = p;
    intent->offset = stored->offset;
    intent->epoch = record->epoch;
    intent->log_ms = stored->log_ms;
    intent->stored_us = sim->now_us;
    intent->decided_ms = record->u.intent.decided_ms;
    if (intent->decided_ms > intent->log_ms + judge_clock_error_ms(sim))
        judge_violated(sim, p, "an intent is decided for a time that has not come");
    intent->kind = record->u.intent.kind;
    intent->append = stored->append;
    intent->boarded_n = record->u.intent.instance_n;
    intent->boarded = arena_take(&sim->arena, sizeof *intent->boarded * intent->boarded_n);
    for (uint32_t i = 0; i < intent->boarded_n; i++) {
        intent->boarded[i].machine = ecm_find(sim, record->u.intent.instance_ids[i]);
        board(sim, intent, &intent->boarded[i]);
    }
}

void judge_intent_folded(struct sim *sim, int32_t p)
{
    const struct judge *judge = &sim->judge;
    const struct intent *intent = judge->intents[judge->intent_n - 1];
    for (uint32_t i = 0; i < intent->boarded_n; i++) {
        const struct entry *entry =
            table_find(&judge->benches[p].reference.table, intent->boarded[i].machine->id);
        struct boarding *boarding = &intent->boarded[i];
        boarding->flew = entry != NULL && entry->phase == ENTRY_DISPATCHING &&
                         entry->flight->intent == intent->offset;
        if (!boarding->flew)
            continue;
        boarding->machine->flight = boarding;
        if (boarding->rider_n == 0)
            judge_violated(sim, p, "%.*s is to be rebooted, and nobody asks for it now",
                           VIEW_FMT(boarding->machine->id));
    }
}

/* ---- answers ---- */

static void check_member(struct sim *sim, struct intent *intent, const struct member *member)
{
    int32_t p = intent->partition;
    struct machine *machine = ecm_find(sim, member->instance_id);
    struct boarding *boarding = judge_find_boarding(intent, machine);
    const struct sent_call *call = intent->call;
    if (boarding == NULL)
        judge_violated(sim, p, "an answer for %.*s, which was not aboard", VIEW_FMT(machine->id));
    if (!boarding->flew)
        return;
    bool not_sent = member->verdict == MEMBER_NOT_SENT;
    if (not_sent && call != NULL && call->reply.kind != ANSWER_NOT_SENT)
        judge_violated(sim, p, "%.*s counts as not sent, and was called", VIEW_FMT(machine->id));
    if (member->verdict == MEMBER_SENT && !sim->plan.options.dry_run &&
        (call == NULL || call->is_lost || call->is_unclear || call->is_refused))
        judge_violated(sim, p, "%.*s counts as sent, and the API did not say so",
                       VIEW_FMT(machine->id));
    if (member->verdict == MEMBER_SENT && boarding->sent < 0)
        boarding->sent = sim->topics[TOPIC_LEDGER][p].next_offset - 1;
    boarding->back |= member->verdict == MEMBER_BACK;
    boarding->refused |=
        not_sent || (member->verdict == MEMBER_BACK && (member->flags & MEMBER_REFUSED));
    if (boarding->refused && find_effect(machine, intent) != NULL)
        judge_violated(sim, p, "%.*s counts as not rebooted, and was", VIEW_FMT(machine->id));
}

void judge_answer(struct sim *sim, int32_t p)
{
    const struct record *record = &sim->judge.record;
    struct intent *intent = judge_find_intent(sim, p, record->u.answer.dispatch);
    if (intent == NULL)
        judge_violated(sim, p, "an answer to a dispatch that was never intended");
    for (uint32_t i = 0; i < record->u.answer.member_n; i++)
        check_member(sim, intent, &record->u.answer.members[i]);
}

static void learn(const struct worker *worker, struct boarding *boarding, int64_t epoch)
{
    const struct owner *owner = &worker->engine->owners[boarding->machine->partition];
    const struct entry *entry =
        owner->live ? table_find(&owner->ledger.table, boarding->machine->id) : NULL;
    boarding->ok[worker->index] = (struct news){.process = worker->process,
                                                .turn = worker->turn,
                                                .epoch = epoch,
                                                .is_crossed = entry != NULL && entry->proposed};
}

void judge_reply_read(struct sim *sim, const struct worker *worker, int32_t p)
{
    const struct record *record = &sim->record;
    const struct intent *intent = judge_find_intent(sim, p, record->u.reply.dispatch);
    if (intent == NULL || !record->u.reply.sent || record->u.reply.error_source != ERROR_NONE)
        return;
    for (uint32_t i = 0; i < record->u.reply.instance_n; i++) {
        struct boarding *boarding =
            judge_find_boarding(intent, ecm_find(sim, record->u.reply.instance_ids[i]));
        if (boarding != NULL && boarding->ok[worker->index].process != worker->process)
            learn(worker, boarding, -1);
    }
}

/* Who has learnt that a call was made decides that, and looks for no evidence. What it had appended
 * before may still come in, and one decision may have been proposed by then: the one that its
 * engine waited for. What was known when the partition was taken over was known before any. */
static void check_news(struct sim *sim, const struct boarding *flight, struct news *ok,
                       const struct append *append)
{
    int32_t p = append->partition;
    const struct bench *bench = &sim->judge.benches[p];
    const struct knowledge *known = &sim->workers[append->worker].known[p];
    const struct entry *entry = table_find(&bench->reference.table, flight->machine->id);
    bool unclear =
        entry != NULL && (entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN);
    bool bound = ok->process == append->process && (ok->epoch < 0 || ok->epoch == bench->epoch);
    bool knew = known->epoch == bench->epoch && ok->turn < known->turn;
    bool crossed = append->turn < ok->turn || (ok->is_crossed && !knew);
    ok->is_crossed = ok->is_crossed && append->turn < ok->turn;
    if (unclear && bound && !crossed)
        judge_violated(sim, p,
                       "worker %u looks what became of %.*s, and has learnt that it was sent",
                       append->worker, VIEW_FMT(flight->machine->id));
}

void judge_seen(struct sim *sim, const struct stored *stored)
{
    const struct record *record = &sim->judge.record;
    for (uint32_t i = 0; i < record->u.seen.item_n; i++) {
        const struct seen *seen = &record->u.seen.items[i];
        struct boarding *flight = ecm_find(sim, seen->instance_id)->flight;
        if (flight == NULL)
            continue;
        const struct append *append = &sim->appends[stored->append];
        check_news(sim, flight, &flight->ok[append->worker], append);
        if (seen->finding == FOUND_WENT && flight->went < 0)
            flight->went = stored->offset;
    }
}

/* If its engine waited for this decision, it waits no longer. */
void judge_shut(struct sim *sim, const struct stored *stored)
{
    const struct record *record = &sim->judge.record;
    for (uint32_t i = 0; i < record->u.shut.item_n; i++) {
        struct boarding *flight = ecm_find(sim, record->u.shut.items[i].instance_id)->flight;
        if (flight != NULL)
            flight->ok[sim->appends[stored->append].worker].is_crossed = false;
    }
}

void judge_answer_read(struct sim *sim, const struct worker *worker, int32_t p)
{
    const struct record *record = &sim->record;
    const struct intent *intent = judge_find_intent(sim, p, record->u.answer.dispatch);
    for (uint32_t i = 0; i < record->u.answer.member_n; i++) {
        const struct member *member = &record->u.answer.members[i];
        struct boarding *boarding = judge_find_boarding(intent, ecm_find(sim, member->instance_id));
        if (member->verdict == MEMBER_BACK && boarding->back_us[worker->index] == 0)
            boarding->back_us[worker->index] = sim->now_us;
    }
}

static void note_ok(struct sim *sim, const struct worker *worker, const struct sent_call *call)
{
    for (uint32_t i = 0; i < call->machine_n; i++) {
        int32_t p = call->machines[i]->partition;
        const struct intent *intent = judge_find_intent(sim, p, call->dispatch);
        learn(worker, judge_find_boarding(intent, call->machines[i]), intent->epoch);
    }
}

/* An owner is shown instances that are rebooting. If an attempt that came back did it, it now knows
 * better, provided that nothing else about the instance is under way. */
static void note_sightings(struct sim *sim, const struct worker *worker,
                           const struct sent_call *call)
{
    for (uint32_t i = 0; i < call->answer.sighting_n; i++) {
        struct machine *machine = ecm_find(sim, call->answer.sightings[i].instance_id);
        const struct effect *effect = machine->effects;
        int32_t p = machine->partition;
        machine->shown[worker->index] =
            (struct shown){worker->process, worker->known[p].epoch, call->as_of_us[i]};
        if (effect == NULL || call->answer.sightings[i].state != INSTANCE_REBOOTING ||
            !worker->known[p].own || worker->unread_n[p] > 0 ||
            worker->known[p].epoch != sim->judge.benches[p].epoch)
            continue;
        int64_t back_us = effect->boarding->back_us[worker->index];
        if (machine->flight == effect->boarding && back_us > 0 && call->sent_us > back_us)
            effect->boarding->seen_epoch = worker->known[p].epoch;
    }
}

void judge_told(struct sim *sim, const struct worker *worker, const struct sent_call *call)
{
    if (call->answer.kind != ANSWER_API || call->answer.code.n > 0)
        return;
    if (call->action == CALL_REBOOT)
        note_ok(sim, worker, call);
    else if (call->action == CALL_DESCRIBE && call->machine_n > 0)
        note_sightings(sim, worker, call);
}
