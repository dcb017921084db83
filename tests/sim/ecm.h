/* SPDX-License-Identifier: Apache-2.0
 *
 * The API: instances, and the calls that it gets.
 */
#ifndef TESTS_SIM_ECM_H
#define TESTS_SIM_ECM_H

#include "core/call.h"

#include "plan.h"

struct sim;
struct worker;
struct key;
struct effect;
struct boarding;

enum { SPELLS_MAX = 8 };

/* From a moment on the instance is in this state. */
struct spell {
    int64_t from_us;
    enum instance_state state;
    const char *operation; /* NULL: none to be read */
    const char *operation_state;
};

/* An operation on an instance, whoever asked for it. */
struct operation {
    struct operation *next;
    int64_t at_us;
    int64_t until_us;
    bool is_reboot;
    bool is_ours;
};

/* What a worker was shown of an instance last. */
struct shown {
    uint32_t process;
    int64_t epoch;
    int64_t as_of_us;
};

struct machine {
    struct view id;
    uint32_t index;
    int32_t partition;
    struct spell spells[SPELLS_MAX]; /* a ring */
    uint32_t spell_n;
    bool missing;
    bool denied;
    int64_t shown_us;             /* reads have shown it as it was then */
    struct operation *operations; /* the latest first */
    struct shown shown[WORKERS_MAX];
    struct key *keys;        /* every request id that was asked for it */
    struct effect *effects;  /* the latest intent first */
    struct boarding *flight; /* the last one that was in force */
    uint32_t closed_n;       /* finals decided */
};

struct sent_call {
    uint32_t index;
    uint32_t worker;
    uint32_t process;
    uint64_t engine_id;
    enum call_action action;
    enum reboot_kind kind;
    struct dispatch_id dispatch;
    int64_t sign_s;
    struct machine **machines;
    uint32_t machine_n;
    enum instance_state states[CALL_FILTER_VALUES_MAX];
    uint32_t state_n;
    int64_t offset;
    int64_t sent_us;
    bool is_cut;          /* the process died before it arrived */
    bool is_over;         /* an answer, or the time-out, has been handed to the worker */
    bool is_lost;         /* the worker never gets the answer */
    bool is_unclear;      /* the answer does not say whether there is an effect */
    bool is_refused;      /* the answer is a definite error */
    int64_t *as_of_us;    /* by sighting of the answer: the moment that it shows */
    struct answer reply;  /* of the API */
    struct answer answer; /* what the worker is told */
};

struct ecm {
    struct machine *machines;
    int64_t counted_s[CALL_ACTION_N]; /* the second that is being counted */
    uint32_t counted[CALL_ACTION_N];
    uint32_t limit; /* calls per second that it lets through, of each action */
    bool unreachable;
    bool refusing;     /* credentials are not accepted */
    int64_t *arrivals; /* of reboots */
    uint32_t arrival_n;
    uint32_t throttled_n; /* calls over the limit that were nobody else's */
};

void ecm_open(struct sim *sim);
const struct spell *ecm_spell(const struct machine *machine, int64_t at_us);
void ecm_reboot(struct sim *sim, struct sent_call *call, struct machine *machine);
void ecm_meddle(struct sim *sim);
void ecm_outage(struct sim *sim);
struct machine *ecm_find(struct sim *sim, struct view id);
void ecm_read(struct sim *sim, struct sent_call *call);

/* index counts sim->calls. */
void call_send(struct sim *sim, struct worker *worker, const struct call *call);
void call_arrives(struct sim *sim, uint32_t index);
void call_effect(struct sim *sim, uint32_t index, uint32_t machine);
void call_answered(struct sim *sim, uint32_t index, bool in_time);
void call_process_died(struct sim *sim, const struct worker *worker);

#endif
