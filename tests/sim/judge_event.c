/* SPDX-License-Identifier: Apache-2.0
 *
 * Outcome events: each is decided by one valid record, published by an owner that has read it, and
 * published for certain; and what it says of a request agrees with what was asked and done. */
#include "base/check.h"
#include "sim.h"

static struct key *key_of(struct sim *sim, const struct outcome *outcome)
{
    struct key *key = ecm_find(sim, outcome->instance_id)->keys;
    while (key != NULL && !view_equals(key->request_id, outcome->request_id))
        key = key->next;
    return key;
}

/* ---- what may be said ---- */

static bool rides(const struct boarding *boarding, const struct key *key)
{
    for (uint32_t i = 0; i < boarding->rider_n; i++)
        if (boarding->riders[i].key == key && boarding->riders[i].accepted == key->accepted)
            return true;
    return false;
}

/* Nothing may have been rebooted for a request that ends like this. */
static void check_no_effect(struct sim *sim, const struct key *key, int64_t log_ms,
                            const char *status)
{
    const struct bench *bench = &sim->judge.benches[key->machine->partition];
    struct moment now = {bench->epoch, bench->reference.next_offset - 1, log_ms, sim->now_us};
    for (const struct effect *effect = key->machine->effects; effect != NULL; effect = effect->next)
        if (rides(effect->boarding, key) && !judge_is_excused(sim, effect, now))
            judge_violated(sim, key->machine->partition,
                           "%.*s for %.*s ends %s, and was rebooted for it",
                           VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id), status);
}

static void check_expired(struct sim *sim, const struct key *key, int64_t log_ms)
{
    const struct ask *ask = key->opened_by;
    if (ask->expires_ms != TIME_NONE && log_ms + judge_clock_error_ms(sim) < ask->expires_ms)
        judge_violated(sim, key->machine->partition, "%.*s for %.*s expired before its time",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
    check_no_effect(sim, key, log_ms, "expired");
}

/* Was it rebooting after the intent, or has it been rebooted since its owner was shown it before?
 * (Nothing tells whose reboot it is that is seen, nor, by the LatestOperation, when it was.) */
static bool was_done(const struct sim *sim, const struct boarding *boarding,
                     const struct intent *intent)
{
    const struct operation *operation = boarding->machine->operations;
    for (; operation != NULL; operation = operation->next)
        if (operation->is_reboot &&
            (operation->until_us + sim->plan.stale_us >= intent->stored_us ||
             operation->at_us > boarding->baseline_us))
            return true;
    return false;
}

/* It names a call: that call must have rebooted it, for this request or for one that serves it. */
static void check_done(struct sim *sim, const struct key *key, const struct outcome *outcome)
{
    int32_t p = key->machine->partition;
    const struct intent *intent = judge_find_intent(sim, p, outcome->dispatch);
    if (sim->plan.options.dry_run)
        return;
    const struct boarding *boarding =
        intent == NULL ? NULL : judge_find_boarding(intent, key->machine);
    if (boarding == NULL)
        judge_violated(sim, p, "%.*s for %.*s is %s by a dispatch that was never intended",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id),
                       outcome_status_name(outcome->status));
    if (!rides(boarding, key) && !judge_serves(sim, intent, key->opened_by))
        judge_violated(sim, p, "%.*s for %.*s is %s by a reboot that does not serve it",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id),
                       outcome_status_name(outcome->status));
    if (!was_done(sim, boarding, intent))
        judge_violated(sim, p, "%.*s for %.*s is %s by a call that had no effect",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id),
                       outcome_status_name(outcome->status));
}

