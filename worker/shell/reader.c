/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/instant.h"

enum { QUEUE_BYTES_DEFAULT = 128 * 1024, SLOTS_FIRST = 16 };

/* One started partition. */
struct slot {
    struct reader_at at;
    rd_kafka_queue_t *queue;
    bool paused;
    rd_kafka_resp_err_t failed; /* heard of by hear_failure, not yet told */
};

struct reader {
    struct kafka_client client;
    struct reader_options options;
    rd_kafka_topic_t *topics[TOPIC_N];
    struct slot *slots;
    size_t slot_n;
    size_t slot_cap;
    size_t turn;                 /* whose turn it is */
    struct slot *polled;         /* whose queue is being polled, for hear_failure */
    rd_kafka_message_t *message; /* what the last event borrows from */
    struct kafka_header *headers;
};

/* A partition that ceases to exist is no message on its queue but a callback, in the poll of it. */
static void hear_failure(rd_kafka_t *rk, int code, const char *text, void *context)
{
    (void)rk;
    (void)text;
    const struct reader *reader = context;
    if (reader->polled != NULL)
        reader->polled->failed = (rd_kafka_resp_err_t)code;
}

static enum err build_conf(struct reader *reader, const struct reader_options *options,
                           rd_kafka_conf_t **conf_out, struct fault *fault)
{
    enum err err = kafka_conf_build(KAFKA_READER, options->kafka.properties, conf_out, fault);
    if (err != ERR_OK)
        return err;
    rd_kafka_conf_set_opaque(*conf_out, reader);
    rd_kafka_conf_set_error_cb(*conf_out, hear_failure);
    uint32_t queue_bytes = options->queue_bytes != 0 ? options->queue_bytes : QUEUE_BYTES_DEFAULT;
    char kbytes[16];
    char fetch[16];
    (void)snprintf(kbytes, sizeof kbytes, "%" PRIu32, queue_bytes / 1024);
    (void)snprintf(fetch, sizeof fetch, "%" PRIu32, queue_bytes / 2);
    char why[256] = "";
    if (rd_kafka_conf_set(*conf_out, "queued.max.messages.kbytes", kbytes, why, sizeof why) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(*conf_out, "fetch.message.max.bytes", fetch, why, sizeof why) !=
            RD_KAFKA_CONF_OK) {
        rd_kafka_conf_destroy(*conf_out);
        return fault_set(fault, ERR_CONFIG, "kafka: %s", why);
    }
    return ERR_OK;
}

enum err reader_open(const struct reader_options *options, struct reader **reader_out,
                     struct fault *fault)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return fault_set(fault, ERR_SYSTEM, "reader: no memory");
    reader->options = *options;
    rd_kafka_conf_t *conf = NULL;
    enum err err = build_conf(reader, options, &conf, fault);
    if (err == ERR_OK)
        err = kafka_client_open_conf(&reader->client, &options->kafka, conf, KAFKA_READER, fault);
    for (int i = 0; i < TOPIC_N && err == ERR_OK; i++) {
        if (options->names.name[i] == NULL)
            continue;
        reader->topics[i] = rd_kafka_topic_new(reader->client.rk, options->names.name[i], NULL);
        if (reader->topics[i] == NULL)
            err = fault_set(fault, ERR_CONFIG, "topics.%s: %s", topic_key((enum topic)i),
                            rd_kafka_err2str(rd_kafka_last_error()));
    }
    if (err == ERR_OK) {
        reader->headers = calloc(READER_HEADERS_MAX, sizeof *reader->headers);
        if (reader->headers == NULL)
            err = fault_set(fault, ERR_SYSTEM, "reader: no memory");
    }
    if (err != ERR_OK) {
        reader_close(reader, 1000);
        return err;
    }
    *reader_out = reader;
    return ERR_OK;
}

static struct slot *find(const struct reader *reader, struct reader_at at)
{
    for (size_t i = 0; i < reader->slot_n; i++) {
        struct slot *slot = &reader->slots[i];
        if (slot->at.topic == at.topic && slot->at.partition == at.partition)
            return slot;
    }
    return NULL;
}

static void drop_message(struct reader *reader)
{
    if (reader->message != NULL)
        rd_kafka_message_destroy(reader->message);
    reader->message = NULL;
}

static enum err grow(struct reader *reader, struct fault *fault)
{
    if (reader->slot_n < reader->slot_cap)
        return ERR_OK;
    if (reader->slot_n >= READER_PARTITIONS_MAX)
        return fault_set(fault, ERR_LIMIT, "more than %d partitions", READER_PARTITIONS_MAX);
    size_t cap = reader->slot_cap == 0 ? SLOTS_FIRST : reader->slot_cap * 2;
    struct slot *slots = realloc(reader->slots, cap * sizeof *slots);
    if (slots == NULL)
        return fault_set(fault, ERR_SYSTEM, "reader: no memory");
    reader->slots = slots;
    reader->slot_cap = cap;
    return ERR_OK;
}

enum err reader_start(struct reader *reader, struct reader_at at, int64_t offset,
                      struct fault *fault)
{
    PRE((unsigned)at.topic < TOPIC_N);
    PRE(reader->topics[at.topic] != NULL);
    PRE(find(reader, at) == NULL);
    PRE(offset >= READER_BEGINNING);
    enum err err = grow(reader, fault);
    if (err != ERR_OK)
        return err;
    rd_kafka_queue_t *queue = kafka_client_queue(&reader->client);
    if (queue == NULL)
        return fault_set(fault, ERR_SYSTEM, "reader: no memory");
    if (rd_kafka_consume_start_queue(reader->topics[at.topic], at.partition, offset, queue) != 0) {
        rd_kafka_resp_err_t code = rd_kafka_last_error();
        rd_kafka_queue_destroy(queue);
        return fault_set(fault, ERR_SYSTEM, "reading %s/%" PRId32 ": %s",
                         reader->options.names.name[at.topic], at.partition,
                         rd_kafka_err2str(code));
    }
    reader->slots[reader->slot_n++] = (struct slot){.at = at, .queue = queue};
    return ERR_OK;
}

