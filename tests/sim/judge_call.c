/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls and their effects: intent first, at most one call for an intent, at most one reboot for a
 * request, and none within the window without a reason. */
#include "base/check.h"
#include "sim.h"

static int strength_of(enum reboot_kind kind)
{
    return kind == REBOOT_HARD ? 2 : kind == REBOOT_SOFT ? 0 : 1;
}

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

static void board(struct sim *sim, const struct intent *intent, struct boarding *boarding)
{
    uint32_t key_n = 0;
    int64_t latest_ms = intent->decided_ms > intent->log_ms ? intent->decided_ms : intent->log_ms;
    for (struct key *key = boarding->machine->keys; key != NULL; key = key->next)
        key_n++;
    boarding->riders = arena_take(&sim->arena, sizeof *boarding->riders * (key_n + 1));
    for (struct key *key = boarding->machine->keys; key != NULL; key = key->next) {
        const struct ask *ask = key->opened_by;
        if (key->accepted < 0 || key->final >= 0 ||
            strength_of(ask->kind) > strength_of(intent->kind) ||
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
    if (intent->decided_ms > intent->log_ms + CLOCK_ERROR_MS)
        judge_violated(sim, p, "an intent is decided for a time that has not come");
    intent->kind = record->u.intent.kind;
    intent->append = stored->append;
    intent->boarded_n = record->u.intent.instance_n;
    intent->boarded = arena_take(&sim->arena, sizeof *intent->boarded * intent->boarded_n);
    for (uint32_t i = 0; i < intent->boarded_n; i++) {
        intent->boarded[i].machine = ecm_find(sim, record->u.intent.instance_ids[i]);
        intent->boarded[i].sent = -1;
        intent->boarded[i].bad_end = -1;
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
            boarding->ok[worker->index] = (struct news){worker->process, worker->turn, -1};
    }
}

/* Did it come to be proposed before its owner learnt what it should have known? It may have been on
 * its way for some turns, and longer while a snapshot held it up. */
static bool is_from_before(const struct sim *sim, const struct append *append,
                           const struct news *news)
{
    enum { TURNS = 20, HELD_UP = 8 };
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][append->partition];
    const struct knowledge *known = &sim->workers[append->worker].known[append->partition];
    if (known->epoch == sim->judge.benches[append->partition].epoch && news->turn < known->turn)
        return false; /* it was known when the partition was taken over */
    for (uint32_t i = topic->n > HELD_UP ? topic->n - HELD_UP : 0; i < topic->n; i++)
        if (topic->records[i].kind == RECORD_END)
            return true;
    return news->turn + TURNS >= append->turn;
}

/* Who has learnt that a call was made decides that, and looks for no evidence. */
static void check_news(struct sim *sim, const struct boarding *flight, const struct stored *stored)
{
    const struct append *append = &sim->appends[stored->append];
    const struct bench *bench = &sim->judge.benches[append->partition];
    const struct entry *entry = table_find(&bench->reference.table, flight->machine->id);
    const struct news *ok = &flight->ok[append->worker];
    bool unclear =
        entry != NULL && (entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN);
    bool bound = ok->process == append->process && (ok->epoch < 0 || ok->epoch == bench->epoch);
    if (unclear && bound && !is_from_before(sim, append, ok))
        judge_violated(sim, append->partition,
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
        flight->went |= seen->finding == FOUND_WENT;
        check_news(sim, flight, stored);
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
    if (!append->told)
        judge_violated(sim, p, "worker %u calls %.*s before its intent is acknowledged",
                       worker->index, VIEW_FMT(machine->id));
    int64_t age_us = worker->stepped_us - append->put_us;
    if (age_us > sim->plan.options.signature_life_ms * 1000 / 2 + 10000)
        judge_violated(sim, p, "worker %u calls %.*s with an intent that is %lld ms old",
                       worker->index, VIEW_FMT(machine->id), (long long)(age_us / 1000));
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
    if (strength_of(intent->kind) < strength_of(ask->kind))
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

/* Where no promise is made: the policy `retry` for lost answers; somebody else who operates on the
 * instance; a reboot that the API denied and no owner has seen. */
bool judge_is_excused(const struct sim *sim, const struct effect *effect, int64_t offset)
{
    const struct boarding *boarding = effect->boarding;
    bool was_sent = boarding->sent >= 0 && boarding->sent < offset;
    if (sim->plan.options.ambiguity_retry && !was_sent)
        return true;
    if (effect->machine->meddled_us >= effect->intent->stored_us)
        return true;
    return effect->call->is_refused && !effect->call->is_lost && !boarding->seen;
}

static void check_once(struct sim *sim, const struct effect *first, const struct effect *second)
{
    if (judge_is_excused(sim, first, second->intent->offset))
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

/* Between the two, was there an attempt that counts as a reboot without being one, since the tail
 * of another was seen? What is remembered then is that attempt. */
static bool is_hidden(const struct sim *sim, const struct effect *before,
                      const struct effect *effect)
{
    const struct judge *judge = &sim->judge;
    for (uint32_t n = judge->intent_n; n > 0; n--) {
        const struct intent *intent = judge->intents[n - 1];
        if (intent->partition != effect->intent->partition ||
            intent->offset >= effect->intent->offset || intent->offset <= before->intent->offset)
            continue;
        const struct boarding *boarding = judge_find_boarding(intent, effect->machine);
        if (boarding != NULL && boarding->went)
            return true;
    }
    return false;
}

static bool is_served(const struct sim *sim, const struct effect *before,
                      const struct effect *effect, const struct rider *rider)
{
    int64_t bad_end = before->boarding->bad_end;
    return judge_serves(sim, before->intent, rider->ask) &&
           (bad_end < 0 || rider->accepted <= bad_end) &&
           !judge_is_excused(sim, before, effect->intent->offset) &&
           !is_hidden(sim, before, effect);
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

static void note_ok(struct sim *sim, const struct worker *worker, const struct sent_call *call)
{
    for (uint32_t i = 0; i < call->machine_n; i++) {
        int32_t p = call->machines[i]->partition;
        const struct intent *intent = judge_find_intent(sim, p, call->dispatch);
        judge_find_boarding(intent, call->machines[i])->ok[worker->index] =
            (struct news){worker->process, worker->turn, intent->epoch};
    }
}

/* An owner is shown instances that are rebooting. If an attempt that came back did it, it now knows
 * better, provided that nothing else about the instance is under way. */
static void note_sightings(struct sim *sim, const struct worker *worker,
                           const struct sent_call *call)
{
    for (uint32_t i = 0; i < call->answer.sighting_n; i++) {
        const struct machine *machine = ecm_find(sim, call->answer.sightings[i].instance_id);
        const struct effect *effect = machine->effects;
        int32_t p = machine->partition;
        if (effect == NULL || call->answer.sightings[i].state != INSTANCE_REBOOTING ||
            !worker->known[p].own || worker->unread_n[p] > 0 ||
            worker->known[p].epoch != sim->judge.benches[p].epoch)
            continue;
        int64_t back_us = effect->boarding->back_us[worker->index];
        if (machine->flight == effect->boarding && back_us > 0 && call->sent_us > back_us)
            effect->boarding->seen = true;
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
