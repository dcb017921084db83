/* SPDX-License-Identifier: Apache-2.0
 *
 * What every unit test links: a broken check ends the program. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, what, expr);
    abort();
}
