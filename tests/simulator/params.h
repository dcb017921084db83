/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of a call: from a JSON body or a query string to one checked JSON object.
 *
 * Strict like the vendor's gateway: a wrong type, an unknown name, a missing required one and an
 * array with holes are refused by name.
 */
#ifndef TESTS_SIMULATOR_PARAMS_H
#define TESTS_SIMULATOR_PARAMS_H

#include "error.h"

#include "base/bytes.h"

#include <jansson.h>
#include <stddef.h>

enum param_type { PARAM_INTEGER, PARAM_BOOLEAN, PARAM_STRING, PARAM_STRINGS, PARAM_FILTERS };

struct param {
    const char *name;
    enum param_type type;
    bool required;
};

/* A decoded name or value of a query, with its end. */
#define QUERY_PART_MAX 4096

struct param_specs {
    const struct param *at;
    size_t n;
};

/* A new object, or NULL and why. */
json_t *params_from_body(struct view body, struct api_error *error_out);
/* A.0=x&A.1=y becomes {"A": ["x", "y"]}; common parameters (Action, Version ...) are left out. All
 * values are strings: params_check turns them into what the action wants. */
json_t *params_from_query(const char *query, struct api_error *error_out);
/* Takes the next name=value off *rest, decoded; 1, or 0 at the end, or -1 if it is broken. */
int query_next(const char **rest, char name[QUERY_PART_MAX], char value[QUERY_PART_MAX]);
/* A common parameter of a query, decoded into out; false if it is not there or does not fit. */
bool query_value(const char *query, const char *name, char *out, size_t out_max);
/* With texts, numbers and booleans may stand as strings, and are converted in place. */
bool params_check(json_t *params, struct param_specs specs, bool texts,
                  struct api_error *error_out);

#endif
