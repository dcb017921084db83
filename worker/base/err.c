/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

static const int exit_codes[] = {
    [ERR_OK] = 0,     [ERR_INVALID] = 1, [ERR_LIMIT] = 75, [ERR_UNAVAILABLE] = 75,
    [ERR_DENIED] = 4, [ERR_CONFIG] = 78, [ERR_SYSTEM] = 1,
};

enum err fault_set(struct fault *fault, enum err err, const char *fmt, ...)
{
    PRE(err != ERR_OK);
    if (fault != NULL) {
        va_list args;
        va_start(args, fmt);
        (void)vsnprintf(fault->text, sizeof fault->text, fmt, args);
        va_end(args);
    }
    return err;
}

int err_exit_code(enum err err)
{
    return exit_codes[err];
}
