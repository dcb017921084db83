/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances from and to JSON.
 */
#include "fleet_json.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTR_BYTES_MAX 255

void fleet_make(struct fleet *fleet, uint64_t n, int64_t now_unix_s)
{
    for (uint64_t i = 0; i < n; i++) {
        char id[32];
        snprintf(id, sizeof id, "ein-%08x", (unsigned)i);
        (void)fleet_add(fleet, id, now_unix_s - (int64_t)(n - i));
    }
}

/* Printed into answers as it is, so nothing in it may need escaping. */
static bool is_plain(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\')
            return false;
    }
    return strlen(text) <= ATTR_BYTES_MAX;
}

static void replace(char **slot, const char *text)
{
    free(*slot);
    *slot = strdup(text);
    CHECK(*slot != NULL);
}

static enum err change_attrs(struct instance *instance, const json_t *json, struct fault *fault_out)
{
    for (int a = 0; a < ATTR_N; a++) {
        const json_t *value = json_object_get(json, attr_key((enum attr)a));
        const char *text = json_string_value(value);
        if (!value)
            continue;
        if (!text || !is_plain(text))
            return fault_set(fault_out, ERR_INVALID, "%s of %s is not plain text",
                             attr_key((enum attr)a), instance->id);
        replace(&instance->attrs[a], text);
    }
    const json_t *tags = json_object_get(json, "tags");
    if (tags && !json_is_array(tags))
        return fault_set(fault_out, ERR_INVALID, "tags of %s is no array", instance->id);
    if (tags) {
        json_decref(instance->tags);
        instance->tags = json_deep_copy(tags);
    }
    return ERR_OK;
}

static enum err change_operation(struct instance *instance, const json_t *json,
                                 struct fault *fault_out)
{
    const char *operation = json_string_value(json_object_get(json, "operation"));
    const char *state = json_string_value(json_object_get(json, "operationState"));
    if (operation && !is_plain(operation))
        return fault_set(fault_out, ERR_INVALID, "operation of %s", instance->id);
    if (operation)
        replace(&instance->operation, operation);
    if (!state)
        return ERR_OK;
    for (int s = OPERATION_OPERATING; s <= OPERATION_FAILED; s++) {
        if (strcmp(state, operation_state_name((enum operation_state)s)) == 0) {
            instance->operation_state = (uint8_t)s;
            return ERR_OK;
        }
    }
    return fault_set(fault_out, ERR_INVALID, "unknown operationState '%.64s'", state);
}

static void change_flag(bool *flag, const json_t *value)
{
    if (value)
        *flag = json_is_true(value);
}

static enum err change_one(struct fleet *fleet, const char *id, const json_t *json,
                           int64_t now_unix_s, struct fault *fault_out)
{
    const char *state_text = json_string_value(json_object_get(json, "state"));
    enum state state = state_text ? state_of(state_text) : STATE_N;
    json_int_t created = json_integer_value(json_object_get(json, "createTime"));
    if (!id || !instance_id_fits(id))
        return fault_set(fault_out, ERR_INVALID, "bad id '%.80s'", id ? id : "");
    if (state_text && state == STATE_N)
        return fault_set(fault_out, ERR_INVALID, "unknown state '%.64s'", state_text);
    size_t place = fleet_find(fleet, id);
    if (place == INSTANCE_NONE || fleet->at[place]->state == STATE_GONE)
        place = fleet_add(fleet, id, created > 0 ? created : now_unix_s);
    struct instance *instance = fleet->at[place];
    enum err err = change_attrs(instance, json, fault_out);
    if (err == ERR_OK)
        err = change_operation(instance, json, fault_out);
    change_flag(&instance->busy, json_object_get(json, "busy"));
    change_flag(&instance->denied, json_object_get(json, "denied"));
    if (json_is_true(json_object_get(json, "remove")))
        state = STATE_GONE;
    if (state != STATE_N)
        fleet_set_state(fleet, place, state);
    return err;
}

static enum err change_all(struct fleet *fleet, const json_t *json, int64_t now_unix_s,
                           struct fault *fault_out)
{
    const json_t *ids = json_object_get(json, "ids");
    if (!ids)
        return change_one(fleet, json_string_value(json_object_get(json, "id")), json, now_unix_s,
                          fault_out);
    enum err err = json_is_array(ids) ? ERR_OK : fault_set(fault_out, ERR_INVALID, "bad ids");
    for (size_t i = 0; i < json_array_size(ids) && err == ERR_OK; i++)
        err = change_one(fleet, json_string_value(json_array_get(ids, i)), json, now_unix_s,
                         fault_out);
    return err;
}

enum err fleet_change(struct fleet *fleet, const json_t *json, int64_t now_unix_s,
                      struct fault *fault_out)
{
    if (!json_is_array(json))
        return change_all(fleet, json, now_unix_s, fault_out);
    enum err err = ERR_OK;
    for (size_t i = 0; i < json_array_size(json) && err == ERR_OK; i++)
        err = change_all(fleet, json_array_get(json, i), now_unix_s, fault_out);
    return err;
}

static json_int_t created_of(const json_t *json)
{
    return json_integer_value(json_object_get(json, "createTime"));
}

struct numbered {
    json_t *json;
    size_t line;
};

static int by_creation(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    json_int_t cx = created_of(x->json);
    json_int_t cy = created_of(y->json);
    if (cx != cy)
        return cx < cy ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* Reads all lines before any is taken: places are in order of creation. */
static enum err read_lines(FILE *file, const char *path, struct numbered **out, size_t *n_out,
                           struct fault *fault_out)
{
    char *line = NULL;
    size_t line_cap = 0;
    size_t number = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK && getline(&line, &line_cap, file) != -1) {
        number++;
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        json_error_t why;
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &why);
        if (!json_is_object(json)) {
            json_decref(json);
            err = fault_set(fault_out, ERR_INVALID, "%s:%zu: not a JSON object", path, number);
            break;
        }
        *out = realloc(*out, (*n_out + 1) * sizeof **out);
        CHECK(*out != NULL);
        (*out)[(*n_out)++] = (struct numbered){json, number};
    }
    free(line);
    return err;
}

enum err fleet_read_file(struct fleet *fleet, const char *path, struct fault *fault_out)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fault_set(fault_out, ERR_INVALID, "%s: %s", path, strerror(errno));
    struct numbered *lines = NULL;
    size_t n = 0;
    enum err err = read_lines(file, path, &lines, &n, fault_out);
    (void)fclose(file);
    if (n > 0)
        qsort(lines, n, sizeof *lines, by_creation);
    for (size_t i = 0; i < n; i++) {
        struct fault fault;
        if (err == ERR_OK && fleet_change(fleet, lines[i].json, 1700000000 + (int64_t)i, &fault))
            err = fault_set(fault_out, ERR_INVALID, "%s:%zu: %.400s", path, lines[i].line,
                            fault.text);
        json_decref(lines[i].json);
    }
    free(lines);
    return err;
}

json_t *fleet_to_json(const struct fleet *fleet, size_t place)
{
    const struct instance *instance = fleet->at[place];
    json_t *out = json_pack(
        "{ss ss sI sb sb ss? ss?}", "id", instance->id, "state",
        state_name((enum state)instance->state), "reboots", (json_int_t)instance->reboots_n, "busy",
        (int)instance->busy, "denied", (int)instance->denied, "operation", instance->operation,
        "operationState", operation_state_name((enum operation_state)instance->operation_state));
    for (int a = 0; a < ATTR_N && out; a++) {
        if (instance->attrs[a])
            json_object_set_new(out, attr_key((enum attr)a), json_string(instance->attrs[a]));
    }
    return out;
}
