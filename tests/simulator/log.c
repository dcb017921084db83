/* SPDX-License-Identifier: Apache-2.0
 *
 * The log of calls. Never forgets one while the program runs.
 */
#include "log.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void log_init(struct call_log *log)
{
    *log = (struct call_log){0};
}

void log_release(struct call_log *log)
{
    for (size_t i = 0; i < log->n; i++) {
        free(log->at[i].host);
        free(log->at[i].ids);
        free(log->at[i].params);
        free(log->at[i].effect);
    }
    free(log->at);
    log_init(log);
}

size_t log_add(struct call_log *log, int64_t at_ms, const char *action, const char *host)
{
    if (log->n == log->cap) {
        log->cap = log->cap ? log->cap * 2 : 256;
        log->at = realloc(log->at, log->cap * sizeof *log->at);
        CHECK(log->at != NULL);
    }
    struct logged_call *call = &log->at[log->n];
    *call = (struct logged_call){.at_ms = at_ms, .status = 200};
    snprintf(call->action, sizeof call->action, "%s", action ? action : "");
    call->host = strdup(host ? host : "");
    CHECK(call->host != NULL);
    return log->n++;
}

/* InstanceIdSet, or the values of the instance-id filter. */
static const json_t *ids_of(const json_t *params)
{
    const json_t *ids = json_object_get(params, "InstanceIdSet");
    const json_t *filters = json_object_get(params, "Filters");
    for (size_t i = 0; !ids && i < json_array_size(filters); i++) {
        const json_t *filter = json_array_get(filters, i);
        const char *name = json_string_value(json_object_get(filter, "Name"));
        if (name && strcmp(name, "instance-id") == 0)
            ids = json_object_get(filter, "Values");
    }
    return json_is_array(ids) ? ids : NULL;
}

void log_params(struct logged_call *call, const json_t *params)
{
    if (!params)
        return;
    const json_t *ids = ids_of(params);
    call->params = json_dumps(params, JSON_COMPACT);
    call->ids = ids ? json_dumps(ids, JSON_COMPACT) : NULL;
    call->ids_n = json_array_size(ids);
}

void log_effect(struct logged_call *call, const char *id)
{
    size_t old_n = call->effect ? strlen(call->effect) : 0;
    size_t id_n = strlen(id);
    /* An id and its quotes and comma; grown one by one, at most 100 times. */
    call->effect = realloc(call->effect, old_n + id_n + 4);
    CHECK(call->effect != NULL);
    snprintf(call->effect + old_n, id_n + 4, "%s\"%s\"", old_n ? "," : "", id);
    call->effect_n++;
}

static enum err append_string(struct buf *out, const char *key, const char *value)
{
    if (!value)
        return buf_append_format(out, ",\"%s\":null", key);
    json_t *string = json_string(value);
    char *text = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    enum err err = buf_append_format(out, ",\"%s\":%s", key, text ? text : "null");
    free(text);
    json_decref(string);
    return err;
}

static enum err print_call(const struct logged_call *call, size_t place, struct buf *out)
{
    size_t before = out->n;
    enum err err = buf_append_format(out, "{\"n\":%zu,\"at\":%lld.%03d", place,
                                     (long long)(call->at_ms / 1000), (int)(call->at_ms % 1000));
    if (err == ERR_OK)
        err = append_string(out, "action", call->action[0] ? call->action : NULL);
    if (err == ERR_OK)
        err = append_string(out, "host", call->host);
    if (err == ERR_OK)
        err = append_string(out, "code", call->code[0] ? call->code : NULL);
    if (err == ERR_OK)
        err = append_string(out, "requestId", call->request_id);
    if (err == ERR_OK)
        err = append_string(out, "fault", call->fault);
    if (err == ERR_OK)
        err = buf_append_format(out, ",\"status\":%u,\"answered\":%s,\"ids\":", call->status,
                                call->answered ? "true" : "false");
    if (err == ERR_OK)
        err = buf_append_text(out, call->ids ? call->ids : "[]");
    if (err == ERR_OK)
        err = buf_append_text(out, ",\"params\":");
    if (err == ERR_OK)
        err = buf_append_text(out, call->params ? call->params : "null");
    if (err == ERR_OK)
        err = buf_append_text(out, ",\"effect\":[");
    if (err == ERR_OK)
        err = buf_append_text(out, call->effect ? call->effect : "");
    if (err == ERR_OK)
        err = buf_append_text(out, "]}\n");
    if (err != ERR_OK)
        out->n = before;
    return err;
}

enum err log_print(const struct call_log *log, size_t from, struct buf *out)
{
    enum err err = ERR_OK;
    for (size_t i = from; i < log->n && err == ERR_OK; i++)
        err = print_call(&log->at[i], i, out);
    return err;
}

static void count(json_t *counts, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(counts, key));
    json_object_set_new(counts, key, json_integer(n + 1));
}

json_t *log_stats(const struct call_log *log)
{
    json_t *actions = json_object();
    json_t *codes = json_object();
    json_t *faults = json_object();
    size_t reboot_ids_n = 0;
    size_t effects_n = 0;
    size_t unanswered_n = 0;
    for (size_t i = 0; i < log->n; i++) {
        const struct logged_call *call = &log->at[i];
        count(actions, call->action);
        count(codes, call->code[0] ? call->code : "OK");
        if (call->fault)
            count(faults, call->fault);
        if (strcmp(call->action, "RebootInstances") == 0)
            reboot_ids_n += call->ids_n;
        effects_n += call->effect_n;
        unanswered_n += !call->answered;
    }
    return json_pack("{sI so so so sI sI sI}", "calls", (json_int_t)log->n, "actions", actions,
                     "codes", codes, "faults", faults, "rebootIds", (json_int_t)reboot_ids_n,
                     "reboots", (json_int_t)effects_n, "unanswered", (json_int_t)unanswered_n);
}
