/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a subcommand: its own flags, and a flag for every option of the configuration.
 */
#ifndef WORKER_CLI_ARGS_H
#define WORKER_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/config.h"

/* A flag of the subcommand's own. Either value or set is given. */
struct cli_flag {
    const char *name; /* without the dashes */
    char letter;      /* 0: no short form */
    const char **value;
    bool *set;
    const char *help; /* "FILE  what it is"; for one without a value "  what it is" */
};

struct cli_command {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* of the usage line: "INSTANCE_ID..." */
    const struct cli_flag *flags;
    size_t flag_n;
    bool positional; /* whether it takes arguments that are no flags */
};

struct cli_args {
    struct config_input input; /* arrays owned */
    const char **positional;   /* owned, the texts are not */
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
/* "reboot-worker NAME: TEXT" on stderr, for EXIT_USAGE with a hint at --help; returns `status`. */
int cli_fail(const struct cli_command *command, int status, const char *text);
/* Is it --output json? False: it is neither text nor json, and that has been said. */
bool cli_output(const struct cli_command *command, const char *text, bool *json_out);

#endif
