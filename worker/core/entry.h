/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry: everything the ledger knows about one instance, and what its owner remembers besides.
 *
 * The folded part changes only by records (core/ledger.h); `hint` is what the owner has seen and is
 * lost with it. Entries, requests and texts live in the engine's pool.
 */
#ifndef WORKER_CORE_ENTRY_H
#define WORKER_CORE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/pool.h"
#include "core/kept.h"
#include "core/outcome.h"
#include "core/phase.h"
#include "core/record.h"
#include "core/task.h"

enum request_flag {
    REQUEST_RIDES = 1,     /* the dispatch under way serves it and will decide it */
    REQUEST_LEADS = 2,     /* the oldest of those: the dispatch was made in its name */
    REQUEST_CANCELLED = 4, /* withdrawn while it rode; takes effect if the attempt comes back */
    REQUEST_TRIED = 8,     /* it rode on an attempt that came back: it has a last error */
};

/* An open request. */
struct request {
    struct request *next; /* in the order of the log */
    int64_t requested_ms;
    int64_t serves_after_ms; /* TIME_NONE: only an intent after `applied` serves it */
    int64_t not_before_ms;   /* TIME_NONE: at once */
    int64_t expires_ms;
    int64_t accepted_ms;
    int64_t applied; /* ledger offset of the record that opened it */
    struct source source;
    uint32_t attempts; /* calls made in its name */
    uint16_t strikes;  /* answers that count against max_attempts */
    uint8_t kind;
    uint8_t flags;
    uint16_t text_n[REQUEST_TEXT_N];
    char text[];
};

/* A closed request within memory. */
struct closed {
    struct closed *next;
    int64_t forget_ms;
    struct kept *last_word;
};

/* A cancel that came before its request. */
struct early {
    struct early *next;
    int64_t expires_ms;
    uint16_t id_n;
    char id[];
};

/* The current dispatch, or the last one while there may be something to learn of it. */
struct flight {
    struct dispatch_id dispatch;
    int64_t started_ms; /* S: the log time of the intent */
    int64_t intent;     /* its ledger offset */
    int64_t sign_s;
    uint32_t batch_size;
    uint8_t kind;
    uint8_t api_request_id_n;
    char api_request_id[64]; /* cut beyond that: it is only shown */
};

/* A reboot that succeeded. The first of an entry's is the last one; behind it stand those from
 * before that are stronger than each one after them: they may serve who is not served by those. */
struct reboot {
    struct reboot *older;
    int64_t started_ms;
    int64_t intent;
    struct dispatch_id dispatch;
    uint32_t batch_size;
    uint8_t kind;
    uint8_t confirmed_by;
    uint8_t api_request_id_n;
    uint16_t leader_n;
    char text[]; /* api_request_id, leader */
};

/* The last error of an attempt that came back. */
struct last_error {
    uint8_t source;
    uint16_t code_n;
    uint16_t message_n;
    char text[];
};

struct hint; /* core/engine_impl.h: volatile */

struct entry {
    struct entry *hash_next;
    struct entry *prev, *next; /* in the queue it stands in (core/queue.h) */
    struct queue *queue;
    struct request *open;
    struct closed *closed;
    struct early *early;
    struct flight *flight;
    struct reboot *reboots;
    struct last_error *error;
    struct hint *hint;
    int64_t next_ms;  /* WAITING: backoff, not before; else TIME_NONE */
    int64_t due_ms;   /* volatile: when the owner looks at it again (core/timer.h) */
    int64_t touched;  /* ledger offset of the last record about it */
    uint32_t timer_i; /* volatile: place in the timer heap */
    uint32_t hash;
    uint32_t bytes;     /* of requests, closed, early: what limits.entry_bytes limits */
    uint16_t partition; /* whose ledger it stands in */
    uint16_t open_n;
    uint16_t closed_n;
    uint16_t early_n;
    uint8_t phase;
    uint8_t taint; /* enum taint */
    bool proposed; /* volatile: a decision about it, other than a task, is on its way */
    uint8_t id_n;
    char id[];
};

struct view entry_id(const struct entry *entry);
struct entry *entry_make(struct pool *pool, struct view id, uint32_t hash);
/* Frees it with all it holds, but for the hint, which must be gone. */
void entry_free(struct pool *pool, struct entry *entry);

/* Moves to a phase; there must be a reason for it (core/phase.h). */
void entry_move(struct entry *entry, enum entry_phase to);

struct view request_text(const struct request *req, enum request_text which);
/* Takes what a task says; the caller links and counts it. */
struct request *request_make(struct pool *pool, const struct task_op *op);
void request_free(struct pool *pool, struct request *req);
size_t request_bytes(const struct request *req);
/* Does this task say the same as the open request with its id? */
bool request_says(const struct request *req, const struct task *task);

struct request *entry_find_open(struct entry *entry, struct view request_id);
struct closed *entry_find_closed(struct entry *entry, struct view request_id);
struct request *entry_leader(struct entry *entry);
/* Drops the oldest closed ones and early cancels beyond the limits. */
void entry_trim(struct pool *pool, struct entry *entry, const struct limits *limits);
void entry_add_closed(struct pool *pool, struct entry *entry, struct kept *take_last_word,
                      int64_t forget_ms);
void entry_add_early(struct pool *pool, struct entry *entry, struct view request_id,
                     int64_t expires_ms);
/* Takes the early cancels of this request out; false when none of them still held at at_ms. */
bool entry_take_early(struct pool *pool, struct entry *entry, struct view request_id,
                      int64_t at_ms);
void entry_set_error(struct pool *pool, struct entry *entry, enum error_source source,
                     struct view code, struct view message);
struct view last_error_code(const struct last_error *error);
struct view last_error_message(const struct last_error *error);
void entry_set_flight(struct pool *pool, struct entry *entry, const struct flight *flight);
void entry_clear_flight(struct pool *pool, struct entry *entry);
/* Does it wait for the answer to this dispatch? That it was sent is news even when it had been
 * taken for an attempt that came back, or given up as unknown. */
bool entry_awaits(const struct entry *entry, struct dispatch_id dispatch, bool sent);
/* Takes a copy of `reboot` with these texts in, unless a later one is as strong; those from before
 * that are not stronger go. */
void entry_add_reboot(struct pool *pool, struct entry *entry, const struct reboot *reboot,
                      struct view api_request_id, struct view leader);
/* May it be forgotten, for all that a request could still ask of it? Nothing is open, what was
 * closed is past its time, and so is the last reboot once it is older than reboot_ms. */
bool entry_is_spent(const struct entry *entry, int64_t log_ms, int64_t reboot_ms);

/* HARD > SOFT_FIRST, FORCE > SOFT. */
int reboot_strength(enum reboot_kind kind);

#endif
