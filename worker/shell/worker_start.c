/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening the worker's modules, and what they report beside their events. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/crc32c.h"
#include "shell/clock.h"
#include "shell/worker_impl.h"

/* Reserved, not used: pages are taken as state grows. */
static const int64_t snapshot_bytes_min = 4 << 20;
static const size_t engine_bytes = (size_t)4 << 30;

/* ---- what the modules say ---- */

static void on_kafka(void *context, int level, const char *client, const char *text)
{
    struct worker *worker = context;
    if (level <= 4)
        mishap_note(&worker->kafka_mishap, "%s: %s", client, text);
    log_kafka(worker->log, level, client, text);
}

static void on_note(void *context, const struct note *note)
{
    struct worker *worker = context;
    if (note->type == NOTE_BREAKER_OPEN)
        (void)snprintf(worker->breaker_code, sizeof worker->breaker_code, "%.*s",
                       VIEW_FMT(note->text));
    if (note->type == NOTE_CLAIMED)
        control_note_claim(worker->control, note->partition);
    log_note(worker->log, note);
}

static void on_commit(void *context, struct reader_at at, int64_t offset)
{
    struct worker *worker = context;
    group_commit(worker->group, at, offset);
}

static bool on_was_claimed(void *context, int32_t partition)
{
    const struct worker *worker = context;
    return control_was_claimed(worker->control, partition);
}

static void on_task_read(void *context, const struct reader_event *event)
{
    struct worker *worker = context;
    control_note_read(worker->control, clock_now().at, event);
}

static const struct fingerprint *on_task_seen(void *context, int32_t partition)
{
    const struct worker *worker = context;
    return control_seen(worker->control, (struct reader_at){TOPIC_TASKS, partition});
}

static void on_trim(void *context, struct reader_at at, int64_t offset)
{
    struct worker *worker = context;
    trim_ask(worker->trim, at, offset);
}

static void on_drained(void *context)
{
    struct worker *worker = context;
    worker->drained = true;
}

static const struct credentials *on_credentials(void *context)
{
    const struct worker *worker = context;
    return &worker->credentials.credentials;
}

static void on_outcome(void *context, enum outcome_status status)
{
    struct worker *worker = context;
    worker->metrics.outcomes[status]++;
}

/* ---- starting ---- */

static struct kafka_options kafka_options(struct worker *worker)
{
    return (struct kafka_options){.properties = &worker->config->kafka,
                                  .sink = &worker->sink,
                                  .wake = &worker->wake,
                                  .client_id = worker->config->name};
}

static struct engine_options engine_options(const struct worker *worker)
{
    const struct config *config = worker->config;
    uint64_t random[2] = {0, 0};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        random[0] = random[1] = (uint64_t)clock_now().wall_us;
    return (struct engine_options){
        .pool = view_of(config->group),
        .worker = view_of(config->name),
        .pool_mark = worker->pool_mark,
        .nonce = random[0],
        .seed = random[1],
        .partition_n = worker->partition_n,
        .dry_run = config->dry_run,
        .limits = {.open_requests = (uint32_t)config->open_requests,
                   .closed_requests = (uint32_t)config->closed_requests,
                   .entry_bytes = (uint32_t)config->entry_bytes},
        .default_region = view_of(config->region),
        .request_max_age_ms = config->request_max_age_ms,
        .dedup_window_ms = config->dedup_window_ms,
        .allow_force = config->allow_force,
        .rate_limit = worker->rate_limit,
        .batch_size = (uint32_t)config->batch_size,
        .linger_ms = config->linger_ms,
        .timeout_ms = config->timeout_ms,
        .signature_life_ms = config->signature_life_ms,
        .settle_ms = config->settle_ms,
        .max_attempts = (uint32_t)config->max_attempts,
        .retry_initial_ms = config->retry_initial_ms,
        .retry_max_ms = config->retry_max_ms,
        .confirm_enabled = config->confirm_enabled,
        .confirm_interval_ms = config->confirm_interval_ms,
        .confirm_timeout_ms = config->confirm_timeout_ms,
        .ambiguity_retry = config->ambiguity == AMBIGUITY_RETRY,
        .snapshot_bytes_min = snapshot_bytes_min,
    };
}

static enum err open_producers(struct worker *worker, struct fault *fault)
{
    struct producer_options options = {.kafka = kafka_options(worker), .names = worker->names};
    options.names.name[TOPIC_RESULTS] = NULL;
    enum err err = producer_open(&options, &worker->producer, fault);
    options.names =
        (struct topic_names){.name = {[TOPIC_RESULTS] = worker->names.name[TOPIC_RESULTS]}};
    if (err == ERR_OK)
        err = producer_open(&options, &worker->publisher, fault);
    return err;
}

