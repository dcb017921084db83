/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened, in words. Lines are kept as they are and put into words only when somebody is to
 * read them. */
#include <stdio.h>

#include "base/check.h"
#include "sim.h"
#include "wire/record_text.h"

enum { LINES_SHOWN = 120, RECORDS_SHOWN = 60, TEXT_BYTES_MAX = 64 * 1024 };

/* The words behind time, place and validity, which a record has only once it is stored. */
static struct view without_place(struct view text)
{
    enum { WORDS = 3 };
    for (int words = 0; text.n > 0 && words < WORDS; text.p++, text.n--)
        words += text.p[0] == ' ';
    return text;
}

/* at NULL: it is not stored yet. */
static void print_record(struct sim *sim, struct view bytes, const struct record_line *at)
{
    struct record record;
    struct fault fault;
    struct record_line line = {.valid = true};
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (at != NULL)
        line = *at;
    line.record = &record;
    struct view plain = format_plain(&sim->arena, bytes);
    enum err err = record_decode(plain, &sim->trace.scratch, &record, &fault);
    if (err == ERR_OK)
        err = record_text_write(&line, &text);
    CHECK(err == ERR_OK);
    struct view words = at != NULL ? buf_view(&text) : without_place(buf_view(&text));
    (void)printf(" %.*s", VIEW_FMT(words));
    buf_release(&text);
}

static void print_call(const struct sent_call *call)
{
    static const char *const actions[CALL_ACTION_N] = {"reboot", "describe", "denied"};
    char dispatch[DISPATCH_ID_TEXT_MAX];
    dispatch_id_text(call->dispatch, dispatch);
    (void)printf(" call %u: %s", call->index, actions[call->action]);
    if (call->action == CALL_REBOOT)
        (void)printf(" %s signed %lld", dispatch, (long long)call->sign_s);
    for (uint32_t i = 0; i < call->machine_n; i++)
        (void)printf(" %.*s", VIEW_FMT(call->machines[i]->id));
    for (uint32_t i = 0; i < call->reply.sighting_n; i++) {
        const char *state = instance_state_name(call->reply.sightings[i].state);
        (void)printf(" [%.*s %s %.*s]", VIEW_FMT(call->reply.sightings[i].instance_id),
                     state == NULL ? "other" : state,
                     VIEW_FMT(call->reply.sightings[i].latest_operation));
    }
}

static void print_line(struct sim *sim, const struct line *line)
{
    (void)printf("%10.3f ", (double)line->at_us / 1000);
    if (line->worker != NOBODY)
        (void)printf("w%u ", line->worker);
    else
        (void)printf("-- ");
    if (line->partition >= 0)
        (void)printf("p%d ", line->partition);
    (void)printf("%s", line->what);
    if (line->text.n > 0)
        (void)printf(" %.*s", VIEW_FMT(line->text));
    if (line->number != 0)
        (void)printf(" %lld", (long long)line->number);
    if (line->call != NULL)
        print_call(line->call);
    if (line->record.n > 0)
        print_record(sim, line->record, NULL);
    (void)printf("\n");
}

void trace_line(struct sim *sim, struct line line)
{
    struct trace *trace = &sim->trace;
    line.at_us = sim->now_us;
    trace->lines[trace->n++ % LINES_MAX] = line;
    if (trace->on)
        print_line(sim, &line);
}

void trace_letter(struct sim *sim, const struct worker *worker, const struct letter *letter)
{
    static const char *const words[] = {
        [EV_ASSIGNED] = "is assigned",
        [EV_REVOKED] = "is no longer assigned",
        [EV_APPENDED] = "has appended, ticket",
        [EV_APPEND_FAILED] = "fails to append, ticket",
        [EV_PUBLISHED] = "has published, ticket",
        [EV_ANSWER] = "gets the answer to",
        [EV_DRAIN] = "is told to drain",
        [EV_LIMITS] = "is told of a limit of calls per second:",
    };
    trace_line(sim,
               (struct line){.worker = worker->index,
                             .partition = letter->partition,
                             .what = words[letter->type],
                             .text = letter->call == NULL ? VIEW_NONE : letter->call->answer.code,
                             .call = letter->call,
                             .number = letter->call == NULL ? (int64_t)letter->ticket : 0});
}

static void print_ledger(struct sim *sim, int32_t partition)
{
    const struct topic *topic = &sim->topics[TOPIC_LEDGER][partition];
    uint32_t first = topic->n > RECORDS_SHOWN ? topic->n - RECORDS_SHOWN : 0;
    (void)printf("ledger %d, the last records:\n", partition);
    for (uint32_t i = first; i < topic->n; i++) {
        const struct stored *stored = &topic->records[i];
        (void)printf("%s", stored->valid ? " " : stored->kind == RECORD_REPLY ? "+" : "x");
        print_record(sim, stored->bytes,
                     &(struct record_line){.partition = partition,
                                           .offset = stored->offset,
                                           .log_ms = stored->log_ms,
                                           .valid = stored->valid});
        (void)printf("\n");
    }
}

static void show_plan(const struct sim *sim)
{
    const struct plan *plan = &sim->plan;
    const struct engine_options *options = &plan->options;
    (void)printf("%d workers, %d partitions, %u instances, %d inputs; faults until %lld s\n",
                 plan->worker_n, plan->partition_n, plan->machine_n, plan->input_n,
                 (long long)(plan->calm_us / 1000000));
    (void)printf("window %lld s, batches of %u, signature %lld s + %lld s, attempts %u, limit "
                 "%.0f/s%s%s%s\n",
                 (long long)(options->dedup_window_ms / 1000), options->batch_size,
                 (long long)(options->signature_life_ms / 1000),
                 (long long)(options->settle_ms / 1000), options->max_attempts, options->rate_limit,
                 options->ambiguity_retry ? ", ambiguity: retry" : "",
                 options->confirm_enabled ? "" : ", no confirmation",
                 options->dry_run ? ", dry run" : "");
}

void trace_show(struct sim *sim, int32_t partition)
{
    const struct trace *trace = &sim->trace;
    uint64_t kept_n = trace->n < LINES_MAX ? trace->n : LINES_MAX;
    uint64_t shown_n = 0;
    uint64_t first = trace->n;
    while (first > trace->n - kept_n && shown_n < LINES_SHOWN) {
        const struct line *line = &trace->lines[--first % LINES_MAX];
        shown_n += partition < 0 || line->partition < 0 || line->partition == partition;
    }
    show_plan(sim);
    for (uint64_t n = first; n < trace->n && !trace->on; n++) {
        const struct line *line = &trace->lines[n % LINES_MAX];
        if (partition < 0 || line->partition < 0 || line->partition == partition)
            print_line(sim, line);
    }
    if (partition >= 0)
        print_ledger(sim, partition);
}
