/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker run`: the worker. */
#include <unistd.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "shell/worker.h"

static enum err reload(void *context, struct config *out, struct fault *fault)
{
    struct cli_args *args = context;
    return config_load(&args->input, out, fault);
}

int cli_run(int argc, char **argv)
{
    const struct cli_command command = {
        "run", "Takes requests, reboots instances, publishes outcomes.", "", NULL, 0, false};
    struct cli_args args;
    struct config config;
    struct log log;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    status = cli_load_config(&command, &args, &config);
    if (status == EXIT_OK) {
        log_init(&log, STDERR_FILENO, &config);
        status = worker_run(&(struct worker_options){
            .config = &config, .log = &log, .reload = reload, .context = &args});
        config_release(&config);
    }
    cli_args_release(&args);
    return status;
}
