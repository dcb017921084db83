/* SPDX-License-Identifier: Apache-2.0
 *
 * reboot-worker: a table of its subcommands.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/cli.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", cli_run, "take requests, reboot instances, publish outcomes"},
    {"check-config", cli_check_config, "check the configuration, or print it"},
    {"ledger", cli_ledger, "print a partition of the ledger"},
    {"sign", cli_sign, "show all stages of a signature"},
    {"version", cli_version, "show versions"},
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
    bool asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0);
    FILE *out = asked ? stdout : stderr;
    (void)fprintf(out, "usage: reboot-worker SUBCOMMAND [options]\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        (void)fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(out, "\nreboot-worker SUBCOMMAND --help says more.\n");
    return asked ? EXIT_OK : EXIT_USAGE;
}
