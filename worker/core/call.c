/* SPDX-License-Identifier: Apache-2.0 */
#include "core/call.h"

static const char *const state_names[INSTANCE_STATE_N] = {
    [INSTANCE_OTHER] = NULL,
    [INSTANCE_PENDING] = "PENDING",
    [INSTANCE_LAUNCH_FAILED] = "LAUNCH_FAILED",
    [INSTANCE_RUNNING] = "RUNNING",
    [INSTANCE_STOPPED] = "STOPPED",
    [INSTANCE_STARTING] = "STARTING",
    [INSTANCE_STOPPING] = "STOPPING",
    [INSTANCE_REBOOTING] = "REBOOTING",
    [INSTANCE_SHUTDOWN] = "SHUTDOWN",
    [INSTANCE_TERMINATING] = "TERMINATING",
    [INSTANCE_TERMINATED] = "TERMINATED",
};

const char *instance_state_name(enum instance_state state)
{
    return state_names[state];
}

enum instance_state instance_state_of(struct view name)
{
    for (enum instance_state state = INSTANCE_PENDING; state < INSTANCE_STATE_N; state++)
        if (view_is(name, state_names[state]))
            return state;
    return INSTANCE_OTHER;
}
