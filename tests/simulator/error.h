/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer's Response.Error holds.
 */
#ifndef TESTS_SIMULATOR_ERROR_H
#define TESTS_SIMULATOR_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct api_error {
    char code[128]; /* empty: no error */
    char message[16384];
};

/* Returns false, so that a refusal is one line. */
static inline bool PRINTF_LIKE(3, 4)
    api_refuse(struct api_error *error, const char *code, const char *fmt, ...)
{
    va_list args;
    (void)snprintf(error->code, sizeof error->code, "%s", code);
    va_start(args, fmt);
    (void)vsnprintf(error->message, sizeof error->message, fmt, args);
    va_end(args);
    return false;
}

#endif