/* Stops the partition and forgets it. The last event stays readable. */
static void stop(struct reader *reader, struct slot *slot)
{
    rd_kafka_queue_io_event_enable(slot->queue, -1, NULL, 0);
    (void)rd_kafka_consume_stop(reader->topics[slot->at.topic], slot->at.partition);
    rd_kafka_queue_destroy(slot->queue);
    *slot = reader->slots[--reader->slot_n];
}

void reader_stop(struct reader *reader, struct reader_at at)
{
    drop_message(reader);
    struct slot *slot = find(reader, at);
    if (slot != NULL)
        stop(reader, slot);
}

bool reader_is_started(const struct reader *reader, struct reader_at at)
{
    return find(reader, at) != NULL;
}

void reader_pause(struct reader *reader, struct reader_at at)
{
    struct slot *slot = find(reader, at);
    if (slot != NULL)
        slot->paused = true;
}

void reader_resume(struct reader *reader, struct reader_at at)
{
    struct slot *slot = find(reader, at);
    if (slot != NULL)
        slot->paused = false;
}

static void unpack_headers(struct reader *reader, struct reader_event *event)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(reader->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    size_t n = 0;
    while (n < READER_HEADERS_MAX) {
        const char *name = NULL;
        const void *value = NULL;
        size_t value_n = 0;
        if (rd_kafka_header_get_all(headers, n, &name, &value, &value_n) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        reader->headers[n++] = (struct kafka_header){
            .name = view_of(name),
            .value = {value, value_n},
        };
    }
    event->headers = reader->headers;
    event->header_n = n;
}

static void show_record(struct reader *reader, struct reader_event *event)
{
    const rd_kafka_message_t *message = reader->message;
    event->type = READER_RECORD;
    event->is_tombstone = message->payload == NULL;
    event->key = (struct view){message->key, message->key_len};
    event->value = (struct view){message->payload, message->len};
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &kind);
    event->log_append_time = kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && timestamp_ms >= 0)
        event->timestamp_ms = timestamp_ms;
    if (reader->options.headers[event->at.topic])
        unpack_headers(reader, event);
}

/* Anything but a record or the end: the partition is over. */
static void show_failure(struct reader *reader, struct slot *slot, rd_kafka_resp_err_t code,
                         struct reader_event *event)
{
    bool gone = code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    event->type = gone ? READER_GONE : READER_FAILED;
    event->err = kafka_err(code);
    (void)fault_set(&event->fault, event->err, "%s/%" PRId32 ": %s",
                    reader->options.names.name[slot->at.topic], slot->at.partition,
                    reader->message != NULL ? rd_kafka_message_errstr(reader->message)
                                            : rd_kafka_err2str(code));
    stop(reader, slot);
}

/* What the poll of the slot's queue brought; false: nothing. */
static bool show(struct reader *reader, struct slot *slot, struct reader_event *event)
{
    const rd_kafka_message_t *message = reader->message;
    if (message == NULL && slot->failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *event = (struct reader_event){
        .at = slot->at,
        .offset = message != NULL ? message->offset : -1,
        .timestamp_ms = TIME_NONE,
    };
    if (message == NULL) {
        show_failure(reader, slot, slot->failed, event);
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        show_record(reader, event);
        reader->client.up = true;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        event->type = READER_EOF;
    } else {
        show_failure(reader, slot, message->err, event);
    }
    return true;
}

static void serve_client(struct reader *reader)
{
    rd_kafka_event_t *event = NULL;
    while ((event = rd_kafka_queue_poll(reader->client.queue, 0)) != NULL) {
        (void)kafka_client_handle(&reader->client, event);
        rd_kafka_event_destroy(event);
    }
}

bool reader_next(struct reader *reader, struct reader_event *event_out)
{
    drop_message(reader);
    for (size_t i = 0; i < reader->slot_n; i++) {
        if (reader->turn >= reader->slot_n)
            reader->turn = 0;
        struct slot *slot = &reader->slots[reader->turn];
        if (!slot->paused) {
            reader->polled = slot;
            reader->message = rd_kafka_consume_queue(slot->queue, 0);
            reader->polled = NULL;
            if (show(reader, slot, event_out))
                return true;
        }
        reader->turn++;
    }
    serve_client(reader);
    return false;
}

bool reader_watermarks(const struct reader *reader, struct reader_at at, int64_t *low_out,
                       int64_t *high_out)
{
    return rd_kafka_get_watermark_offsets(reader->client.rk, reader->options.names.name[at.topic],
                                          at.partition, low_out,
                                          high_out) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           *high_out >= 0;
}

struct kafka_client *reader_client(struct reader *reader)
{
    return &reader->client;
}

const char *reader_topic_name(const struct reader *reader, enum topic topic)
{
    return reader->options.names.name[topic];
}

bool reader_is_up(const struct reader *reader)
{
    return reader->client.up && !reader->client.fatal;
}

void reader_close(struct reader *reader, int timeout_ms)
{
    if (reader == NULL)
        return;
    drop_message(reader);
    while (reader->slot_n > 0)
        stop(reader, &reader->slots[reader->slot_n - 1]);
    for (int i = 0; i < TOPIC_N; i++) {
        if (reader->topics[i] != NULL)
            rd_kafka_topic_destroy(reader->topics[i]);
    }
    kafka_client_close(&reader->client, timeout_ms);
    free(reader->headers);
    free(reader->slots);
    free(reader);
}
