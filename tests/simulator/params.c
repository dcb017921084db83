/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a call. Never looks at what a value means, only at its shape.
 */
#include "params.h"

#include "text.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static const char *const common[] = {
    "Action",    "Version",         "Region", "Timestamp", "Nonce",         "SecretId",
    "Signature", "SignatureMethod", "Token",  "Language",  "RequestClient",
};

static bool is_common(const char *name)
{
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (strcmp(common[i], name) == 0)
            return true;
    }
    return false;
}

json_t *params_from_body(struct view body, struct api_error *error_out)
{
    json_t *params = body.n ? json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_object(params))
        return params;
    json_decref(params);
    api_refuse(error_out, "InvalidParameter",
               "The request content not valid json format for specified "
               "content-type=application/json.");
    return NULL;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower_of(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One percent-encoded part; false if it is broken or too long. */
static bool decode(const char *from, size_t n, char *out, size_t out_max)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = from[i] == '+' ? (char)' ' : from[i];
        if (c == '%') {
            if (i + 2 >= n || hex_digit(from[i + 1]) < 0 || hex_digit(from[i + 2]) < 0)
                return false;
            c = (char)(hex_digit(from[i + 1]) * 16 + hex_digit(from[i + 2]));
            i += 2;
        }
        if (used + 1 >= out_max || c == '\0')
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

int query_next(const char **rest, char name[QUERY_PART_MAX], char value[QUERY_PART_MAX])
{
    while (**rest == '&')
        (*rest)++;
    if (**rest == '\0')
        return 0;
    size_t n = strcspn(*rest, "&");
    const char *equals = memchr(*rest, '=', n);
    size_t name_n = equals ? (size_t)(equals - *rest) : n;
    bool ok = decode(*rest, name_n, name, QUERY_PART_MAX) &&
              decode(equals ? equals + 1 : "", equals ? n - name_n - 1 : 0, value, QUERY_PART_MAX);
    *rest += n;
    return ok ? 1 : -1;
}

bool query_value(const char *query, const char *name, char *out, size_t out_max)
{
    char key[QUERY_PART_MAX];
    char value[QUERY_PART_MAX];
    while (query_next(&query, key, value) == 1) {
        if (strcmp(key, name) == 0 && strlen(value) < out_max) {
            memcpy(out, value, strlen(value) + 1);
            return true;
        }
    }
    return false;
}

/* A place in an array; SIZE_MAX if it is none that we take. */
static size_t index_of(const char *part)
{
    size_t n = strlen(part);
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(part[i]))
            return SIZE_MAX;
    }
    return n >= 1 && n <= 3 ? strtoul(part, NULL, 10) : SIZE_MAX;
}

static json_t *child_of(json_t *parent, const char *part)
{
    if (json_is_object(parent))
        return json_object_get(parent, part);
    json_t *child = json_array_get(parent, index_of(part));
    return json_is_null(child) ? NULL : child;
}

/* Takes `child`. What an array lacks below it is filled with null and counted as holes. */
static bool set_child(json_t *parent, const char *part, json_t *child, size_t *holes_n)
{
    if (json_is_object(parent))
        return json_object_set_new(parent, part, child) == 0;
    size_t i = index_of(part);
    if (i == SIZE_MAX) {
        json_decref(child);
        return false;
    }
    if (i < json_array_size(parent)) {
        (*holes_n)--;
        return json_array_set_new(parent, i, child) == 0;
    }
    for (; i > json_array_size(parent); (*holes_n)++)
        (void)json_array_append_new(parent, json_null());
    return json_array_append_new(parent, child) == 0;
}

/* Puts "Filters.0.Name" = value where it belongs; cuts the name. */
static bool put(json_t *root, char *name, const char *value, size_t *holes_n)
{
    json_t *into = root;
    char *rest = name;
    char *part = strsep(&rest, ".");
    while (rest) {
        char *next = strsep(&rest, ".");
        bool is_array = index_of(next) != SIZE_MAX;
        json_t *child = child_of(into, part);
        if (child && json_is_array(child) != is_array)
            return false;
        if (!child && !set_child(into, part, is_array ? json_array() : json_object(), holes_n))
            return false;
        into = child ? child : child_of(into, part);
        if (!json_is_object(into) && !json_is_array(into))
            return false;
        part = next;
    }
    return !child_of(into, part) && set_child(into, part, json_string(value), holes_n);
}

