/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker submit`: publishes a request, and waits for its outcomes if asked to. */
#include "cli/submit.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/file.h"
#include "cli/interrupt.h"
#include "shell/clock.h"

struct submit_options {
    struct submit_fields fields;
    const char *file;
    const char *timeout;
    const char *output;
    bool wait;
    /* worked out */
    int64_t timeout_ms;
    bool json;
};

static const char *const summary =
    "Publishes a request to reboot instances, and prints its ID. Nothing is published unless all\n"
    "of it passes the checks that workers make.\n"
    "Exit codes: 0 published, with --wait: and all went well; 1 some did not; 2 the request or "
    "the\n"
    "usage is wrong; 75 no broker, or --timeout has passed; 78 configuration.";

/* ---- printing ---- */

/* A line for each request; with JSON for each record. */
static void print_stored(const struct submit *submit, const char *topic, bool json)
{
    const char *last = "";
    for (size_t i = 0; i < submit->record_n; i++) {
        const struct submit_record *record = &submit->records[i];
        if (record->offset < 0)
            continue;
        if (json)
            (void)printf("{\"requestId\":\"%s\",\"topic\":\"%s\",\"partition\":%d,\"offset\":%lld,"
                         "\"instances\":%u}\n",
                         record->request_id, topic, record->partition, (long long)record->offset,
                         record->instance_n);
        else if (strcmp(last, record->request_id) != 0)
            (void)printf("%s\n", record->request_id);
        last = record->request_id;
    }
    (void)fflush(stdout);
}

/* A request that names no ID has that of its place. */
static bool name_by_place(struct submit *submit, const char *topic)
{
    for (size_t i = 0; i < submit->record_n; i++) {
        struct submit_record *record = &submit->records[i];
        if (record->request_id == NULL && record->offset >= 0 &&
            asprintf(&record->request_id, "%s/%d/%lld", topic, record->partition,
                     (long long)record->offset) < 0) {
            record->request_id = NULL;
            return false;
        }
    }
    return true;
}

/* ---- the steps ---- */

static int published_in_part(const struct cli_command *command, const struct submit *submit,
                             enum err err, const struct fault *fault)
{
    size_t stored_n = 0;
    for (size_t i = 0; i < submit->record_n; i++)
        stored_n += submit->records[i].offset >= 0;
    int status = cli_fail(command, err_exit_code(err), fault->text);
    (void)fprintf(stderr,
                  "%zu of %zu records are known to be stored. Publishing again is safe under the\n"
                  "same request ID (--request-id): what is there already is not done twice.\n",
                  stored_n, submit->record_n);
    return status;
}

static int publish_and_wait(const struct cli_command *command, const struct submit_options *options,
                            const struct config *config, struct submit *submit,
                            struct consume *results)
{
    struct fault fault;
    const char *topic = config->topics[TOPIC_REQUESTS];
    enum err err = submit_publish(submit, config, &fault);
    if (!name_by_place(submit, topic))
        return cli_fail(command, EXIT_FAILED, "no memory");
    if (!(options->wait && options->json))
        print_stored(submit, topic, options->json);
    if (err != ERR_OK)
        return published_in_part(command, submit, err, &fault);
    if (!options->wait)
        return EXIT_OK;
    const struct submit_wait wait = {.command = command,
                                     .submit = submit,
                                     .results = results,
                                     .timeout_ms = options->timeout_ms,
                                     .json = options->json};
    return submit_wait(&wait);
}

/* The requests topic must be there, and for --wait the results from now on; what is withdrawn may
 * have ended before. */
static enum err open_topics(const struct submit_options *options, const struct config *config,
                            const struct submit *submit, struct consume *results,
                            struct fault *fault)
{
    enum err err = consume_open(results, config, TOPIC_REQUESTS, fault);
    if (err != ERR_OK || !options->wait)
        return err;
    consume_close(results);
    err = consume_open(results, config, TOPIC_RESULTS, fault);
    bool any_cancel = false;
    for (size_t i = 0; i < submit->record_n; i++)
        any_cancel = any_cancel || submit->records[i].cancel;
    if (err == ERR_OK)
        err = consume_start(results, -1,
                            any_cancel ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END, fault);
    return err;
}

static int run(const struct cli_command *command, const struct submit_options *options,
               const struct cli_args *args, const struct config *config)
{
    struct fault fault;
    struct submit submit = {.records = NULL};
    struct consume results = {.rk = NULL};
    struct buf file;
    buf_init(&file, SUBMIT_FILE_BYTES_MAX);
    enum err err = options->file != NULL ? file_read(options->file, &file, &fault) : ERR_OK;
    int status = err != ERR_OK ? cli_fail(command, EXIT_FAILED, fault.text) : EXIT_OK;
    if (err == ERR_OK) {
        const struct submit_input input = {
            .fields = &options->fields,
            .ids = args->positional,
            .id_n = args->positional_n,
            .file = buf_view(&file),
            .file_name =
                options->file != NULL && strcmp(options->file, "-") != 0 ? options->file : "stdin",
            .config = config,
            .now_ms = clock_now().wall_us / 1000,
        };
        err = submit_collect(&input, &submit, &fault);
        if (err != ERR_OK)
            status = cli_fail(command, err == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED, fault.text);
    }
    if (err == ERR_OK) {
        err = open_topics(options, config, &submit, &results, &fault);
        interrupt_catch();
        status = err == ERR_OK ? publish_and_wait(command, options, config, &submit, &results)
                               : cli_fail(command, consume_exit_code(err), fault.text);
    }
    consume_close(&results);
    submit_release(&submit);
    buf_release(&file);
    return status;
}

static bool check(const struct cli_command *command, struct submit_options *options,
                  const struct cli_args *args)
{
    const char *wrong = NULL;
    options->timeout_ms = TIME_NONE;
    if (!cli_output(command, options->output, &options->json))
        return false;
    if (args->positional_n == 0 && options->file == NULL)
        wrong = "no instance IDs: name some, or --file FILE";
    else if (options->timeout != NULL && !options->wait)
        wrong = "--timeout is for --wait";
    else if (options->timeout != NULL &&
             !config_parse_duration(view_of(options->timeout), &options->timeout_ms))
        wrong = "--timeout is a duration: 90s, 10m";
    if (wrong != NULL)
        (void)cli_fail(command, EXIT_USAGE, wrong);
    return wrong == NULL;
}

int cli_submit(int argc, char **argv)
{
    struct submit_options options = {.output = "text"};
    struct submit_fields *fields = &options.fields;
    const struct cli_flag flags[] = {
        {"file", 'f', &options.file, NULL, "FILE|-  an ID or a whole request (JSON) a line"},
        {"request-id", 'r', &fields->request_id, NULL, "ID  default: a fresh UUID"},
        {"region", 0, &fields->region, NULL, "REGION  default: the workers' api.region"},
        {"stop-type", 0, &fields->stop_type, NULL, "SOFT|HARD|SOFT_FIRST  default: SOFT"},
        {"force-reboot", 0, NULL, &fields->force_reboot, "  force where a normal reboot fails"},
        {"requested-at", 0, &fields->requested_at, NULL, "TIME  when it was asked for"},
        {"not-before", 0, &fields->not_before, NULL, "TIME|10m  not before a time, or from now"},
        {"expires-at", 0, &fields->expires_at, NULL, "TIME|10m  give up at a time, or from now"},
        {"requested-by", 0, &fields->requested_by, NULL, "WHO  is in every outcome"},
        {"reason", 0, &fields->reason, NULL, "WHY  is in every outcome"},
        {"allow-repeat", 0, NULL, &fields->allow_repeat, "  reboot even what was just rebooted"},
        {"cancel", 0, NULL, &fields->cancel, "  withdraw --request-id for these instances"},
        {"wait", 'w', NULL, &options.wait, "  until every instance has its final outcome"},
        {"timeout", 0, &options.timeout, NULL, "10m  of --wait; default: none"},
        {"output", 'o', &options.output, NULL,
         "text|json  default: text; json with --wait: the final outcomes"},
    };
    const struct cli_command command = {
        "submit", summary, "[INSTANCE_ID...]", flags, sizeof flags / sizeof flags[0], true};
    struct cli_args args;
    struct config config;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    status =
        check(&command, &options, &args) ? cli_load_config(&command, &args, &config) : EXIT_USAGE;
    if (status == EXIT_OK) {
        status = run(&command, &options, &args, &config);
        config_release(&config);
    }
    cli_args_release(&args);
    return status;
}
