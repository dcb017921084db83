/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shell/topic_check.h"

/* A partition of requests or tasks. */
struct memory {
    bool known;
    struct fingerprint seen;
    struct instant next; /* write one down again */
};

struct control {
    struct control_options options;
    bool loaded;
    uint32_t generation;
    bool named;        /* a record of our names stands there */
    const char *taken; /* the option whose value is another pool's too; NULL: none */
    bool *claimed;     /* by ledger partition */
    struct memory *inputs;
    struct memory *tasks;
};

enum err control_open(const struct control_options *options, struct control **control_out,
                      struct fault *fault)
{
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL)
        return fault_set(fault, ERR_SYSTEM, "control: no memory");
    control->options = *options;
    control->claimed = calloc((size_t)options->ledger_partition_n, sizeof *control->claimed);
    control->inputs = calloc((size_t)options->request_partition_n, sizeof *control->inputs);
    control->tasks = calloc((size_t)options->ledger_partition_n, sizeof *control->tasks);
    if (control->claimed == NULL || control->inputs == NULL || control->tasks == NULL) {
        control_close(control);
        return fault_set(fault, ERR_SYSTEM, "control: no memory");
    }
    *control_out = control;
    return ERR_OK;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    free(control->claimed);
    free(control->inputs);
    free(control->tasks);
    free(control);
}

/* ---- reading ---- */

static bool is_input(const struct control *control, const struct control_record *record)
{
    return strcmp(record->topic, control->options.requests) == 0 &&
           record->partition < control->options.request_partition_n;
}

/* NULL: the record is about somebody else's topic. */
static struct memory *memory_of(const struct control *control, const struct control_record *record)
{
    if (is_input(control, record))
        return &control->inputs[record->partition];
    if (strcmp(record->topic, control->options.tasks) == 0 &&
        record->partition < control->options.ledger_partition_n)
        return &control->tasks[record->partition];
    return NULL;
}

static void forget_inputs(struct control *control)
{
    control->generation++;
    memset(control->inputs, 0,
           sizeof *control->inputs * (size_t)control->options.request_partition_n);
}

/* The names of a pool that reboots, and ours: the very same are this pool. */
static void compare_names(struct control *control, const struct pool_names *pool)
{
    const struct control_options *options = &control->options;
    const struct {
        const char *option;
        const char *ours;
        const char *theirs;
    } rows[] = {
        {"group", options->group, pool->group},
        {"topics.tasks", options->tasks, pool->tasks},
        {"topics.ledger", options->ledger, pool->ledger},
        {"topics.results", options->results, pool->results},
    };
    enum { ROW_N = sizeof rows / sizeof rows[0] };
    size_t same_n = 0;
    for (size_t i = 0; i < ROW_N; i++) {
        if (strcmp(rows[i].ours, rows[i].theirs) != 0)
            continue;
        control->taken = rows[i].option;
        same_n++;
    }
    control->named = control->named || same_n == ROW_N;
}

static void recall(struct memory *memory, const struct control_record *record)
{
    if (memory == NULL)
        return;
    memory->known = true;
    memory->seen = record->seen;
}

static enum control_change remember(struct control *control, const struct control_record *record)
{
    switch (record->action) {
    case CONTROL_LEDGER_CLAIMED:
        if (strcmp(record->topic, control->options.ledger) == 0 &&
            record->partition < control->options.ledger_partition_n)
            control->claimed[record->partition] = true;
        return CONTROL_NOTHING;
    case CONTROL_INPUT_SEEN:
        recall(memory_of(control, record), record);
        return CONTROL_NOTHING;
    case CONTROL_INPUT_RENEWED:
        if (!is_input(control, record))
            return CONTROL_NOTHING;
        forget_inputs(control);
        return control->loaded ? CONTROL_RENEWED : CONTROL_NOTHING;
    case CONTROL_POOL_SEEN:
        compare_names(control, &record->pool);
        return CONTROL_NOTHING;
    case CONTROL_OTHER:
        return CONTROL_NOTHING;
    }
    return CONTROL_NOTHING;
}

enum err control_take(struct control *control, const struct reader_event *event,
                      enum control_change *change_out, struct fault *fault)
{
    struct control_record record;
    *change_out = CONTROL_NOTHING;
    if (event->type == READER_EOF)
        control->loaded = true;
    if (event->type != READER_RECORD || event->is_tombstone)
        return ERR_OK;
    enum err err = control_read(event->value, &record, fault);
    if (err == ERR_OK)
        *change_out = remember(control, &record);
    return err;
}