json_t *params_from_query(const char *query, struct api_error *error_out)
{
    char name[QUERY_PART_MAX];
    char value[QUERY_PART_MAX];
    json_t *params = json_object();
    CHECK(params != NULL);
    size_t holes_n = 0;
    int got;
    while ((got = query_next(&query, name, value)) == 1) {
        if (is_common(name) || put(params, name, value, &holes_n))
            continue;
        api_refuse(error_out, "InvalidParameter", "Parameter `%.200s` is not valid.", name);
        json_decref(params);
        return NULL;
    }
    if (got == 0 && holes_n == 0)
        return params;
    json_decref(params);
    api_refuse(error_out, "InvalidParameter",
               "A parameter has an invalid array format, array index must be continuous and "
               "starts with 0.");
    return NULL;
}

static bool wrong_type(const char *name, struct api_error *error_out)
{
    return api_refuse(error_out, "InvalidParameter",
                      "The value type of parameter `%.200s` is not valid.", name);
}

static bool unknown(const char *name, struct api_error *error_out)
{
    return api_refuse(error_out, "UnknownParameter", "The parameter `%.200s` is not recognized.",
                      name);
}

static bool missing(const char *name, struct api_error *error_out)
{
    return api_refuse(error_out, "MissingParameter",
                      "The request is missing a required parameter `%s`.", name);
}

static bool check_strings(const char *name, json_t *value, struct api_error *error_out)
{
    size_t i;
    json_t *item;
    if (!json_is_array(value))
        return wrong_type(name, error_out);
    json_array_foreach(value, i, item)
    {
        char place[64];
        snprintf(place, sizeof place, "%.40s.%zu", name, i);
        if (!json_is_string(item))
            return wrong_type(place, error_out);
    }
    return true;
}

static bool check_filter(json_t *filter, struct api_error *error_out)
{
    const char *key;
    json_t *item;
    if (!json_is_object(filter))
        return wrong_type("Filters", error_out);
    json_object_foreach(filter, key, item)
    {
        if (strcmp(key, "Name") == 0) {
            if (!json_is_string(item))
                return wrong_type("Filters.Name", error_out);
        } else if (strcmp(key, "Values") != 0) {
            return unknown(key, error_out);
        } else if (!check_strings("Filters.Values", item, error_out)) {
            return false;
        }
    }
    if (!json_object_get(filter, "Name"))
        return missing("Filters.Name", error_out);
    return json_object_get(filter, "Values") ? true : missing("Filters.Values", error_out);
}

static bool check_filters(json_t *value, struct api_error *error_out)
{
    size_t i;
    json_t *filter;
    if (!json_is_array(value))
        return wrong_type("Filters", error_out);
    json_array_foreach(value, i, filter)
    {
        if (!check_filter(filter, error_out))
            return false;
    }
    return true;
}

/* A string of a query as the JSON value it stands for; NULL if it is none. */
static json_t *from_text(const char *text, enum param_type type)
{
    if (type == PARAM_BOOLEAN) {
        if (strcasecmp(text, "true") == 0)
            return json_true();
        return strcasecmp(text, "false") == 0 ? json_false() : NULL;
    }
    char *end;
    long long n = strtoll(text, &end, 10);
    return *text && *end == '\0' ? json_integer(n) : NULL;
}

static bool check_one(const struct param *spec, json_t *value, struct api_error *error_out)
{
    switch (spec->type) {
    case PARAM_INTEGER:
        return json_is_integer(value) || wrong_type(spec->name, error_out);
    case PARAM_BOOLEAN:
        return json_is_boolean(value) || wrong_type(spec->name, error_out);
    case PARAM_STRING:
        return json_is_string(value) || wrong_type(spec->name, error_out);
    case PARAM_STRINGS:
        return check_strings(spec->name, value, error_out);
    case PARAM_FILTERS:
        return check_filters(value, error_out);
    }
    UNREACHABLE();
}

static bool check_param(json_t *params, const struct param *spec, bool texts,
                        struct api_error *error_out)
{
    json_t *value = json_object_get(params, spec->name);
    bool is_scalar = spec->type == PARAM_INTEGER || spec->type == PARAM_BOOLEAN;
    if (!value)
        return spec->required ? missing(spec->name, error_out) : true;
    if (texts && is_scalar && json_is_string(value)) {
        json_t *converted = from_text(json_string_value(value), spec->type);
        if (!converted || json_object_set_new(params, spec->name, converted) != 0)
            return wrong_type(spec->name, error_out);
        return true;
    }
    return check_one(spec, value, error_out);
}

bool params_check(json_t *params, struct param_specs specs, bool texts, struct api_error *error_out)
{
    const char *key;
    json_t *value;
    json_object_foreach(params, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < specs.n; i++)
            known = known || strcmp(specs.at[i].name, key) == 0;
        if (!known)
            return unknown(key, error_out);
    }
    for (size_t i = 0; i < specs.n; i++) {
        if (!check_param(params, &specs.at[i], texts, error_out))
            return false;
    }
    return true;
}
