/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold of the log, record by record as the broker stores it, and of every engine that
 * reads it. The judge knows what upstreams asked, what the API did and when; it believes no engine.
 *
 * It has its own rule for which records are valid, and a reference: a fold that reads the log from
 * 0 and never stops. An engine that has folded up to an offset, whether it began there, claimed
 * there or lived through it, must have the same state. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "sim.h"
#include "wire/task_codec.h"

void judge_open(struct sim *sim)
{
    struct judge *judge = &sim->judge;
    judge->intents = NULL;
    judge->images = NULL;
    judge->intent_n = judge->image_n = 0;
    pool_init(&judge->pool, sim->judge_memory, ENGINE_BYTES_MIN);
    for (int32_t p = 0; p < sim->plan.partition_n; p++) {
        struct bench *bench = &judge->benches[p];
        *bench = (struct bench){.epoch = -1, .begin = NOBODY};
        for (int i = 0; i < INPUTS_MAX; i++)
            bench->applied[i].offset = -1;
        ledger_init(&bench->reference, &judge->pool, 0, p);
    }
}

void judge_violated(struct sim *sim, int32_t partition, const char *fmt, ...)
{
    va_list args;
    trace_show(sim, partition);
    (void)printf(
        "seed %llu: violated after %llu steps, at %lld ms: ", (unsigned long long)sim->seed,
        (unsigned long long)sim->step_n, (long long)(sim->now_us / 1000));
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    (void)printf("\nreplay: sim --seed %llu --trace\n", (unsigned long long)sim->seed);
    (void)fflush(stdout);
    _Exit(1);
}

int64_t judge_clock_error_ms(const struct sim *sim)
{
    enum { DRIFT_MS = 50 };
    return DRIFT_MS + sim->plan.log_spread_us / 1000;
}

/* ---- tasks ---- */

static bool is_behind(struct source source, struct source applied)
{
    return source.offset < applied.offset ||
           (source.offset == applied.offset && source.index <= applied.index);
}

static void check_op(struct sim *sim, int32_t p, const struct stored *stored,
                     const struct task_op *op)
{
    struct source *applied = &sim->judge.benches[p].applied[op->task.source.partition];
    if (is_behind(op->task.source, *applied))
        return; /* a redelivery: nothing may come of it */
    *applied = op->task.source;
    struct ask *ask = upstream_ask(sim, op->task.source);
    if (!view_equals(ask->request_id, op->task.request_id))
        judge_violated(sim, p, "the ledger joins a task that nobody asked");
    ask->applied = stored->offset;
    ask->task_ms = op->task_ms;
    if (ask->type == TASK_CANCEL && ask->key != NULL)
        ask->key->is_cancelled = true;
}

/* Every task below the cursor was applied, or repeats one that was. */
static void check_cursor(struct sim *sim, int32_t p, int64_t cursor)
{
    struct bench *bench = &sim->judge.benches[p];
    const struct topic *tasks = &sim->topics[TOPIC_TASKS][p];
    while (bench->cursor < tasks->n && tasks->records[bench->cursor].offset < cursor) {
        struct task task;
        struct fault fault;
        enum err err = task_decode(tasks->records[bench->cursor].bytes, &task, &fault);
        CHECK(err == ERR_OK);
        if (!is_behind(task.source, bench->applied[task.source.partition]))
            judge_violated(sim, p, "the cursor %lld passes the task at %lld, which was not applied",
                           (long long)cursor, (long long)tasks->records[bench->cursor].offset);
        bench->cursor++;
    }
}

/* ---- marks ---- */

static void check_mark(struct sim *sim, int32_t p, int64_t published)
{
    struct bench *bench = &sim->judge.benches[p];
    while (bench->unpublished < bench->owed_n && bench->owed[bench->unpublished].published)
        bench->unpublished++;
    if (bench->unpublished < bench->owed_n && bench->owed[bench->unpublished].offset < published)
        judge_violated(
            sim, p, "a mark at %lld covers an event of the record at %lld that was not published",
            (long long)published, (long long)bench->owed[bench->unpublished].offset);
}

/* ---- records ---- */

/* An older epoch, a seq that is not the next, or nobody's: void. */
static bool is_valid(struct bench *bench, int64_t offset, const struct record *record)
{
    if (record->kind == RECORD_CLAIM) {
        bench->epoch = offset;
        bench->next_seq = 0;
        return true;
    }
    if (record->kind == RECORD_REPLY || record->epoch != bench->epoch ||
        record->seq != bench->next_seq)
        return false;
    bench->next_seq++;
    return true;
}

