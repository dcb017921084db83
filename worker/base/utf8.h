/* SPDX-License-Identifier: Apache-2.0
 *
 * What is UTF-8 and what is not (Unicode 15, table 3-7: no overlong forms, no surrogates).
 */
#ifndef WORKER_BASE_UTF8_H
#define WORKER_BASE_UTF8_H

#include "base/bytes.h"

/* The length of the character that a text begins with; 0: it begins with none, or is empty. */
size_t utf8_n(struct view text);
bool utf8_is_valid(struct view text);

#endif
