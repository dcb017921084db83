/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/control_json.h"

#include <jansson.h>
#include <stdio.h>

static const char *const names[] = {
    [CONTROL_LEDGER_CLAIMED] = "ledger-claimed",
    [CONTROL_INPUT_SEEN] = "input-seen",
    [CONTROL_INPUT_RENEWED] = "input-renewed",
    [CONTROL_POOL_SEEN] = "pool-seen",
};
enum { NAME_N = sizeof names / sizeof names[0] };

static enum control_action action_of(const json_t *root)
{
    const char *name = json_string_value(json_object_get(root, "action"));
    for (int i = 1; name != NULL && i < NAME_N; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum control_action)i;
    return CONTROL_OTHER;
}

/* A whole number from 0 to max; false: it is missing, or something else. */
static bool take_number(const json_t *root, const char *key, json_int_t max, json_int_t *out)
{
    const json_t *value = json_object_get(root, key);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0 && *out <= max;
}

static bool take_text(const json_t *root, const char *key, char *out, size_t bytes)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (text == NULL || strlen(text) >= bytes)
        return false;
    (void)snprintf(out, bytes, "%s", text);
    return true;
}

static bool take_pool(const json_t *root, struct pool_names *out)
{
    return take_text(root, "group", out->group, sizeof out->group) &&
           take_text(root, "tasks", out->tasks, sizeof out->tasks) &&
           take_text(root, "ledger", out->ledger, sizeof out->ledger) &&
           take_text(root, "results", out->results, sizeof out->results);
}

static bool take(const json_t *root, struct control_record *out)
{
    if (out->action == CONTROL_POOL_SEEN)
        return take_pool(root, &out->pool);
    json_int_t partition = 0;
    json_int_t offset = 0;
    json_int_t time = 0;
    json_int_t checksum = 0;
    bool fits = take_text(root, "topic", out->topic, sizeof out->topic);
    if (fits && out->action != CONTROL_INPUT_RENEWED)
        fits = take_number(root, "partition", INT32_MAX, &partition);
    if (fits && out->action == CONTROL_INPUT_SEEN)
        fits = take_number(root, "offset", INT64_MAX, &offset) &&
               take_number(root, "time", INT64_MAX, &time) &&
               take_number(root, "checksum", UINT32_MAX, &checksum);
    if (!fits)
        return false;
    out->partition = (int32_t)partition;
    out->seen = (struct fingerprint){offset, time, (uint32_t)checksum};
    return true;
}

enum err control_read(struct view value, struct control_record *out, struct fault *fault)
{
    json_error_t error;
    *out = (struct control_record){.action = CONTROL_OTHER};
    if (value.n > CONTROL_BYTES_MAX)
        return fault_set(fault, ERR_INVALID, "longer than %d bytes", CONTROL_BYTES_MAX);
    json_t *root = json_loadb(value.n > 0 ? value.p : "", value.n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return fault_set(fault, ERR_INVALID, "not a JSON object");
    }
    enum err err = ERR_OK;
    out->action = action_of(root);
    if (out->action != CONTROL_OTHER && !take(root, out))
        err = fault_set(fault, ERR_INVALID, "%s lacks one of its fields", names[out->action]);
    json_decref(root);
    return err;
}

static int append(const char *bytes, size_t n, void *to)
{
    return buf_append(to, bytes, n) == ERR_OK ? 0 : -1;
}

static json_t *json_of(const struct control_record *record)
{
    const char *action = names[record->action];
    const struct pool_names *pool = &record->pool;
    if (record->action == CONTROL_POOL_SEEN)
        return json_pack("{s:s,s:s,s:s,s:s,s:s}", "action", action, "group", pool->group, "tasks",
                         pool->tasks, "ledger", pool->ledger, "results", pool->results);
    json_t *root = json_pack("{s:s,s:s}", "action", action, "topic", record->topic);
    bool ok = root != NULL;
    if (ok && record->action != CONTROL_INPUT_RENEWED)
        ok = json_object_set_new(root, "partition", json_integer(record->partition)) == 0;
    if (ok && record->action == CONTROL_INPUT_SEEN)
        ok = json_object_set_new(root, "offset", json_integer(record->seen.offset)) == 0 &&
             json_object_set_new(root, "time", json_integer(record->seen.time_ms)) == 0 &&
             json_object_set_new(root, "checksum", json_integer(record->seen.checksum)) == 0;
    if (ok)
        return root;
    json_decref(root);
    return NULL;
}

enum err control_write(const struct control_record *record, struct buf *out)
{
    json_t *root = json_of(record);
    bool ok = root != NULL && json_dump_callback(root, append, out, JSON_COMPACT) == 0;
    json_decref(root);
    return ok ? ERR_OK : ERR_LIMIT;
}