/* Between a BEGIN and its END nothing may be lost of either. */
static void follow_snapshot(struct sim *sim, int32_t p, const struct stored *stored)
{
    struct bench *bench = &sim->judge.benches[p];
    struct topic *topic = &sim->topics[TOPIC_LEDGER][p];
    if (stored->kind == RECORD_CLAIM)
        bench->begin = NOBODY;
    else if (stored->kind == RECORD_BEGIN)
        bench->begin = topic->n - 1;
    else if (stored->kind == RECORD_END && bench->begin != NOBODY)
        topic->records[bench->begin].is_snapshot = true;
}

static void check_before(struct sim *sim, int32_t p, const struct stored *stored)
{
    const struct record *record = &sim->judge.record;
    if (record->kind == RECORD_TASKS)
        for (uint32_t i = 0; i < record->u.tasks.op_n; i++)
            check_op(sim, p, stored, &record->u.tasks.ops[i]);
    if (record->kind == RECORD_TASKS)
        check_cursor(sim, p, record->u.tasks.cursor);
    if (record->kind == RECORD_MARK) {
        check_cursor(sim, p, record->u.mark.cursor);
        check_mark(sim, p, record->u.mark.published);
    }
    if (record->kind == RECORD_INTENT)
        judge_intent(sim, p, stored);
    if (record->kind == RECORD_ANSWER)
        judge_answer(sim, p);
    if (record->kind == RECORD_SEEN)
        judge_seen(sim, stored);
    if (record->kind == RECORD_SHUT)
        judge_shut(sim, stored);
}

/* Every event that it decided is now owed. */
static void take_decided(struct sim *sim, int32_t p, int64_t offset)
{
    struct outbox *outbox = &sim->judge.benches[p].reference.outbox;
    uint64_t number;
    const struct kept *kept;
    while ((kept = outbox_send(outbox, &number)) != NULL) {
        struct outcome outcome;
        kept_outcome(kept, &outcome);
        judge_decided(sim, p, offset, &outcome);
        (void)outbox_ack(outbox, number);
    }
}

void judge_stored(struct sim *sim, int32_t p, struct stored *stored)
{
    struct judge *judge = &sim->judge;
    struct bench *bench = &judge->benches[p];
    struct fault fault;
    enum err err = format_decode(stored, NEXT_FORMAT, &judge->scratch, &judge->record, &fault);
    CHECK(err == ERR_OK);
    const struct record *record = &judge->record;
    stored->kind = record->kind;
    bench->is_foreign |= judge_is_alien(sim, record);
    stored->valid = is_valid(bench, stored->offset, record);
    if (stored->valid) {
        check_before(sim, p, stored);
        follow_snapshot(sim, p, stored);
    }
    enum fold_result folded =
        ledger_fold(&bench->reference, stored->offset, stored->log_ms, record, &judge->folded);
    bool applied = folded == FOLD_APPLIED || folded == FOLD_CLAIM;
    if (folded == FOLD_BROKEN || folded == FOLD_FULL || applied != stored->valid)
        judge_violated(sim, p, "the record at %lld is %s, and the fold says %d",
                       (long long)stored->offset, stored->valid ? "valid" : "void", folded);
    if (stored->valid && record->kind == RECORD_INTENT)
        judge_intent_folded(sim, p);
    take_decided(sim, p, stored->offset);
    stored->has_digest =
        record->kind == RECORD_CLAIM || stored->offset % sim->plan.digest_every == 0;
    if (stored->has_digest)
        stored->digest = dump_digest(&bench->reference);
}

/* ---- engines ---- */

void judge_read(struct sim *sim, struct worker *worker, int32_t p, const struct stored *stored)
{
    struct knowledge *known = &worker->known[p];
    struct append *append = &sim->appends[stored->append];
    bool own = append->worker == worker->index && append->process == worker->process;
    if (stored->kind == RECORD_CLAIM) {
        known->epoch = stored->offset;
        known->own = own;
        known->turn = worker->turn;
    }
    if (own && !append->is_read && stored->append >= worker->first_append[p])
        worker->unread_n[p]--;
    append->is_read |= own;
    if (stored->kind == RECORD_ANSWER && stored->valid)
        judge_answer_read(sim, worker, p);
    if (stored->kind == RECORD_REPLY)
        judge_reply_read(sim, worker, p);
    const struct owner *owner = &worker->engine->owners[p];
    known->is_whole |= stored->kind == RECORD_END && stored->valid;
    if (!stored->has_digest || !known->is_whole || !owner->live ||
        owner->ledger.next_offset != stored->offset + 1)
        return;
    if (dump_digest(&owner->ledger) == stored->digest)
        return;
    dump_print(&owner->ledger);
    judge_violated(sim, p,
                   "worker %u folds the log up to %lld to another state than a reader from "
                   "its beginning",
                   worker->index, (long long)stored->offset);
}

