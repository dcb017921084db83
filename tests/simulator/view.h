/* SPDX-License-Identifier: Apache-2.0
 *
 * How one instance looks in an answer.
 */
#ifndef TESTS_SIMULATOR_VIEW_H
#define TESTS_SIMULATOR_VIEW_H

#include "fleet.h"

#include "base/bytes.h"

#define ATTR_TEXT_MAX 320

/* An attribute's value, or the default made from the place; into `scratch` if it must be made. */
const char *view_attr(const struct fleet *fleet, size_t place, enum attr attr,
                      char scratch[ATTR_TEXT_MAX]);
/* The instance as the API's data type Instance, all 28 fields, in the state `shown`. */
MUST_USE enum err view_append(struct buf *out, const struct fleet *fleet, size_t place,
                              enum state shown);

#endif
