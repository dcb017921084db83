/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of a ledger partition as plain values.
 *
 * Every record but CLAIM and REPLY is a decision of the owner: it carries the owner's epoch (the
 * offset of its CLAIM) and a seq without gaps. A decision says what was decided with absolute
 * times, and nothing in it depends on the reader's configuration or clock: folding the same log
 * gives the same state everywhere.
 *
 * Enumerator values are stored: append only. Views borrow from whoever built or decoded the record.
 */
#ifndef WORKER_CORE_RECORD_H
#define WORKER_CORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/image.h"
#include "core/outcome.h"
#include "core/task.h"

enum { LEDGER_FORMAT = 1 }; /* stands in CLAIM; a newer one is refused */

enum record_kind {
    RECORD_CLAIM = 1,
    RECORD_TASKS = 2,  /* tasks joined, and the cursor behind them */
    RECORD_INTENT = 3, /* these instances are about to be called */
    RECORD_ANSWER = 4, /* what the API said, and what follows for each instance */
    RECORD_SEEN = 5,   /* what was found by looking */
    RECORD_SHUT = 6,   /* requests that end without a call: expired, cancelled */
    RECORD_MARK = 7,   /* everything owed before `published` is acknowledged */
    RECORD_BEGIN = 8,  /* snapshot: from here */
    RECORD_IMAGE = 9,  /* snapshot: whole entries */
    RECORD_END = 10,   /* snapshot: to here */
    RECORD_REPLY = 11, /* an answer that came after the partition was lost: news for the owner */
};

/* Limits per instance, part of the fold: they stand in CLAIM and hold until the next one. */
struct limits {
    uint32_t open_requests;
    uint32_t closed_requests;
    uint32_t entry_bytes;
};

/* A task with everything that depends on policy already judged by the owner. */
struct task_op {
    struct task
        task; /* region and expires_ms filled in; requested_ms is the R of the coalescing rule */
    int64_t task_ms;         /* the task's own log time */
    int64_t serves_after_ms; /* a reboot with S > this serves the request; TIME_NONE: the log's
                                order decides */
    struct view reject_code; /* VIEW_NONE: not rejected by policy */
    struct view reject_message;
};

enum member_verdict {
    MEMBER_SENT = 1,     /* accepted by the API: REBOOTING */
    MEMBER_BACK = 2,     /* to be tried again at next_ms */
    MEMBER_FAILED = 3,   /* final */
    MEMBER_UNKNOWN = 4,  /* went out, no answer: gather evidence */
    MEMBER_NOT_SENT = 5, /* no call was made, or none arrived: as if the intent had not been */
};

enum member_flag {
    /* The answer is proven to be this instance's own: it counts against max_attempts. */
    MEMBER_STRIKE = 1,
    MEMBER_REFUSED = 2, /* the attempt was provably refused whole: it can have had no effect */
};

/* One instance of a dispatch in RECORD_ANSWER. */
struct member {
    struct view instance_id;
    enum member_verdict verdict;
    uint32_t flags;
    int64_t next_ms; /* MEMBER_BACK, MEMBER_NOT_SENT: not before; else TIME_NONE */
};

enum finding {
    FOUND_WENT = 1,     /* UNKNOWN, or WAITING and denied: it is rebooting, so the call did that */
    FOUND_NOT_DONE = 2, /* UNKNOWN: it had none; back to WAITING */
    FOUND_NO_TRACE = 3, /* UNKNOWN: the evidence does not tell: closed as unknown */
    FOUND_RUNNING = 4,  /* REBOOTING: read RUNNING by id: succeeded */
    FOUND_ABSENT = 5,   /* REBOOTING: absent from two complete lists: succeeded */
    FOUND_OVERDUE = 6,  /* REBOOTING: not RUNNING within confirm.timeout: unconfirmed */
    FOUND_DOWN = 7,     /* REBOOTING: STOPPED, gone, ...: failed with the error given */
    /* WAITING: not in a state that leads to RUNNING: failed with the error given. */
    FOUND_NOT_RUNNABLE = 8,
    FOUND_CLEAR = 9, /* WAITING and denied: read since, and it shows no reboot: it may go again */
    /* As FOUND_NO_TRACE, and RUNNING: should the call have been accepted, that reboot succeeded. */
    FOUND_NO_TRACE_UP = 10,
};

struct seen {
    struct view instance_id;
    enum finding finding;
    struct view error_code; /* FOUND_DOWN, FOUND_NOT_RUNNABLE */
    struct view error_message;
};

struct shut {
    struct view instance_id;
    struct view request_id;
    enum outcome_status status; /* OUTCOME_EXPIRED or OUTCOME_CANCELLED */
};

struct source_position {
    int32_t partition;
    int64_t offset;
    int32_t index;
    uint32_t generation;
};

enum record_limit {
    RECORD_OPS_MAX = 512,      /* task_ops, members, seen, shut in one record */
    RECORD_SOURCES_MAX = 4096, /* input partitions */
    RECORD_BYTES_MAX = 900 * 1024,
};

struct record {
    enum record_kind kind;
    int64_t epoch; /* all but CLAIM (0 there) and REPLY */
    uint32_t seq;
    union {
        struct {
            struct view pool;
            struct view worker;
            uint64_t nonce; /* fresh for each append */
            uint32_t format;
            bool dry_run;
            struct limits limits;
        } claim;
        struct {
            int64_t cursor; /* the next task to apply, once this record is folded */
            const struct task_op *ops;
            uint32_t op_n;
        } tasks;
        struct {
            struct dispatch_id dispatch;
            enum reboot_kind kind;
            int64_t decided_ms;  /* by the owner's idea of the log's clock: who may go by then is
                                    served */
            int64_t sign_s;      /* the time that the call will be signed with */
            uint32_t batch_size; /* of the whole dispatch, over all partitions */
            struct view region;
            const struct view *instance_ids;
            uint32_t instance_n;
        } intent;
        struct {
            struct dispatch_id dispatch;
            struct view api_request_id;
            uint32_t batch_size; /* as it was sent */
            uint32_t max_attempts;
            bool final_dispatch; /* `dispatched` is the final status: confirm.enabled false, or a
                                    dry run */
            enum error_source error_source;
            struct view error_code;
            struct view error_message;
            const struct member *members;
            uint32_t member_n;
        } answer;
        struct {
            const struct seen *items;
            uint32_t item_n;
        } seen;
        struct {
            const struct shut *items;
            uint32_t item_n;
        } shut;
        struct {
            int64_t cursor;
            int64_t published; /* every event owed by records below this offset is acknowledged */
        } mark;
        struct {
            int64_t cursor;
            int64_t published;
            struct view pool; /* what the CLAIM in force said */
            struct view worker;
            bool dry_run;
            struct limits limits;
            const struct source_position *sources;
            uint32_t source_n;
        } begin;
        struct {
            const struct image *images;
            uint32_t image_n;
        } image;
        struct {
            struct dispatch_id dispatch;
            struct view worker;
            bool sent; /* false: the call was never made */
            enum error_source error_source;
            struct view api_request_id;
            struct view error_code;
            struct view error_message;
            uint32_t batch_size;
            const struct view *instance_ids; /* the batch's instances of this partition */
            uint32_t instance_n;
        } reply;
    } u;
};

/* "claim", "tasks", "intent", "answer", "seen", "shut", "mark", "begin", "image", "end", "reply".
 */
const char *record_kind_name(enum record_kind kind);

#endif
