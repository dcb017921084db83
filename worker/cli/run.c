/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker run`: the worker. */
#include <malloc.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "shell/worker.h"

enum { WARNINGS_BYTES_MAX = 64 * 1024 };

/* What the configuration warns of goes into the log; until there is one, it waits. */
struct run {
    const struct cli_command *command;
    struct cli_args args;
    struct log log;
    bool logging;
    struct buf early; /* texts, each with its NUL */
};

static void warn(void *context, const char *text)
{
    struct run *run = context;
    if (run->logging)
        log_say(&run->log, LEVEL_WARN, text);
    else if (buf_append(&run->early, text, strlen(text) + 1) != ERR_OK)
        (void)cli_fail(run->command, EXIT_OK, text);
}

static void say_early(struct run *run)
{
    for (size_t at = 0; at < run->early.n; at += strlen(run->early.p + at) + 1) {
        if (run->logging)
            log_say(&run->log, LEVEL_WARN, run->early.p + at);
        else
            (void)cli_fail(run->command, EXIT_OK, run->early.p + at);
    }
    buf_release(&run->early);
}

static enum err reload(void *context, struct config *out, struct fault *fault)
{
    struct run *run = context;
    return config_load(&run->args.input, out, fault);
}

int cli_run(int argc, char **argv)
{
    const struct cli_command command = {
        "run", "Takes requests, reboots instances, publishes outcomes.", "", NULL, 0, false};
    struct run run = {.command = &command};
    struct config config;
    int status;
    if (!cli_parse(&command, argc, argv, &run.args, &status))
        return status;
    /* One heap for librdkafka's threads too: of its own, each would keep what it ever needed. */
    (void)mallopt(M_ARENA_MAX, 1);
    buf_init(&run.early, WARNINGS_BYTES_MAX);
    run.args.input.warn = warn;
    run.args.input.context = &run;
    status = cli_load_config(&command, &run.args, &config);
    if (status == EXIT_OK) {
        log_init(&run.log, STDERR_FILENO, &config);
        run.logging = true;
    }
    say_early(&run);
    if (status == EXIT_OK) {
        status = worker_run(&(struct worker_options){
            .config = &config, .log = &run.log, .reload = reload, .context = &run});
        config_release(&config);
    }
    cli_args_release(&run.args);
    return status;
}