/* ---- what a worker may append ---- */

bool judge_is_alien(const struct sim *sim, const struct record *record)
{
    if (record->kind != RECORD_CLAIM)
        return false;
    return !view_equals(record->u.claim.pool, sim->plan.options.pool) ||
           record->u.claim.dry_run != sim->plan.options.dry_run ||
           record->u.claim.format > LEDGER_FORMAT;
}

void judge_append(struct sim *sim, struct worker *worker, int32_t p, const struct record *record)
{
    const struct knowledge *known = &worker->known[p];
    if (record->kind == RECORD_REPLY)
        return;
    if (known->is_alien)
        judge_violated(sim, p,
                       "worker %u goes on in a log that holds what is not its pool's, or what it "
                       "cannot read",
                       worker->index);
    if (record->kind == RECORD_CLAIM) {
        if (!worker->assigned[p])
            judge_violated(sim, p, "worker %u claims what it is not assigned", worker->index);
        if (!known->at_end)
            judge_violated(sim, p, "worker %u claims before it has read the log to its end",
                           worker->index);
        return;
    }
    if (!known->own || known->epoch != record->epoch)
        judge_violated(sim, p, "worker %u decides under epoch %lld, which it has not read back",
                       worker->index, (long long)record->epoch);
}

void judge_commit(struct sim *sim, struct worker *worker, const struct action *act)
{
    const struct topic *tasks = &sim->topics[TOPIC_TASKS][act->partition];
    if (topic_find(tasks, act->offset) > sim->judge.benches[act->partition].cursor)
        judge_violated(sim, act->partition, "worker %u commits %lld, which was not applied",
                       worker->index, (long long)act->offset);
}

void judge_drained(struct sim *sim, struct worker *worker)
{
    for (uint32_t n = 0; n < sim->call_n; n++) {
        const struct sent_call *call = sim->calls[n];
        if (call->action == CALL_REBOOT && call->worker == worker->index &&
            call->process == worker->process && !call->is_over)
            judge_violated(sim, -1, "worker %u has drained, and call %u is in the air",
                           worker->index, call->index);
    }
}

/* ---- what a worker may have deleted ---- */

void judge_trim(struct sim *sim, struct worker *worker, const struct action *act)
{
    int32_t p = act->partition;
    struct bench *bench = &sim->judge.benches[p];
    if (act->type == ACT_TASKS_TRIM) {
        if (topic_find(&sim->topics[TOPIC_TASKS][p], act->offset) > bench->cursor)
            judge_violated(sim, p, "worker %u deletes tasks below %lld, not all of them applied",
                           worker->index, (long long)act->offset);
        return;
    }
    const struct topic *ledger = &sim->topics[TOPIC_LEDGER][p];
    uint32_t at = topic_find(ledger, act->offset);
    if (at == ledger->n || ledger->records[at].offset != act->offset ||
        !ledger->records[at].is_snapshot)
        judge_violated(sim, p, "worker %u deletes the log below %lld, which is no snapshot",
                       worker->index, (long long)act->offset);
    check_mark(sim, p, act->offset);
}

/* A reader of what is left must come to the same state. */
void judge_trimmed(struct sim *sim, int32_t p)
{
    struct judge *judge = &sim->judge;
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][p];
    struct ledger fresh;
    ledger_init(&fresh, &judge->pool, 1, p);
    for (uint32_t i = topic->low; i < topic->n; i++) {
        struct fault fault;
        enum err err =
            format_decode(&topic->records[i], NEXT_FORMAT, &judge->scratch, &judge->record, &fault);
        CHECK(err == ERR_OK);
        enum fold_result folded =
            ledger_fold(&fresh, topic->records[i].offset, topic->records[i].log_ms, &judge->record,
                        &judge->folded);
        if (folded == FOLD_BROKEN || folded == FOLD_FULL)
            judge_violated(sim, p, "the log cannot be read from %lld: %s",
                           (long long)topic->records[topic->low].offset, judge->folded.why);
    }
    if (dump_digest(&fresh) != dump_digest(&judge->benches[p].reference)) {
        dump_print(&fresh);
        dump_print(&judge->benches[p].reference);
        judge_violated(sim, p, "a reader from %lld comes to another state than one from 0",
                       (long long)topic->records[topic->low].offset);
    }
    ledger_release(&fresh);
}
