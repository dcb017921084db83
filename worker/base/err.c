/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

static const struct {
    const char *name;
    int exit_code;
} err_table[] = {
    [ERR_OK] = {"ok", 0},         [ERR_INVALID] = {"invalid", 1},
    [ERR_LIMIT] = {"limit", 75},  [ERR_UNAVAILABLE] = {"unavailable", 75},
    [ERR_DENIED] = {"denied", 4}, [ERR_CONFIG] = {"config", 78},
    [ERR_SYSTEM] = {"system", 1},
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

const char *err_name(enum err err)
{
    return err_table[err].name;
}

int err_exit_code(enum err err)
{
    return err_table[err].exit_code;
}
