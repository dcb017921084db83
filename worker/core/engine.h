/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: every decision of a worker, behind one door.
 *
 * The shell tells it what happened (engine_step, one event at a time, each with the time) and does
 * what it asks (engine_next, until it returns false). The engine reads no clock, does no I/O and
 * cannot fail: all memory comes from the pool handed in at the start, and "full" is an answer (it
 * stops asking for tasks), never an error half-way.
 *
 * Life of a ledger partition p, as the shell sees it:
 *
 *   EV_ASSIGNED -> ACT_LEDGER_READ(p, from) -> EV_RECORD ... EV_LEDGER_END -> ACT_APPEND(claim) ->
 * EV_RECORD (own claim)
 *     -> ACT_TASKS_READ(p, from) -> EV_TASK ... -> ACT_APPEND(decision) -> EV_APPENDED, EV_RECORD
 * -> ACT_PUBLISH, ACT_CALL EV_REVOKED changes nothing until a foreign claim is read ->
 * ACT_TASKS_STOP(p) [-> ACT_LEDGER_STOP(p)]
 *
 * The engine is single-threaded and owns everything it is handed only for the length of the call,
 * unless stated.
 */
#ifndef WORKER_CORE_ENGINE_H
#define WORKER_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "core/call.h"
#include "core/outcome.h"
#include "core/record.h"
#include "core/task.h"

enum { ENGINE_PARTITIONS_MAX = 256 };

/* Policy, from the configuration. Texts must outlive the engine. Durations in ms. */
struct engine_options {
    struct view pool;   /* `group` */
    struct view worker; /* `name` */
    uint32_t pool_mark; /* that the tasks of this pool carry: a checksum of `group` */
    uint64_t nonce;     /* random, fresh for each process: part of dispatch ids and claims */
    uint64_t seed;      /* jitter */
    int32_t partition_n;
    bool dry_run;
    struct limits limits;
    /* requests */
    struct view default_region;
    int64_t request_max_age_ms;
    int64_t dedup_window_ms;
    bool allow_force;
    /* calls */
    double rate_limit; /* calls per second of each action, for the pool */
    uint32_t batch_size;
    int64_t linger_ms;
    int64_t timeout_ms;
    int64_t signature_life_ms;
    int64_t settle_ms;
    /* retries */
    uint32_t max_attempts;
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
    /* confirmation */
    bool confirm_enabled;
    int64_t confirm_interval_ms;
    int64_t confirm_timeout_ms;
    bool ambiguity_retry;
    int64_t
        snapshot_bytes_min; /* a ledger partition grows by at least this between two snapshots */
};

enum event_type {
    EV_TICK,           /* only time has passed */
    EV_ASSIGNED,       /* the group gave us tasks partition p */
    EV_REVOKED,        /* the group took it away, or the membership ended */
    EV_RECORD,         /* a ledger record was read */
    EV_LEDGER_END,     /* the reader of ledger p has reached the end of the log */
    EV_LEDGER_STOPPED, /* the ledger of p cannot be followed (text says why): the partition stops,
                          loudly */
    EV_APPENDED,       /* the delivery report of an ACT_APPEND: acknowledged by the brokers */
    EV_APPEND_FAILED,  /* an append failed for good: drop p, read again, claim anew */
    EV_TASK,           /* a task was read */
    EV_TASK_BAD,   /* a task record that cannot be decoded: the partition stops, loudly (text says
                     why) */
    EV_TASKS_GONE, /* the position in tasks p is deleted: by a new owner that is not known here yet,
                      else the partition stops, loudly (text says why) */
    EV_PUBLISHED,  /* the results topic has acknowledged the outcome with this ticket */
    EV_ANSWER,     /* what became of a call */
    EV_LIMITS,     /* SIGHUP: rate_limit has a new value */
    EV_DRAIN,      /* stop taking tasks, finish what is in the air */
};

/* The present, as the shell read it once for this event. */
struct now {
    struct instant at; /* boot-time clock */
    int64_t wall_us;   /* the machine's wall clock, unix microseconds: slots and signatures only */
};

struct event {
    enum event_type type;
    struct now now;
    int32_t partition; /* all but EV_TICK, EV_ANSWER, EV_LIMITS, EV_DRAIN */
    int64_t offset;    /* EV_RECORD, EV_TASK; EV_LEDGER_END: the end offset */
    int64_t log_ms;    /* EV_RECORD, EV_TASK: the record's time in the log */
    bool writers_time; /* EV_RECORD: log_ms is its writer's clock, not the one of the brokers */
    int64_t bytes;     /* EV_RECORD, EV_TASK: of the record in its log, about */
    uint64_t ticket; /* EV_APPENDED, EV_APPEND_FAILED, EV_PUBLISHED: from the action; EV_ANSWER: the
                        call's id */
    double rate_limit;           /* EV_LIMITS */
    struct view text;            /* EV_LEDGER_STOPPED, EV_TASK_BAD, EV_TASKS_GONE */
    const struct record *record; /* EV_RECORD */
    const struct task *task;     /* EV_TASK */
    const struct answer *answer; /* EV_ANSWER */
};

