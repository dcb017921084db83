/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances from and to JSON: fleet files, and changes at run time.
 */
#ifndef TESTS_SIMULATOR_FLEET_JSON_H
#define TESTS_SIMULATOR_FLEET_JSON_H

#include "fleet.h"

#include "base/err.h"

/* n instances ein-00000000 ..., created a second apart up to now. */
void fleet_make(struct fleet *fleet, uint64_t n, int64_t now_unix_s);
/* A file of one JSON object a line; ERR_INVALID names the line. */
MUST_USE enum err fleet_read_file(struct fleet *fleet, const char *path, struct fault *fault_out);
/* Changes or adds what one object or an array of them describes: id or ids, state, remove,
 * operation, operationState, busy, denied, createTime (Unix seconds, only of a new one), tags, and
 * the attributes. ERR_INVALID with the reason; what came before the bad one stays. */
MUST_USE enum err fleet_change(struct fleet *fleet, const json_t *json, int64_t now_unix_s,
                               struct fault *fault_out);
/* One instance as the simulator knows it (new). */
json_t *fleet_to_json(const struct fleet *fleet, size_t place);

#endif