static enum err open_kafka(struct worker *worker, const struct topics_event *ready,
                           struct fault *fault)
{
    struct kafka_options kafka = kafka_options(worker);
    const struct config *config = worker->config;
    enum err err = open_producers(worker, fault);
    if (err == ERR_OK)
        err = reader_open(&(struct reader_options){.kafka = kafka,
                                                   .names = worker->names,
                                                   .headers = {[TOPIC_REQUESTS] = true}},
                          &worker->reader, fault);
    if (err == ERR_OK)
        err = control_open(
            &(struct control_options){.producer = worker->producer,
                                      .requests = config->topics[TOPIC_REQUESTS],
                                      .ledger = config->topics[TOPIC_LEDGER],
                                      .tasks = config->topics[TOPIC_TASKS],
                                      .results = config->topics[TOPIC_RESULTS],
                                      .group = config->group,
                                      .dry_run = config->dry_run,
                                      .request_partition_n = ready->partitions[TOPIC_REQUESTS],
                                      .ledger_partition_n = ready->partition_n},
            &worker->control, fault);
    if (err == ERR_OK)
        err = trim_open(worker->reader, &worker->trim, fault);
    if (err == ERR_OK)
        err = intake_open(
            &(struct intake_options){.producer = worker->producer,
                                     .requests = config->topics[TOPIC_REQUESTS],
                                     .partition_n = ready->partition_n,
                                     .dead_letter_bytes_max = ready->dead_letter_bytes_max},
            &worker->intake, fault);
    if (err == ERR_OK)
        err = input_open(worker, ready->partitions[TOPIC_REQUESTS], fault);
    /* Later on it is the quiet partition that keeps the reader awake (shell/reader.h). */
    if (err == ERR_OK)
        err = reader_start(worker->reader, (struct reader_at){TOPIC_CONTROL, 0}, READER_BEGINNING,
                           fault);
    return err;
}

static enum err open_bridge(struct worker *worker, struct fault *fault)
{
    return bridge_open(
        &(struct bridge_options){
            .engine = engine_options(worker),
            .source = worker->config->events_source,
            .requests = worker->config->topics[TOPIC_REQUESTS],
            .memory_bytes = engine_bytes,
            .producer = worker->producer,
            .publisher = worker->publisher,
            .reader = worker->reader,
            .http = worker->http,
            .sink = {.context = worker,
                     .note = on_note,
                     .commit = on_commit,
                     .was_claimed = on_was_claimed,
                     .task_read = on_task_read,
                     .task_seen = on_task_seen,
                     .trim = on_trim,
                     .drained = on_drained,
                     .outcome = on_outcome,
                     .credentials = on_credentials},
        },
        &worker->bridge, fault);
}

void worker_start(struct worker *worker, const struct topics_event *ready)
{
    struct fault fault;
    const struct config *config = worker->config;
    worker->partition_n = ready->partition_n;
    worker->pool_mark = crc32c(0, config->group, strlen(config->group));
    enum err err = ERR_OK;
    if (ready->partition_n > ENGINE_PARTITIONS_MAX)
        err = fault_set(&fault, ERR_CONFIG, "topic %s has %d partitions; at most %d are supported",
                        config->topics[TOPIC_TASKS], ready->partition_n, ENGINE_PARTITIONS_MAX);
    if (err == ERR_OK)
        err = open_kafka(worker, ready, &fault);
    if (err == ERR_OK)
        worker->stage = STAGE_LOADING;
    else
        worker_fail(worker, err, &fault);
}

void worker_join(struct worker *worker)
{
    struct fault fault;
    const struct config *config = worker->config;
    enum err err = control_check_names(worker->control, &fault);
    if (err == ERR_OK)
        err = open_bridge(worker, &fault);
    if (err == ERR_OK)
        err = group_open(
            &(struct group_options){.kafka = kafka_options(worker),
                                    .group_id = config->group,
                                    .instance_id = config->static_membership ? config->name : NULL,
                                    .requests = config->topics[TOPIC_REQUESTS],
                                    .tasks = config->topics[TOPIC_TASKS]},
            &worker->group, &fault);
    if (err != ERR_OK) {
        worker_fail(worker, err, &fault);
        return;
    }
    const struct log_field fields[] = {LOG_NUMBER("partitions", worker->partition_n),
                                       LOG_TEXT("group", config->group),
                                       LOG_TEXT("name", config->name)};
    log_write(worker->log, LEVEL_INFO, "topics are ready; joining the pool", fields, 3);
    worker->stage = STAGE_RUNNING;
}

enum err worker_open_http(struct worker *worker, struct fault *fault)
{
    const struct config *config = worker->config;
    return http_open(&(struct http_options){.endpoint = config->endpoint,
                                            .service = config->service,
                                            .version = config->version,
                                            .language = config->language,
                                            .send_region = config->send_region},
                     &worker->http, fault);
}

enum err worker_open_topics(struct worker *worker, struct fault *fault)
{
    const struct config *config = worker->config;
    worker->sink = (struct kafka_sink){.write = on_kafka, .context = worker};
    for (enum topic topic = 0; topic < TOPIC_N; topic++)
        worker->names.name[topic] = config->topics[topic];
    return topics_open(
        &(struct topics_options){.kafka = kafka_options(worker),
                                 .names = worker->names,
                                 .partition_n = (int32_t)config->partitions,
                                 .replication_factor = (int32_t)config->replication_factor,
                                 .create = config->create_topics,
                                 .request_bytes_max = config->request_max_bytes},
        &worker->topics, fault);
}
