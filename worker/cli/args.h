/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a subcommand: its own flags, and a flag for every option of the configuration.
 */
#ifndef WORKER_CLI_ARGS_H
#define WORKER_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/config.h"

enum { ARGS_POSITIONAL_MAX = 1024 };

/* A flag of the subcommand's own. Either value or set is given. */
struct cli_flag {
    const char *name; /* without the dashes */
    char letter;      /* 0: no short form */
    const char **value;
    bool *set;
    const char *help; /* "FILE  what it is" for one with a value */
};

struct cli_command {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* of the usage line: "INSTANCE_ID..." */
    const struct cli_flag *flags;
    size_t flag_n;
    size_t positional_max;
};

struct cli_args {
    struct config_input input; /* arrays owned */
    const char *positional[ARGS_POSITIONAL_MAX];
    size_t positional_n;
};

/* False: the answer was given (help, or a usage error on stderr), and *status_out is the exit
 * code. Otherwise args is to be released. */
bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
               int *status_out);
void cli_args_release(struct cli_args *args);
/* Loads the configuration that the arguments lead to; errors go to stderr, and so do warnings
 * unless args->input.warn is set. Returns EXIT_OK, or the exit code. */
int cli_load_config(const struct cli_command *command, struct cli_args *args,
                    struct config *config);
/* "reboot-worker NAME: TEXT" on stderr; returns `status`. */
int cli_fail(const struct cli_command *command, int status, const char *text);

#endif
