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
    {"submit", cli_submit, "publish a request; --wait: until every outcome is there"},
    {"watch", cli_watch, "follow outcomes"},
    {"ledger", cli_ledger, "print a partition of the ledger"},
    {"sign", cli_sign, "show all stages of a signature"},
    {"version", cli_version, "show versions"},
};

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "reboot-worker: %s failed: %s (%s:%d)\n", what, expr, file, line);
    abort();
}

enum { COMMAND_N = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
    (void)fprintf(out, "usage: reboot-worker SUBCOMMAND [options]\n\n");
    for (size_t i = 0; i < COMMAND_N; i++)
        (void)fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].help);
    (void)fprintf(out, "\nreboot-worker SUBCOMMAND --help says more.\n");
}

static int unknown(const char *name)
{
    const char *names[COMMAND_N];
    for (size_t i = 0; i < COMMAND_N; i++)
        names[i] = commands[i].name;
    return cli_unknown(name, names, COMMAND_N);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < COMMAND_N; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0)
        return cli_version(1, argv);
    bool asked =
        strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    if (argc > 1 && !asked)
        return unknown(name);
    print_usage(asked ? stdout : stderr);
    return asked ? EXIT_OK : EXIT_USAGE;
}
