/* SPDX-License-Identifier: Apache-2.0
 *
 * The wording of refusals. The vendor says that it may change and must not be relied on, so it can
 * be chosen: with the IDs, without, in Chinese, over several lines.
 */
#ifndef SIMULATOR_MESSAGES_H
#define SIMULATOR_MESSAGES_H

#include "error.h"
#include "options.h"

#include <stddef.h>

/* Fills error with the code and a message about these instances; returns false. */
bool message_refuse(struct api_error *error, enum message_style style, const char *code,
                    const char *const *ids, size_t ids_n);

#endif
