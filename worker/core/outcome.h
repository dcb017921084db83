/* SPDX-License-Identifier: Apache-2.0
 *
 * An outcome: one event that a decision owes to reboot.results, before it is rendered
 * (schemas/reboot-outcome.schema.json).
 */
#ifndef WORKER_CORE_OUTCOME_H
#define WORKER_CORE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/task.h"

/* Stored in the ledger: append only. */
enum outcome_status {
    OUTCOME_ACCEPTED = 1,
    OUTCOME_DISPATCHED = 2,
    OUTCOME_RETRYING = 3,
    OUTCOME_SUCCEEDED = 4,
    OUTCOME_UNCONFIRMED = 5,
    OUTCOME_FAILED = 6,
    OUTCOME_UNKNOWN = 7,
    OUTCOME_EXPIRED = 8,
    OUTCOME_CANCELLED = 9,
    OUTCOME_REJECTED = 10,
};
#define OUTCOME_STATUS_N 11 /* one more than the last, for tables */

enum error_source { ERROR_NONE = 0, ERROR_API = 1, ERROR_NETWORK = 2, ERROR_WORKER = 3 };
enum confirmed_by { CONFIRMED_NONE = 0, CONFIRMED_STATE = 1, CONFIRMED_ABSENCE = 2 };

/* Unique in the pool: a worker's nonce and its count of dispatches. {0, 0} is none. */
struct dispatch_id {
    uint64_t nonce;
    uint64_t count;
};
static inline bool dispatch_id_equals(struct dispatch_id a, struct dispatch_id b)
{
    return a.nonce == b.nonce && a.count == b.count;
}

enum { DISPATCH_ID_TEXT_MAX = 16 + 1 + 16 + 1 };

/* Views borrow; they live as long as the call that hands the outcome over. Times are TIME_NONE
 * where not reached. */
struct outcome {
    enum outcome_status status;
    bool final;
    bool dry_run;
    enum confirmed_by confirmed_by;
    enum error_source error_source; /* ERROR_NONE: `error` is null */
    uint32_t attempts;
    int64_t revision;
    int64_t requested_ms;
    int64_t accepted_ms;
    int64_t dispatched_ms;
    int64_t finished_ms;
    int64_t time_ms; /* ce_time: the log time of the decision */
    struct source source;
    struct dispatch_id dispatch; /* none: `api` is null */
    uint32_t batch_size;
    struct view request_id;
    struct view instance_id; /* VIEW_NONE: null, and no key */
    struct view region;
    struct view requested_by;
    struct view reason;
    struct view served_by; /* VIEW_NONE: null */
    struct view api_request_id;
    struct view error_code;
    struct view error_message;
    struct view worker;
    struct view traceparent;
    struct view tracestate;
};

/* "accepted", "dispatched", ...: the wire's word. */
const char *outcome_status_name(enum outcome_status status);
/* Lower-case hex "nonce-count", NUL-terminated: api.batchId of events, dispatchId of `reboot-worker
 * ledger`. */
void dispatch_id_text(struct dispatch_id id, char out[DISPATCH_ID_TEXT_MAX]);

#endif
