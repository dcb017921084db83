/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands: each is a main() of its own, argv[0] being its name; the result is the exit
 * code. Data goes to stdout, everything else to stderr.
 */
#ifndef WORKER_CLI_CLI_H
#define WORKER_CLI_CLI_H

#include <stddef.h>

/* EX_TEMPFAIL and EX_CONFIG as <sysexits.h> has them. */
enum cli_exit {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_DENIED = 4, /* credentials refused */
    EXIT_AGAIN = 75, /* try again later */
    EXIT_CONFIG = 78,
};

/* Says that there is no such subcommand, and which one may have been meant. */
int cli_unknown(const char *name, const char *const *names, size_t name_n);

int cli_run(int argc, char **argv);
int cli_check_config(int argc, char **argv);
int cli_submit(int argc, char **argv);
int cli_watch(int argc, char **argv);
int cli_sign(int argc, char **argv);
int cli_ledger(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
