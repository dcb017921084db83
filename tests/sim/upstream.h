/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests, and intake that makes tasks of them.
 */
#ifndef TESTS_SIM_UPSTREAM_H
#define TESTS_SIM_UPSTREAM_H

#include "core/task.h"

#include "log.h"

struct key;
struct machine;

/* One instance of one request's record. */
struct ask {
    struct source source;
    enum task_type type;
    enum reboot_kind kind;
    bool allow_repeat;
    int64_t record_ms;
    int64_t requested_ms;
    int64_t not_before_ms;
    int64_t expires_ms;
    struct view request_id;
    struct view region;
    struct machine *machine; /* NULL: none could be read */
    struct key *key;         /* TASK_REBOOT, TASK_CANCEL */
    /* by the judge: */
    int64_t applied;  /* ledger offset of the record that joined it, -1 */
    int64_t task_ms;  /* log time of the task as it was joined */
    bool is_answered; /* accepted or rejected */
    bool is_rejected;
};

/* A request's record. */
struct asked_record {
    struct ask *asks;
    uint32_t ask_n;
    int32_t input;
    int64_t offset;
};

/* Reads one input partition and writes tasks; one life of it. */
struct intake {
    int32_t input;
    struct outlet outlet;
    uint32_t next;     /* record to take next */
    uint32_t done;     /* all before are stored and acknowledged */
    uint32_t *pending; /* by record: tasks not acknowledged yet */
    bool waiting;      /* for the next record */
    bool is_over;
};

struct input {
    struct asked_record *records;
    uint32_t n;
    uint32_t committed; /* a new life may begin here, or before */
};

struct upstream {
    struct input inputs[INPUTS_MAX];
    struct intake **intakes;
    uint32_t intake_n;
    struct ask **reboots; /* one of each request id, for repeating */
    uint32_t reboot_n;
    uint32_t record_n;
    uint32_t request_n; /* ids so far */
    struct view *ids;
    uint32_t id_n;
};

void upstream_open(struct sim *sim);
void upstream_request(struct sim *sim);
void upstream_intake(struct sim *sim, uint32_t index);
void intake_report(struct sim *sim, struct outlet *outlet, const struct append *append);
/* Where its task goes. */
int32_t upstream_partition(const struct sim *sim, const struct ask *ask);
struct ask *upstream_ask(struct sim *sim, struct source source);

#endif
