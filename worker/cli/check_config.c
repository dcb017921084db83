/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker check-config`: reads the configuration as `run` would, and says whether it fits.
 * Talks to nobody: brokers and the API are `run`'s. */
#include <stdio.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "shell/errors_text.h"
#include "shell/kafka_client.h"
#include "shell/metrics.h"
#include "shell/states_text.h"

enum { TEXT_BYTES_MAX = 1024 * 1024 };

/* What docs/ holds is made here. */
static const struct {
    const char *name;
    const char *help;
    enum err (*write)(struct buf *out);
} pages[] = {
    {"reference", "  the reference page (Markdown)", config_reference},
    {"example", "  a file with every option and its default", config_example},
    {"metrics", "  the page of metrics (Markdown)", metrics_reference},
    {"errors", "  the page of error codes (Markdown)", errors_reference},
    {"states", "  the page of an instance's states (Markdown)", states_reference},
};
enum { PAGE_N = sizeof pages / sizeof pages[0] };

static int print(enum err (*write)(struct buf *out))
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    int status = write(&text) == ERR_OK && fputs(text.p, stdout) >= 0 ? EXIT_OK : EXIT_FAILED;
    buf_release(&text);
    return status;
}

static int print_effective(const struct config *config)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    bool ok = config_print(config, &text) == ERR_OK && fputs(text.p, stdout) >= 0;
    buf_release_secret(&text);
    return ok ? EXIT_OK : EXIT_FAILED;
}

static int check(const struct cli_command *command, const struct config *config, bool show)
{
    struct fault fault;
    int status = show ? print_effective(config) : EXIT_OK;
    enum err err = kafka_client_try(&config->kafka, &fault);
    if (err != ERR_OK)
        return cli_fail(command, err_exit_code(err), fault.text);
    if (!show)
        (void)cli_fail(command, EXIT_OK, "ok");
    return status;
}

int cli_check_config(int argc, char **argv)
{
    bool show = false;
    bool asked[PAGE_N] = {false};
    struct cli_flag flags[1 + PAGE_N] = {
        {"print", 0, NULL, &show, "  the effective configuration, secrets masked"},
    };
    for (size_t i = 0; i < PAGE_N; i++)
        flags[1 + i] = (struct cli_flag){pages[i].name, 0, NULL, &asked[i], pages[i].help};
    const struct cli_command command = {"check-config", "Checks the configuration.",    "",
                                        flags,          sizeof flags / sizeof flags[0], false};
    struct cli_args args;
    struct config config;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    for (size_t i = 0; i < PAGE_N; i++) {
        if (asked[i]) {
            cli_args_release(&args);
            return print(pages[i].write);
        }
    }
    status = cli_load_config(&command, &args, &config);
    if (status == EXIT_OK) {
        status = check(&command, &config, show);
        config_release(&config);
    }
    cli_args_release(&args);
    return status;
}
