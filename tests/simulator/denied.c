/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeInstancesDeniedActions: which operations an instance would refuse now, and why.
 */
#include "api.h"

#include <stdlib.h>

#define BATCH_MAX 100

/* Not marked required: a missing list has an error code of its own here. */
static const struct param specs[] = {{"InstanceIdSet", PARAM_STRINGS, false}};
const struct param_specs denied_params = {specs, 1};

static json_t *operator_of(struct sim *sim, const char *id)
{
    const struct api_fault *fault;
    const char *obstacle = reboot_obstacle(sim, "DescribeInstancesDeniedActions", id, &fault);
    json_t *denied = NULL;
    if (obstacle)
        denied = json_pack("[{ss ss ss}]", "Action", "RebootInstances", "Code", obstacle, "Message",
                           "The instance does not allow this operation now.");
    return json_pack("{ss so?}", "InstanceId", id, "DeniedActions", denied);
}

bool describe_denied_actions(struct api_call *call)
{
    const json_t *ids = json_object_get(call->params, "InstanceIdSet");
    size_t n = json_array_size(ids);
    if (n == 0)
        return api_refuse(&call->error, "MissingParameter.MissingInstancesParameter",
                          "The request is missing the parameter `InstanceIdSet`.");
    if (n > BATCH_MAX)
        return api_refuse(&call->error, "InvalidParameter.InvalidDataFormat",
                          "`InstanceIdSet` may hold %d instances.", BATCH_MAX);
    json_t *set = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(set,
                              operator_of(call->sim, json_string_value(json_array_get(ids, i))));
    char *text = json_dumps(set, JSON_COMPACT);
    enum err err =
        text ? buf_append_format(call->out, "\"InstanceOperatorSet\":%s,", text) : ERR_LIMIT;
    free(text);
    json_decref(set);
    return err == ERR_OK || api_refuse(&call->error, "ResponseSizeLimitExceeded", "Too much.");
}