bool control_is_loaded(const struct control *control)
{
    return control->loaded;
}

/* ---- writing ---- */

/* What a report on a record says to take back: a claim of a ledger partition; behind them all, our
 * names; behind those, what is remembered of a partition of tasks. */
static uint64_t ticket_of(const struct control *control, const struct control_record *record)
{
    uint64_t n = (uint64_t)control->options.ledger_partition_n;
    if (record->action == CONTROL_LEDGER_CLAIMED)
        return (uint64_t)record->partition;
    if (record->action == CONTROL_POOL_SEEN)
        return n;
    return is_input(control, record) ? UINT64_MAX : n + 1 + (uint64_t)record->partition;
}

/* What cannot be written now is written at the next occasion. */
static bool put(struct control *control, const struct control_record *record)
{
    struct buf bytes;
    struct fault fault;
    buf_init(&bytes, CONTROL_BYTES_MAX);
    bool stored = control_write(record, &bytes) == ERR_OK &&
                  producer_put(control->options.producer,
                               &(struct producer_record){.topic = TOPIC_CONTROL,
                                                         .partition = 0,
                                                         .ticket = ticket_of(control, record),
                                                         .value = buf_view(&bytes)},
                               &fault) == ERR_OK;
    buf_release(&bytes);
    return stored;
}

void control_report(struct control *control, const struct producer_report *report)
{
    uint64_t n = (uint64_t)control->options.ledger_partition_n;
    if (report->err == ERR_OK || report->ticket == UINT64_MAX)
        return;
    if (report->ticket < n)
        control->claimed[report->ticket] = false;
    else if (report->ticket == n)
        control->named = false;
    else
        control->tasks[report->ticket - n - 1].known = false;
}

bool control_was_claimed(const struct control *control, int32_t partition)
{
    return control->claimed[partition];
}

enum err control_check_names(const struct control *control, struct fault *fault)
{
    if (!control->options.dry_run || control->taken == NULL)
        return ERR_OK;
    return fault_set(fault, ERR_CONFIG,
                     "%s is that of a pool that reboots: a dry run needs a group and tasks, ledger "
                     "and results topics of its own",
                     control->taken);
}

static void note_names(struct control *control)
{
    const struct control_options *options = &control->options;
    struct control_record record = {.action = CONTROL_POOL_SEEN};
    struct pool_names *pool = &record.pool;
    if (options->dry_run || control->named)
        return;
    (void)snprintf(pool->group, sizeof pool->group, "%s", options->group);
    (void)snprintf(pool->tasks, sizeof pool->tasks, "%s", options->tasks);
    (void)snprintf(pool->ledger, sizeof pool->ledger, "%s", options->ledger);
    (void)snprintf(pool->results, sizeof pool->results, "%s", options->results);
    control->named = put(control, &record);
}

void control_note_claim(struct control *control, int32_t partition)
{
    struct control_record record = {.action = CONTROL_LEDGER_CLAIMED, .partition = partition};
    note_names(control);
    if (control->claimed[partition])
        return;
    (void)snprintf(record.topic, sizeof record.topic, "%s", control->options.ledger);
    control->claimed[partition] = put(control, &record);
}

uint32_t control_generation(const struct control *control)
{
    return control->generation;
}

static struct memory *memory_at(const struct control *control, struct reader_at at)
{
    PRE(at.topic == TOPIC_REQUESTS || at.topic == TOPIC_TASKS);
    return at.topic == TOPIC_TASKS ? &control->tasks[at.partition] : &control->inputs[at.partition];
}

const struct fingerprint *control_seen(const struct control *control, struct reader_at at)
{
    const struct memory *memory = memory_at(control, at);
    return memory->known ? &memory->seen : NULL;
}

void control_note_read(struct control *control, struct instant now,
                       const struct reader_event *event)
{
    struct memory *memory = memory_at(control, event->at);
    bool is_task = event->at.topic == TOPIC_TASKS;
    struct control_record record = {.action = CONTROL_INPUT_SEEN, .partition = event->at.partition};
    if (is_task ? memory->known : !instant_reached(now, memory->next))
        return;
    record.seen = topic_fingerprint(event);
    (void)snprintf(record.topic, sizeof record.topic, "%s",
                   is_task ? control->options.tasks : control->options.requests);
    if (!put(control, &record))
        return;
    memory->known = true;
    memory->seen = record.seen;
    memory->next = instant_after_ms(now, CONTROL_INPUT_EVERY_MS);
}
