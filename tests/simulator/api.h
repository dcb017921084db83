/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's front: common parameters, signature, rate, action; then the faults around it.
 */
#ifndef TESTS_SIMULATOR_API_H
#define TESTS_SIMULATOR_API_H

#include "error.h"
#include "params.h"
#include "sim.h"

/* One call on its way through an action. */
struct api_call {
    struct sim *sim;
    const char *action;
    json_t *params;  /* checked */
    size_t logged;   /* place in the log */
    struct buf *out; /* members of the answer, each followed by a comma */
    struct api_error error;
    enum message_style style;
    bool partial; /* refused instances do not keep the others from being rebooted */
    bool half;    /* only a part of the effect happens, then the error below */
    const struct api_fault *fault; /* that hit the call, NULL for none */
};

/* The log's record of this call; valid until the next call is added. */
struct logged_call *api_logged(const struct api_call *call);

/* An action: writes into out, or fills error and returns false. */
typedef bool api_action_fn(struct api_call *call);

extern const struct param_specs reboot_params;
extern const struct param_specs describe_params;
extern const struct param_specs denied_params;
api_action_fn reboot_instances;
api_action_fn describe_instances;
api_action_fn describe_denied_actions;
/* Answered now, done delay_ms later: what a back end may do with a call whose answer was lost. */
void reboot_later(struct api_call *call, int64_t delay_ms);

/* What stands in the way of rebooting this instance: an error code, or NULL. */
const char *reboot_obstacle(struct sim *sim, const char *action, const char *id,
                            const struct api_fault **fault_out);

/* Answers a request to the API. */
void api_answer(struct sim *sim, const struct request *request, struct answer *answer);

#endif
