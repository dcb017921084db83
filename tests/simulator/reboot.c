/* SPDX-License-Identifier: Apache-2.0
 *
 * RebootInstances. A batch is checked as a whole before anything happens: one refused instance
 * refuses all (unless partial effects are asked for). The answer names no instance; only the
 * message may.
 */
#include "api.h"

#include "clock.h"
#include "messages.h"

#include "base/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 100

static const struct param specs[] = {
    {"InstanceIdSet", PARAM_STRINGS, true},
    {"ForceReboot", PARAM_BOOLEAN, false},
    {"StopType", PARAM_STRING, false},
};
const struct param_specs reboot_params = {specs, sizeof specs / sizeof specs[0]};

/* Which refusal is told when several apply: the first of these. */
static const char *const precedence[] = {
    "InvalidParameterValue.InvalidInstanceID",     "ResourceNotFound.InstanceNotExist",
    "UnauthorizedOperation.ForbiddenOperation",    "ResourceUnavailable.InstanceNotRunning",
    "OperationDenied.InstanceOperationInProgress",
};

/* "ein-" and something in lower case: an ID that might exist. */
static bool looks_like_id(const char *id)
{
    const char *rest = id + 4;
    return strncmp(id, "ein-", 4) == 0 && *rest != '\0' && strlen(id) <= 64 &&
           rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0';
}

static const char *code_of(const struct api_fault *fault)
{
    if (fault->code)
        return fault->code;
    switch (fault->kind) {
    case FAULT_BUSY:
        return "OperationDenied.InstanceOperationInProgress";
    case FAULT_STOPPED:
        return "ResourceUnavailable.InstanceNotRunning";
    case FAULT_MISSING:
        return "ResourceNotFound.InstanceNotExist";
    case FAULT_DENIED:
        return "UnauthorizedOperation.ForbiddenOperation";
    default: /* style: only these kinds have no code of their own */
        UNREACHABLE();
    }
}

const char *reboot_obstacle(struct sim *sim, const char *action, const char *id,
                            const struct api_fault **fault_out)
{
    size_t place = fleet_find(&sim->fleet, id);
    *fault_out = faults_of_instance(&sim->faults, action, id, SCOPE_INSTANCE);
    if (*fault_out)
        return code_of(*fault_out);
    if (place == INSTANCE_NONE && !looks_like_id(id))
        return "InvalidParameterValue.InvalidInstanceID";
    if (place == INSTANCE_NONE || sim->fleet.at[place]->state == STATE_GONE)
        return "ResourceNotFound.InstanceNotExist";
    const struct instance *instance = sim->fleet.at[place];
    if (instance->denied)
        return "UnauthorizedOperation.ForbiddenOperation";
    /* A reboot under way is an operation in progress; the vendor's page does not say. */
    if (instance->busy || instance->state == STATE_REBOOTING)
        return "OperationDenied.InstanceOperationInProgress";
    return instance->state == STATE_RUNNING ? NULL : "ResourceUnavailable.InstanceNotRunning";
}

static bool check_options(struct api_call *call)
{
    const json_t *ids = json_object_get(call->params, "InstanceIdSet");
    const char *type = json_string_value(json_object_get(call->params, "StopType"));
    bool forced = json_is_true(json_object_get(call->params, "ForceReboot"));
    if (json_array_size(ids) == 0)
        return api_refuse(&call->error, "MissingParameter",
                          "The request is missing a required parameter `InstanceIdSet`.");
    if (json_array_size(ids) > BATCH_MAX)
        return api_refuse(&call->error, "InvalidParameterValue.ParameterValueTooLarge",
                          "The parameter value exceeds the limit: `InstanceIdSet` may hold %d "
                          "instances.",
                          BATCH_MAX);
    if (type && strcmp(type, "SOFT") != 0 && strcmp(type, "HARD") != 0 &&
        strcmp(type, "SOFT_FIRST") != 0)
        return api_refuse(&call->error, "InvalidParameterValue",
                          "A value specified in `StopType` is not valid, is unsupported, or cannot "
                          "be used.");
    if (type && forced && call->sim->options.reject_force_with_stoptype)
        return api_refuse(&call->error, "InvalidParameterCombination",
                          "`ForceReboot` and `StopType` cannot be specified together.");
    return true;
}

struct offences {
    const char *ids[BATCH_MAX];
    const char *codes[BATCH_MAX]; /* NULL: none */
    const char *messages[BATCH_MAX];
    size_t ids_n;
};