enum action_type {
    ACT_LEDGER_READ, /* start reading ledger p at `offset` (0: from the log's start) */
    ACT_LEDGER_STOP, /* stop reading it */
    ACT_LEDGER_TRIM, /* delete the records of ledger p below `offset`; late, or never, is harmless
                      */
    ACT_APPEND,      /* append `record` to ledger p; report with `ticket` */
    ACT_TASKS_READ, /* start reading tasks p at `offset`, or at the log's start if that is later and
                       offset is 0 */
    ACT_TASKS_STOP, /* stop reading them */
    ACT_TASKS_TRIM, /* delete the records of tasks p below `offset`; likewise */
    ACT_TASKS_COMMIT, /* commit `offset` for tasks p, for lag displays only */
    ACT_PUBLISH,      /* render and publish `outcome`; report with `ticket` */
    ACT_CALL,         /* send `call` */
    ACT_NOTE,         /* log `note` */
    ACT_DRAINED,      /* after EV_DRAIN: nothing is in the air any more */
};

/* Facts worth a log line. Text and severity stand in shell/log.c. */
enum note_type {
    NOTE_CLAIMED,         /* p is ours: offset = epoch, count = entries */
    NOTE_LOST,            /* p was claimed by `text` */
    NOTE_STOPPED,         /* p stopped: `text` says why and what to do */
    NOTE_REQUEST_DIFFERS, /* a request id came again with other content: `text` = the id */
    NOTE_THROTTLED,       /* RequestLimitExceeded: the pace is now count per thousand */
    NOTE_CLOCK_OFFSET,    /* the API's clock differs by count seconds */
    NOTE_CLOCK_JUMP,      /* and has jumped: sending waits */
    NOTE_BREAKER_OPEN,    /* `text` = the code that opened it */
    NOTE_BREAKER_CLOSED,
    NOTE_ANSWER_LOST,  /* dispatch `text`: count instances are unknown now */
    NOTE_FULL,         /* memory is at its ceiling: no more tasks for now */
    NOTE_UNKNOWN_CODE, /* the API said a code that verdict.c does not know: `text` */
};

struct note {
    enum note_type type;
    int32_t partition; /* -1: none */
    int64_t offset;
    int64_t count;
    struct view text;
};

/* Views and pointers live until the next call of any engine function. */
struct action {
    enum action_type type;
    int32_t partition;
    int64_t offset;
    uint64_t ticket;
    const struct record *record;
    const struct outcome *outcome;
    const struct call *call;
    struct note note;
};

/* Why readiness is what it is, and numbers for metrics and /status. */
enum partition_role {
    ROLE_NONE = 0,      /* not ours, not read */
    ROLE_RESTORING = 1, /* reading towards the end of the log */
    ROLE_CLAIMING = 2,  /* our claim is appended, not read back */
    ROLE_OWNER = 3,
    ROLE_DEPOSED = 4, /* a foreign claim was read */
    ROLE_STOPPED = 5, /* needs a person */
};

struct partition_stats {
    enum partition_role role;
    bool assigned;
    int64_t epoch;
    int64_t ledger_offset; /* next to be read */
    int64_t cursor;        /* next task to be applied */
    int64_t owed_n;        /* events not acknowledged */
    int64_t entry_n;
    const char *stopped_why; /* ROLE_STOPPED, else NULL */
};

struct engine_stats {
    uint64_t entries_by_phase[8]; /* indexed by enum entry_phase (core/phase.h) */
    uint64_t outcomes[OUTCOME_STATUS_N];
    uint64_t tasks_joined_n;
    uint64_t tasks_repeated_n;    /* source position already applied */
    uint64_t requests_repeated_n; /* request id already known */
    uint64_t batches_n;
    uint64_t batched_instances_n;
    uint32_t batches_under_way_n; /* from the intent to the answer in the ledger */
    uint64_t throttled_n;
    uint64_t passed_slots_n; /* given up to go slower after a throttle */
    bool breaker_open;
    bool full;   /* memory is at its ceiling: no more tasks are taken */
    double pace; /* share of the slots in use, (0, 1] */
    int64_t clock_offset_s;
    size_t pool_used_bytes;
    size_t pool_bytes_max;
    struct instant next_wake;
};

/* Instances that are due for a call, by what one call can have in common. */
struct lane_stats {
    struct view region;
    enum reboot_kind kind;
    bool apart; /* a call failed, perhaps on their account: they do not go with the others */
    uint32_t due_n;
    uint32_t batch_max;
};

struct engine;

/* How much memory engine_open itself takes from the pool is its own business; memory must be
 * zeroed, page-aligned and may be reserved lazily by the operating system: the engine touches what
 * it uses. Returns NULL when bytes_max is below ENGINE_BYTES_MIN. */
struct engine *engine_open(const struct engine_options *options, void *memory, size_t bytes_max);
enum { ENGINE_BYTES_MIN = 256 * 1024 * 1024 };

void engine_step(struct engine *eng, const struct event *ev);
/* The next thing to do, or false when there is nothing now. */
bool engine_next(struct engine *eng, struct action *act);
/* When to step with EV_TICK at the latest. */
struct instant engine_wake(const struct engine *eng);
/* How many more tasks of p the engine will take now; feed no more than that. */
uint32_t engine_task_room(const struct engine *eng, int32_t partition);
void engine_stats(const struct engine *eng, struct engine_stats *out);
/* The lanes that somebody is due in, at most row_max; returns how many. Views live as those of
 * actions. */
uint32_t engine_lane_stats(const struct engine *eng, struct lane_stats *rows, uint32_t row_max);
void engine_partition_stats(const struct engine *eng, int32_t partition,
                            struct partition_stats *out);

#endif
