/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine asks for is done, as the shell's bridge does it. */
#include "base/check.h"
#include "sim.h"

/* No report will come, and nothing may be stored behind what was not. */
static bool is_outlet_broken(struct sim *sim, struct worker *worker, int32_t partition)
{
    if (worker->outlet_opens_us == 0)
        return false;
    worker_step(sim, worker, &(struct event){.type = EV_APPEND_FAILED, .partition = partition});
    return true;
}

static void append(struct sim *sim, struct worker *worker, const struct action *act)
{
    struct fault fault;
    if (is_outlet_broken(sim, worker, act->partition))
        return;
    judge_append(sim, worker, act->partition, act->record);
    buf_clear(&sim->bytes);
    if (format_encode(sim, worker->release.writes, act->record, &fault) != ERR_OK)
        judge_violated(sim, act->partition, "worker %u appends what cannot be written: %s",
                       worker->index, fault.text);
    uint32_t i = append_put(sim, &worker->outlet,
                            (struct append){
                                .topic = TOPIC_LEDGER,
                                .partition = act->partition,
                                .ticket = act->ticket,
                                .bytes = buf_view(&sim->bytes),
                                .process = worker->process,
                                .turn = worker->turn,
                                .read_n = worker->readers[TOPIC_LEDGER][act->partition].next,
                            });
    worker->unread_n[act->partition]++;
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = act->partition,
                                  .what = "appends",
                                  .record = sim->appends[i].bytes});
    if (chance(sim, sim->calm ? 0 : sim->plan.odds.lost))
        worker_break_outlet(sim, worker);
}

static void publish(struct sim *sim, struct worker *worker, const struct action *act)
{
    if (is_outlet_broken(sim, worker, act->partition))
        return;
    uint32_t image = judge_publish(sim, worker, act->partition, act->outcome);
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = act->partition,
                                  .what = outcome_status_name(act->outcome->status),
                                  .text = arena_print(&sim->arena, "%.*s for %.*s: published, of",
                                                      VIEW_FMT(act->outcome->request_id),
                                                      VIEW_FMT(act->outcome->instance_id)),
                                  .number = sim->judge.images[image].offset});
    append_put(sim, &worker->outlet,
               (struct append){.topic = TOPIC_RESULTS,
                               .partition = act->partition,
                               .ticket = act->ticket,
                               .process = worker->process,
                               .image = image});
}

static void say(struct sim *sim, struct worker *worker, const struct note *note)
{
    static const char *const words[] = {
        [NOTE_CLAIMED] = "owns it from",
        [NOTE_LOST] = "lost it at",
        [NOTE_STOPPED] = "stops it",
        [NOTE_REQUEST_DIFFERS] = "notes other content of a known request",
        [NOTE_THROTTLED] = "notes a throttle",
        [NOTE_CLOCK_OFFSET] = "notes a clock offset",
        [NOTE_CLOCK_JUMP] = "notes a clock jump",
        [NOTE_BREAKER_OPEN] = "opens the breaker",
        [NOTE_BREAKER_CLOSED] = "closes the breaker",
        [NOTE_ANSWER_LOST] = "notes a lost answer of dispatch",
        [NOTE_FULL] = "is full",
        [NOTE_UNKNOWN_CODE] = "notes an unknown code",
    };
    trace_line(sim, (struct line){.worker = worker->index,
                                  .partition = note->partition,
                                  .what = words[note->type],
                                  .text = arena_copy(&sim->arena, note->text),
                                  .number = note->offset != 0 ? note->offset : note->count});
    if (note->type != NOTE_STOPPED)
        return;
    worker->stopped[note->partition] = true;
    if (!worker->known[note->partition].is_alien)
        judge_violated(sim, note->partition, "worker %u stopped the partition: %.*s", worker->index,
                       VIEW_FMT(note->text));
}

void action_do(struct sim *sim, struct worker *worker, const struct action *act)
{
    int32_t p = act->partition;
    switch (act->type) {
    case ACT_LEDGER_READ:
        worker->unread_n[p] = 0;
        worker->first_append[p] = sim->append_n;
        reader_start(sim, worker, TOPIC_LEDGER, p, act->offset);
        break;
    case ACT_LEDGER_STOP:
        reader_stop(&worker->readers[TOPIC_LEDGER][p]);
        break;
    case ACT_APPEND:
        append(sim, worker, act);
        break;
    case ACT_TASKS_READ:
        reader_start(sim, worker, TOPIC_TASKS, p, act->offset);
        break;
    case ACT_TASKS_STOP:
        reader_stop(&worker->readers[TOPIC_TASKS][p]);
        break;
    case ACT_TASKS_COMMIT:
        judge_commit(sim, worker, act);
        break;
    case ACT_LEDGER_TRIM:
    case ACT_TASKS_TRIM:
        judge_trim(sim, worker, act);
        topic_plan_trim(sim, act->type == ACT_LEDGER_TRIM ? TOPIC_LEDGER : TOPIC_TASKS, p,
                        act->offset);
        break;
    case ACT_PUBLISH:
        publish(sim, worker, act);
        break;
    case ACT_CALL:
        call_send(sim, worker, act->call);
        break;
    case ACT_NOTE:
        say(sim, worker, &act->note);
        break;
    case ACT_DRAINED:
        judge_drained(sim, worker);
        worker->drained = true;
        break;
    }
}