/* Distinct IDs in the order of the call, each with its obstacle. */
static void judge(struct api_call *call, struct offences *out)
{
    const json_t *ids = json_object_get(call->params, "InstanceIdSet");
    out->ids_n = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        bool seen = false;
        for (size_t k = 0; k < out->ids_n; k++)
            seen = seen || strcmp(out->ids[k], id) == 0;
        if (seen)
            continue;
        const struct api_fault *fault;
        out->ids[out->ids_n] = id;
        out->codes[out->ids_n] = reboot_obstacle(call->sim, call->action, id, &fault);
        out->messages[out->ids_n] = fault ? fault->message : NULL;
        out->ids_n++;
        if (fault)
            api_logged(call)->fault = fault_kind_name(fault->kind);
    }
}

static const char *worst_of(const struct offences *offences)
{
    for (size_t p = 0; p < sizeof precedence / sizeof precedence[0]; p++) {
        for (size_t i = 0; i < offences->ids_n; i++) {
            if (offences->codes[i] && strcmp(offences->codes[i], precedence[p]) == 0)
                return precedence[p];
        }
    }
    for (size_t i = 0; i < offences->ids_n; i++) {
        if (offences->codes[i])
            return offences->codes[i];
    }
    return NULL;
}

/* True if nothing stands in the way; else the error names all with the code that is told. */
static bool refuse_worst(struct api_call *call, const struct offences *offences)
{
    const char *named[BATCH_MAX];
    size_t named_n = 0;
    const char *message = NULL;
    const char *code = worst_of(offences);
    if (!code)
        return true;
    for (size_t i = 0; i < offences->ids_n; i++) {
        if (!offences->codes[i] || strcmp(offences->codes[i], code) != 0)
            continue;
        named[named_n++] = offences->ids[i];
        message = message ? message : offences->messages[i];
    }
    message_refuse(&call->error, call->style, code, named, named_n);
    return message ? api_refuse(&call->error, code, "%s", message) : false;
}

static void reboot_one(struct sim *sim, struct logged_call *logged, const char *action,
                       const char *id)
{
    size_t place = fleet_find(&sim->fleet, id);
    const struct api_fault *fault = faults_of_instance(&sim->faults, action, id, SCOPE_REBOOT);
    enum reboot_end end = REBOOT_SUCCEEDS;
    if (fault && fault->kind == FAULT_REBOOT_FAILS)
        end = REBOOT_FAILS;
    if (fault && fault->kind == FAULT_REBOOT_STOPS)
        end = REBOOT_STOPS;
    if (fault && fault->kind == FAULT_REBOOT_STUCK)
        end = REBOOT_STUCK;
    if (fault)
        logged->fault = fault_kind_name(fault->kind);
    log_effect(logged, id);
    fleet_reboot(&sim->fleet, place, end, fault ? fault->delay_ms : 0);
}

/* With a partial effect: not the fault's own IDs, or (if it names none) not the later half. */
static bool left_out(const struct api_call *call, size_t i, const struct offences *offences)
{
    const struct api_fault *fault = call->fault;
    if (!call->half)
        return false;
    if (fault->ids_n == 0)
        return i >= (offences->ids_n + 1) / 2;
    for (size_t k = 0; k < fault->ids_n; k++) {
        if (strcmp(fault->ids[k], offences->ids[i]) == 0)
            return true;
    }
    return false;
}

bool reboot_instances(struct api_call *call)
{
    struct offences offences;
    if (!check_options(call))
        return false;
    judge(call, &offences);
    bool clean = refuse_worst(call, &offences);
    if (!clean && !call->partial)
        return false;
    for (size_t i = 0; i < offences.ids_n; i++) {
        if (!offences.codes[i] && !left_out(call, i, &offences))
            reboot_one(call->sim, api_logged(call), call->action, offences.ids[i]);
    }
    return clean;
}

/* The owner is the sim, `what` the place in the log, whose IDs are done now. */
static void reboot_late(const struct timer *timer)
{
    struct sim *sim = timer->owner;
    struct logged_call *logged = &sim->log.at[timer->what];
    json_t *ids = json_loads(logged->ids, 0, NULL);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const struct api_fault *fault;
        const char *id = json_string_value(json_array_get(ids, i));
        if (!reboot_obstacle(sim, "RebootInstances", id, &fault))
            reboot_one(sim, logged, "RebootInstances", id);
    }
    json_decref(ids);
}

void reboot_later(struct api_call *call, int64_t delay_ms)
{
    struct offences offences;
    if (!check_options(call))
        return;
    judge(call, &offences);
    if (!refuse_worst(call, &offences))
        return;
    timers_add(&call->sim->timers,
               &(struct timer){.due_ms = clock_mono_ms() + (delay_ms > 0 ? delay_ms : 1000),
                               .fn = reboot_late,
                               .owner = call->sim,
                               .what = call->logged});
}