static void check_word(struct sim *sim, const struct key *key, const struct outcome *outcome)
{
    switch (outcome->status) {
    case OUTCOME_SUCCEEDED:
    case OUTCOME_UNCONFIRMED:
    case OUTCOME_DISPATCHED:
        check_done(sim, key, outcome);
        break;
    case OUTCOME_EXPIRED:
        check_expired(sim, key, outcome->time_ms);
        break;
    case OUTCOME_CANCELLED:
        if (!key->is_cancelled)
            judge_violated(sim, key->machine->partition, "%.*s for %.*s ends cancelled unasked",
                           VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
        check_no_effect(sim, key, outcome->time_ms, "cancelled");
        break;
    case OUTCOME_ACCEPTED:
    case OUTCOME_RETRYING:
    case OUTCOME_FAILED:
    case OUTCOME_UNKNOWN:
    case OUTCOME_REJECTED:
        break;
    }
}

/* ---- decided ---- */

static bool breaks_policy(const struct sim *sim, const struct ask *ask)
{
    const struct engine_options *options = &sim->plan.options;
    int64_t record_ms = ask->record_ms;
    if (record_ms < ask->task_ms - options->request_max_age_ms)
        record_ms = ask->task_ms - options->request_max_age_ms;
    if (record_ms > ask->task_ms)
        record_ms = ask->task_ms;
    int64_t latest_ms = ask->not_before_ms > record_ms ? ask->not_before_ms : record_ms;
    return latest_ms > record_ms + options->request_max_age_ms ||
           ask->expires_ms > latest_ms + options->request_max_age_ms ||
           (ask->kind != REBOOT_SOFT && !options->allow_force);
}

/* Are as many open as may be? */
static bool is_full(const struct sim *sim, const struct machine *machine)
{
    const struct limits *limits = &sim->plan.options.limits;
    uint32_t open_n = 0;
    for (const struct key *key = machine->keys; key != NULL; key = key->next)
        open_n += key->accepted >= 0 && key->final < 0;
    return open_n >= limits->open_requests || (open_n + 1) * ITEM_BYTES_MAX > limits->entry_bytes;
}

static void decide_rejected(struct sim *sim, int32_t p, int64_t offset,
                            const struct outcome *outcome)
{
    struct ask *ask = upstream_ask(sim, outcome->source);
    if (ask->applied != offset || ask->is_answered)
        judge_violated(sim, p, "the record at %lld rejects a request that was decided before",
                       (long long)offset);
    bool has_reason = ask->type == TASK_REFUSED ||
                      (view_is(outcome->error_code, "request.policy") && breaks_policy(sim, ask)) ||
                      (view_is(outcome->error_code, "request.cap") && is_full(sim, ask->machine));
    if (!has_reason)
        judge_violated(sim, p, "%.*s for %.*s is rejected without a reason",
                       VIEW_FMT(outcome->request_id), VIEW_FMT(outcome->instance_id));
    ask->is_answered = true;
    ask->is_rejected = true;
}

/* What its instance has to remember behind it: requests that were closed later, are open, or were
 * withdrawn before they came. */
static uint32_t newer_n(const struct key *key)
{
    uint32_t n = key->machine->closed_n - key->closed_before - 1;
    for (const struct key *other = key->machine->keys; other != NULL; other = other->next)
        n += other->accepted < 0 ? other->is_cancelled : other->final < 0;
    return n;
}

/* May it have been forgotten by now that the key was closed? Its time is over, or as many as may be
 * remembered came later, or more bytes of them. */
static bool is_forgettable(const struct sim *sim, const struct key *key, int64_t log_ms)
{
    const struct limits *limits = &sim->plan.options.limits;
    uint32_t n = newer_n(key);
    return n >= limits->closed_requests || (n + 1) * ITEM_BYTES_MAX > limits->entry_bytes ||
           log_ms + judge_clock_error_ms(sim) > key->forget_ms;
}

static void decide_accepted(struct sim *sim, struct key *key, int64_t offset,
                            const struct outcome *outcome)
{
    int32_t p = key->machine->partition;
    struct ask *ask = upstream_ask(sim, outcome->source);
    if (ask->key != key || ask->applied != offset || ask->is_answered)
        judge_violated(sim, p, "%.*s for %.*s is accepted twice from one record",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
    if (key->accepted >= 0 && (key->final < 0 || !is_forgettable(sim, key, outcome->time_ms)))
        judge_violated(sim, p, "%.*s for %.*s is accepted again, within memory",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
    if (breaks_policy(sim, ask))
        judge_violated(sim, p, "%.*s for %.*s is accepted against the policy",
                       VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
    ask->is_answered = true;
    key->opened_by = ask;
    key->accepted = offset;
    key->final = -1;
}

/* Until then its id is remembered. */
static int64_t expires_ms(const struct sim *sim, const struct ask *ask)
{
    if (ask->expires_ms != TIME_NONE)
        return ask->expires_ms;
    int64_t from_ms = ask->record_ms < ask->task_ms ? ask->record_ms : ask->task_ms;
    if (ask->not_before_ms > from_ms)
        from_ms = ask->not_before_ms;
    return from_ms + sim->plan.options.request_max_age_ms;
}

static void decide_final(struct sim *sim, struct key *key, int64_t offset,
                         const struct outcome *outcome)
{
    struct machine *machine = key->machine;
    key->final = key->last_word = offset;
    key->status = outcome->status;
    key->final_image = dump_event(outcome);
    key->closed_before = machine->closed_n++;
    int64_t expires = expires_ms(sim, key->opened_by);
    int64_t window_over = outcome->time_ms + sim->plan.options.dedup_window_ms;
    key->forget_ms = expires > window_over || key->opened_by->allow_repeat ? expires : window_over;
    bool is_bad = outcome->status == OUTCOME_FAILED || outcome->status == OUTCOME_UNKNOWN ||
                  outcome->status == OUTCOME_UNCONFIRMED;
    struct intent *intent = judge_find_intent(sim, machine->partition, outcome->dispatch);
    if (is_bad && intent != NULL) {
        struct boarding *boarding = judge_find_boarding(intent, machine);
        boarding->bad_end = offset;
    }
}

static void decide(struct sim *sim, struct key *key, int64_t offset, const struct outcome *outcome)
{
    int32_t p = key->machine->partition;
    if (key->final >= 0 && key->final_image == dump_event(outcome)) {
        key->last_word = offset;
        return;
    }
    if (outcome->revision <= key->revision)
        judge_violated(sim, p,
                       "the record at %lld owes an event on %.*s for %.*s with an old "
                       "revision",
                       (long long)offset, VIEW_FMT(key->request_id), VIEW_FMT(key->machine->id));
    key->revision = outcome->revision;
    if (outcome->status == OUTCOME_ACCEPTED) {
        decide_accepted(sim, key, offset, outcome);
        return;
    }
    if (key->accepted < 0 || key->final >= 0)
        judge_violated(sim, p, "%.*s for %.*s is %s, and is not open", VIEW_FMT(key->request_id),
                       VIEW_FMT(key->machine->id), outcome_status_name(outcome->status));
    check_word(sim, key, outcome);
    if (outcome->final)
        decide_final(sim, key, offset, outcome);
}

void judge_decided(struct sim *sim, int32_t p, int64_t offset, const struct outcome *outcome)
{
    struct judge *judge = &sim->judge;
    struct bench *bench = &judge->benches[p];
    uint64_t hash = dump_event(outcome);
    bench->owed = arena_room(&sim->arena, bench->owed, bench->owed_n, sizeof *bench->owed);
    bench->owed[bench->owed_n++] = (struct owed_event){.hash = hash, .offset = offset};
    judge->images = arena_room(&sim->arena, judge->images, judge->image_n, sizeof *judge->images);
    judge->images[judge->image_n++] =
        (struct event_image){.hash = hash, .partition = p, .offset = offset};
    trace_line(sim, (struct line){.worker = NOBODY,
                                  .partition = p,
                                  .what = outcome_status_name(outcome->status),
                                  .text = arena_print(&sim->arena, "%.*s for %.*s",
                                                      VIEW_FMT(outcome->request_id),
                                                      VIEW_FMT(outcome->instance_id)),
                                  .number = offset});
    if (outcome->status == OUTCOME_REJECTED) {
        decide_rejected(sim, p, offset, outcome);
        return;
    }
    struct key *key = key_of(sim, outcome);
    if (key == NULL)
        judge_violated(sim, p, "an event on %.*s for %.*s, which nobody asked",
                       VIEW_FMT(outcome->request_id), VIEW_FMT(outcome->instance_id));
    decide(sim, key, offset, outcome);
}

/* ---- published ---- */

uint32_t judge_publish(struct sim *sim, struct worker *worker, int32_t p,
                       const struct outcome *outcome)
{
    const struct judge *judge = &sim->judge;
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][p];
    uint64_t hash = dump_event(outcome);
    bool is_decided = false;
    if (!worker->known[p].own)
        judge_violated(sim, p, "worker %u publishes, and has not read that it is the owner",
                       worker->index);
    for (uint32_t n = judge->image_n; n > 0; n--) {
        const struct event_image *image = &judge->images[n - 1];
        if (image->hash != hash || image->partition != p)
            continue;
        is_decided = true;
        if (topic_find(topic, image->offset) < worker->readers[TOPIC_LEDGER][p].next)
            return n - 1;
    }
    judge_violated(sim, p, "worker %u publishes an event that %s", worker->index,
                   is_decided ? "is decided, but not by what it has read back"
                              : "no valid record has decided");
}

void judge_published(struct sim *sim, const struct append *append)
{
    struct bench *bench = &sim->judge.benches[append->partition];
    uint64_t hash = sim->judge.images[append->image].hash;
    for (uint32_t i = bench->unpublished; i < bench->owed_n; i++) {
        if (bench->owed[i].hash != hash || bench->owed[i].published)
            continue;
        bench->owed[i].published = true;
        return;
    }
}
