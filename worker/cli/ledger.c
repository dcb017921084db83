/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker ledger`: prints a partition of the ledger, from an offset to its present end.
 * Reads only; it may run beside the pool. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/consume.h"
#include "wire/record_codec.h"
#include "wire/record_text.h"

enum { LINE_BYTES_MAX = 4 * 1024 * 1024 };

struct ledger_options {
    const char *partition;
    const char *from;
    const char *output;
};

/* Which records count: the epoch and seq that the next decision must have. The reading begins where
 * the log does, whatever is printed: nothing else tells. A log begins with a claim, or with the
 * snapshot that its deleted beginning led to. */
struct validity {
    bool known;
    int64_t epoch;
    uint32_t next_seq;
    size_t worker_n; /* of the claim in force; 0: not known */
    char worker[255];
};

static bool judge(struct validity *validity, const struct record *record, int64_t offset)
{
    if (record->kind == RECORD_CLAIM) {
        *validity = (struct validity){.known = true, .epoch = offset};
        struct view worker = record->u.claim.worker;
        validity->worker_n = worker.n < sizeof validity->worker ? worker.n : 0;
        memcpy(validity->worker, worker.n > 0 ? worker.p : "", validity->worker_n);
        return true;
    }
    if (record->kind == RECORD_REPLY)
        return true;
    bool valid =
        validity->known && record->epoch == validity->epoch && record->seq == validity->next_seq;
    if (!validity->known) { /* the snapshot: it is believed */
        *validity =
            (struct validity){.known = true, .epoch = record->epoch, .next_seq = record->seq};
        valid = true;
    }
    validity->next_seq += valid;
    return valid;
}

static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? TIME_NONE : ms;
}

struct ledger_output {
    int64_t from; /* what stands before is judged, and not printed */
    bool json;
};

static int print_record(const rd_kafka_message_t *message, struct validity *validity,
                        struct record_scratch *scratch, const struct ledger_output *output)
{
    struct record record;
    struct fault fault;
    struct buf line;
    struct view bytes = {message->payload, message->len};
    if (record_decode(bytes, scratch, &record, &fault) != ERR_OK) {
        (void)fprintf(stderr, "reboot-worker ledger: offset %lld: %s\n", (long long)message->offset,
                      fault.text);
        return EXIT_FAILED;
    }
    const struct record_line shown = {.partition = message->partition,
                                      .offset = message->offset,
                                      .log_ms = time_of(message),
                                      .valid = judge(validity, &record, message->offset),
                                      .worker = {validity->worker, validity->worker_n},
                                      .record = &record};
    if (message->offset < output->from)
        return EXIT_OK;
    buf_init(&line, LINE_BYTES_MAX);
    enum err err =
        output->json ? record_json_write(&shown, &line) : record_text_write(&shown, &line);
    bool ok = err == ERR_OK && fwrite(line.p, 1, line.n, stdout) == line.n && putchar('\n') != EOF;
    buf_release(&line);
    return ok ? EXIT_OK : EXIT_FAILED;
}

static int print_all(const struct cli_command *command, struct consume *consume,
                     const struct ledger_output *output)
{
    struct validity validity = {.known = false};
    struct record_scratch *scratch = malloc(sizeof *scratch);
    int status = scratch == NULL ? EXIT_FAILED : EXIT_OK;
    int waits = 0;
    while (status == EXIT_OK && consume->at_end_n == 0) {
        rd_kafka_message_t *message = consume_next(consume, 1000);
        if (message == NULL) {
            if (++waits * 1000 > CONSUME_BROKER_MS)
                status = cli_fail(command, EXIT_AGAIN, "the broker does not answer any more");
            continue;
        }
        waits = 0;
        status = print_record(message, &validity, scratch, output);
        rd_kafka_message_destroy(message);
    }
    free(scratch);
    return status;
}

static bool parse_whole(const char *text, int64_t max, int64_t *out)
{
    char *end;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *out >= 0 && *out <= max;
}

static int run(const struct cli_command *command, const struct ledger_options *options,
               const struct config *config, bool json)
{
    struct fault fault;
    struct consume consume;
    int64_t partition;
    struct ledger_output output = {.from = 0, .json = json};
    if (!parse_whole(options->partition, INT32_MAX, &partition))
        return cli_fail(command, EXIT_USAGE, "--partition is a number from 0");
    if (options->from != NULL && !parse_whole(options->from, INT64_MAX, &output.from))
        return cli_fail(command, EXIT_USAGE, "--from is an offset from 0");
    enum err err = consume_open(&consume, config, TOPIC_LEDGER, &fault);
    if (err != ERR_OK)
        return cli_fail(command, consume_exit_code(err), fault.text);
    err = consume_start(&consume, (int32_t)partition, RD_KAFKA_OFFSET_BEGINNING, &fault);
    int status = err == ERR_OK ? print_all(command, &consume, &output)
                               : cli_fail(command, consume_exit_code(err), fault.text);
    consume_close(&consume);
    return status;
}

int cli_ledger(int argc, char **argv)
{
    struct ledger_options options = {.output = "text"};
    const struct cli_flag flags[] = {
        {"partition", 'p', &options.partition, NULL, "N  which one; required"},
        {"from", 0, &options.from, NULL, "OFFSET  nothing before it; default: all"},
        {"output", 'o', &options.output, NULL, "text|json  default: text"},
    };
    const struct cli_command command = {"ledger", "Prints a partition of the ledger.", "",
                                        flags,    sizeof flags / sizeof flags[0],      false};
    struct cli_args args;
    struct config config;
    bool json = false;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    status = EXIT_USAGE;
    if (options.partition == NULL)
        (void)cli_fail(&command, status, "--partition is required");
    else if (cli_output(&command, options.output, &json))
        status = cli_load_config(&command, &args, &config);
    if (status == EXIT_OK) {
        status = run(&command, &options, &config, json);
        config_release(&config);
    }
    cli_args_release(&args);
    return status;
}
