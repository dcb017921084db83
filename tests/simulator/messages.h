/* SPDX-License-Identifier: Apache-2.0
 *
 * The wording of refusals. The vendor says that it may change and must not be relied on, so it can
 * be chosen: with the IDs, without, in Chinese, over several lines.
 */
#ifndef TESTS_SIMULATOR_MESSAGES_H
#define TESTS_SIMULATOR_MESSAGES_H

#include "error.h"

#include <stddef.h>

enum message_style { STYLE_NAMES, STYLE_NONE, STYLE_CHINESE, STYLE_MULTI_LINE };

/* names, none, chinese, multi-line; false if it is none of them. */
bool message_style_of(const char *name, enum message_style *out);
/* Fills error with the code and a message about these instances; returns false. */
bool message_refuse(struct api_error *error, enum message_style style, const char *code,
                    const char *const *ids, size_t ids_n);

#endif
