/* SPDX-License-Identifier: Apache-2.0
 *
 * reboot-worker: a table of its subcommands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/cli.h"

enum { EXIT_USAGE = 2 };

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"sign", cli_sign, "show all stages of a signature"},
};

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "reboot-worker: %s failed: %s (%s:%d)\n", what, expr, file, line);
    abort();
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "usage: reboot-worker SUBCOMMAND [options]\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        (void)fprintf(stderr, "  %-14s %s\n", commands[i].name, commands[i].help);
    return EXIT_USAGE;
}
