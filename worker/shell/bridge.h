/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine and the world: what the modules of the shell report becomes events of the engine, and
 * what the engine asks for is done.
 *
 * Decides nothing. Owns the engine and its memory; producers, reader and http are lent. Actions are
 * taken only while the producers have room for what any one of them may write, so an append is
 * never dropped; between two lives of a producer the engine just waits.
 */
#ifndef WORKER_SHELL_BRIDGE_H
#define WORKER_SHELL_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/engine.h"
#include "shell/group.h"
#include "shell/http.h"
#include "shell/producer.h"
#include "shell/reader.h"
#include "shell/topic_check.h"

/* What the bridge cannot do itself; called from within bridge_tick. */
struct bridge_sink {
    void *context;
    void (*note)(void *context, const struct note *note);
    /* Offset of tasks p to commit, for lag displays. */
    void (*commit)(void *context, struct reader_at at, int64_t offset);
    /* Has ledger p had an owner, ever? */
    bool (*was_claimed)(void *context, int32_t partition);
    /* A record of tasks is about to be taken. */
    void (*task_read)(void *context, const struct reader_event *event);
    /* One that stands in tasks partition p, if it is the topic that it was; NULL: none is known. */
    const struct fingerprint *(*task_seen)(void *context, int32_t partition);
    /* Everything of the partition below `offset` is no longer needed. */
    void (*trim)(void *context, struct reader_at at, int64_t offset);
    void (*drained)(void *context);
    /* An event is on its way to the results topic. */
    void (*outcome)(void *context, enum outcome_status status);
    /* Credentials to sign with now. */
    const struct credentials *(*credentials)(void *context);
};

struct bridge_options {
    struct engine_options engine; /* texts outlive the bridge */
    const char *source;           /* ce_source */
    const char *requests;         /* the topic's name, for `source` of outcomes */
    size_t memory_bytes;          /* ceiling of the engine's memory, reserved lazily */
    struct producer *producer;    /* of the ledger */
    struct producer *publisher;   /* of outcomes */
    struct reader *reader;
    struct http *http;
    struct bridge_sink sink;
};

struct bridge;

/* ERR_SYSTEM: no address space; ERR_CONFIG: memory_bytes is below ENGINE_BYTES_MIN. */
MUST_USE enum err bridge_open(const struct bridge_options *options, struct bridge **bridge_out,
                              struct fault *fault);
/* NULL is ignored. */
void bridge_close(struct bridge *bridge);

/* Tasks partition p is ours to try, or no longer. */
void bridge_assigned(struct bridge *bridge, int32_t partition, bool assigned);
/* An event of a partition of tasks or ledger. */
void bridge_read(struct bridge *bridge, const struct reader_event *event);
/* A report on ledger or results. */
void bridge_report(struct bridge *bridge, const struct producer_report *report);
void bridge_completed(struct bridge *bridge, const struct completion *completion);
void bridge_set_rate(struct bridge *bridge, double calls_per_s);
void bridge_drain(struct bridge *bridge);
/* At the end of each turn: time passes, everything the engine asks for is done, and tasks are let
 * in as there is room. The other functions only tell the engine. */
void bridge_tick(struct bridge *bridge);

/* Is nothing kept that must be written once more? For the drain. */
bool bridge_is_idle(const struct bridge *bridge);
struct instant bridge_wake(const struct bridge *bridge);
const struct engine *bridge_engine(const struct bridge *bridge);

#endif
