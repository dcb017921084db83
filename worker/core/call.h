/* SPDX-License-Identifier: Apache-2.0
 *
 * A call to the API and its answer, as plain values: the engine decides calls and judges answers,
 * the wire turns both into bytes and back, the shell sends them.
 */
#ifndef WORKER_CORE_CALL_H
#define WORKER_CORE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/outcome.h"
#include "core/task.h"

/* Limits of the API (RebootInstances: 100 instances; DescribeInstances: 5 values a filter, 100 a
 * page). */
enum {
    CALL_REBOOT_INSTANCES_MAX = 100,
    CALL_FILTER_VALUES_MAX = 5,
    CALL_PAGE_MAX = 100,
};

enum call_action {
    CALL_REBOOT = 0, /* RebootInstances: fresh connection, one POST, never sent again */
    CALL_DESCRIBE =
        1,           /* DescribeInstances: by instance-id, or a page of a list by instance-state */
    CALL_DENIED = 2, /* DescribeInstancesDeniedActions */
};
#define CALL_ACTION_N 3

/* InstanceState; values are volatile, names are in call.c. Unknown words become INSTANCE_OTHER. */
enum instance_state {
    INSTANCE_OTHER = 0,
    INSTANCE_PENDING,
    INSTANCE_LAUNCH_FAILED,
    INSTANCE_RUNNING,
    INSTANCE_STOPPED,
    INSTANCE_STARTING,
    INSTANCE_STOPPING,
    INSTANCE_REBOOTING,
    INSTANCE_SHUTDOWN,
    INSTANCE_TERMINATING,
    INSTANCE_TERMINATED,
};
#define INSTANCE_STATE_N 11

/* The wire's word for a state ("RUNNING"), NULL for INSTANCE_OTHER. */
const char *instance_state_name(enum instance_state state);
enum instance_state instance_state_of(struct view name);

struct call {
    uint64_t id; /* the engine's number for it; comes back with the answer */
    enum call_action action;
    enum reboot_kind kind;           /* CALL_REBOOT */
    struct dispatch_id dispatch;     /* CALL_REBOOT */
    int64_t sign_s;                  /* time of the signature, unix seconds, already corrected */
    struct view region;              /* of the instances; VIEW_NONE: none */
    const struct view *instance_ids; /* CALL_REBOOT up to 100, CALL_DENIED up to 100, CALL_DESCRIBE
                                        up to 5; 0: a list */
    uint32_t instance_n;
    const enum instance_state
        *states; /* a list: the values of the instance-state filter, up to 5 */
    uint32_t state_n;
    int64_t offset; /* a list: Offset; Limit is CALL_PAGE_MAX, ascending */
    int64_t timeout_ms;
};

/* What became of a call. */
enum answer_kind {
    ANSWER_NOT_SENT = 0, /* no byte of the request can have arrived: refused, DNS, TLS, discarded */
    ANSWER_API = 1,      /* the API's own JSON answer: `code` none means success */
    ANSWER_UNREADABLE =
        2,           /* an HTTP answer that is not the API's: 5xx, not JSON, cut off, too large */
    ANSWER_LOST = 3, /* sent, perhaps in part, and no answer: timeout, reset */
};

/* A state that was read of one instance. */
struct sighting {
    struct view instance_id;
    enum instance_state state;
    struct view latest_operation;       /* VIEW_NONE: null or absent */
    struct view latest_operation_state; /* likewise */
};

/* A row of DescribeInstancesDeniedActions: RebootInstances is denied for this instance. */
struct denial {
    struct view instance_id;
    struct view code; /* VIEW_NONE: null */
    struct view message;
};

/* Views borrow from the parsed body; they live as long as the call that hands the answer over. */
struct answer {
    enum answer_kind kind;
    struct view code;    /* Response.Error.Code, or VIEW_NONE; for other kinds than ANSWER_API a
                            worker's own code */
    struct view message; /* for a person; never judged */
    struct view api_request_id;
    int64_t date_s;  /* the Date header, unix seconds, or TIME_NONE */
    int64_t total_n; /* DescribeInstances: TotalCount */
    const struct sighting *sightings;
    uint32_t sighting_n;
    const struct denial *denials;
    uint32_t denial_n;
};

#endif
