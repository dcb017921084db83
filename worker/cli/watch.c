/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker watch`: follows the results topic. Reads only, without a group. */
#include <stdio.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/consume.h"
#include "cli/interrupt.h"
#include "cli/outcome_event.h"
#include "shell/clock.h"
#include "wire/timestamp.h"

enum { POLL_MS = 200 };

struct watch_options {
    const char *request_id;
    const char *instance_id;
    const char *from;
    const char *output;
    bool final;
    bool exit_at_end;
};

/* Where to begin. */
struct start {
    int64_t offset;  /* RD_KAFKA_OFFSET_BEGINNING or _END */
    int64_t time_ms; /* or at this time: not TIME_NONE */
};

static bool parse_from(const char *text, struct start *out)
{
    int64_t ago_ms;
    *out = (struct start){.offset = RD_KAFKA_OFFSET_END, .time_ms = TIME_NONE};
    if (strcmp(text, "end") == 0)
        return true;
    if (strcmp(text, "beginning") == 0) {
        out->offset = RD_KAFKA_OFFSET_BEGINNING;
        return true;
    }
    if (config_parse_duration(view_of(text), &ago_ms)) {
        out->time_ms = clock_now().wall_us / 1000 - ago_ms;
        return true;
    }
    return timestamp_parse(view_of(text), &out->time_ms) == ERR_OK;
}

static bool is_wanted(const struct watch_options *options, const struct outcome_event *event)
{
    return (options->request_id == NULL || view_is(event->request_id, options->request_id)) &&
           (options->instance_id == NULL || view_is(event->instance_id, options->instance_id)) &&
           (!options->final || event->final);
}

/* False: stdout is closed. */
static bool show(const struct cli_command *command, const struct watch_options *options,
                 const rd_kafka_message_t *message, struct outcome_printer *printer)
{
    struct outcome_event event;
    struct fault fault;
    if (outcome_event_read(message, &event, &fault) != ERR_OK) {
        (void)cli_fail(command, EXIT_OK, fault.text);
        return true;
    }
    bool ok = !is_wanted(options, &event) || outcome_print(printer, &event);
    outcome_event_release(&event);
    return ok;
}

static int follow(const struct cli_command *command, const struct watch_options *options,
                  struct consume *consume, struct outcome_printer *printer)
{
    bool said_away = false;
    int status = EXIT_OK;
    while (status == EXIT_OK && !interrupt_came()) {
        if (options->exit_at_end && consume->at_end_n == consume->count)
            break;
        rd_kafka_message_t *message = consume_next(consume, POLL_MS);
        if (consume->is_away != said_away)
            (void)cli_fail(command, EXIT_OK,
                           consume->is_away ? "no broker answers; waiting" : "it answers again");
        said_away = consume->is_away;
        if (message == NULL)
            continue;
        if (!show(command, options, message, printer))
            status = EXIT_FAILED;
        rd_kafka_message_destroy(message);
    }
    return status;
}

static int run(const struct cli_command *command, const struct watch_options *options,
               const struct start *start, const struct config *config, bool json)
{
    struct consume consume;
    struct fault fault;
    struct outcome_printer printer = outcome_printer_init(json);
    enum err err = consume_open(&consume, config, TOPIC_RESULTS, &fault);
    if (err != ERR_OK)
        return cli_fail(command, consume_exit_code(err), fault.text);
    err = start->time_ms != TIME_NONE ? consume_start_at(&consume, start->time_ms, &fault)
                                      : consume_start(&consume, -1, start->offset, &fault);
    interrupt_catch();
    int status = err == ERR_OK ? follow(command, options, &consume, &printer)
                               : cli_fail(command, consume_exit_code(err), fault.text);
    consume_close(&consume);
    return status;
}

int cli_watch(int argc, char **argv)
{
    struct watch_options options = {.from = "end", .output = "text"};
    const struct cli_flag flags[] = {
        {"request-id", 'r', &options.request_id, NULL, "ID  outcomes of this request only"},
        {"instance-id", 'i', &options.instance_id, NULL, "ID  outcomes of this instance only"},
        {"final", 0, NULL, &options.final, "  final outcomes only"},
        {"from", 0, &options.from, NULL,
         "WHERE  end (default), beginning, a time (RFC 3339), or how long ago: 10m"},
        {"exit", 'e', NULL, &options.exit_at_end, "  end where the topic ends now"},
        {"output", 'o', &options.output, NULL,
         "text|json  default: text; json is the events' values, one a line"},
    };
    const struct cli_command command = {"watch", "Follows outcomes until Ctrl-C.", "",
                                        flags,   sizeof flags / sizeof flags[0],   false};
    struct cli_args args;
    struct config config;
    struct start start;
    bool json = false;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    if (!parse_from(options.from, &start))
        status = cli_fail(&command, EXIT_USAGE,
                          "--from is end, beginning, a time (RFC 3339) or a duration (10m)");
    else if (!cli_output(&command, options.output, &json))
        status = EXIT_USAGE;
    else
        status = cli_load_config(&command, &args, &config);
    if (status == EXIT_OK) {
        status = run(&command, &options, &start, &config, json);
        config_release(&config);
    }
    cli_args_release(&args);
    return status;
}
