/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's options by the names that the configuration has for them. */
#ifndef TESTS_STORIES_OPTIONS_H
#define TESTS_STORIES_OPTIONS_H

#include "core/engine.h"

/* False: no such option, or not such a value. The value must outlive the options. */
bool option_set(struct engine_options *options, const char *key, const char *value);
/* "200ms", "5s", "-5m", "+24h" or "0", in milliseconds. */
bool option_duration(const char *text, int64_t *ms_out);

#endif
