/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/producer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/instant.h"
#include "shell/clock.h"
#include "shell/producer_gate.h"

/* One life of librdkafka's producer, and the time between two. */
enum life {
    LIFE_ON = 0,   /* takes records */
    LIFE_BREAKING, /* purged; the last reports are still to be read */
    LIFE_OFF,      /* none is open; the next one opens at reopen_at */
};

/* What is known of an outstanding record; its address is librdkafka's message opaque. */
struct outstanding {
    union {
        uint64_t ticket;
        struct outstanding *next_free;
    };
    uint32_t bytes;
    uint8_t topic;
    bool is_gated;
};

struct producer {
    struct producer_options options;
    struct kafka_client client;
    rd_kafka_topic_t *topics[TOPIC_N];
    enum life life;
    struct instant reopen_at;
    rd_kafka_event_t *reports; /* being read, or NULL */
    struct instant heard;      /* when it came */
    struct outstanding
        *slots; /* PRODUCER_RECORDS_MAX; touched only as far as ever needed at once */
    struct outstanding *free;
    uint32_t fresh; /* slots from here on were never used */
    uint64_t bulk_n;
    uint64_t bulk_bytes;
    struct gates gates;        /* of partitions that are named; held records are outstanding too */
    uint64_t topic_n[TOPIC_N]; /* outstanding */
    struct instant moved[TOPIC_N]; /* the last time one was acknowledged, or the first put */
    struct producer_stats stats;
};

static bool is_bulk(enum topic topic)
{
    return topic == TOPIC_TASKS || topic == TOPIC_DEAD_LETTERS;
}

static enum err open_life(struct producer *producer, struct fault *fault)
{
    enum err err =
        kafka_client_open(&producer->client, KAFKA_PRODUCER, &producer->options.kafka, fault);
    for (int i = 0; i < TOPIC_N && err == ERR_OK; i++) {
        const char *name = producer->options.names.name[i];
        if (name == NULL)
            continue;
        /* Before the first record: one to a topic not yet known waits a second (before 2.10.1). */
        producer->topics[i] = rd_kafka_topic_new(producer->client.rk, name, NULL);
        if (producer->topics[i] == NULL)
            err = fault_set(fault, ERR_CONFIG, "topics.%s: %s", topic_key((enum topic)i),
                            rd_kafka_err2str(rd_kafka_last_error()));
    }
    if (err == ERR_OK) {
        producer->life = LIFE_ON;
        producer->stats.lives_n++;
    }
    return err;
}

static void close_life(struct producer *producer, int timeout_ms)
{
    for (int i = 0; i < TOPIC_N; i++) {
        if (producer->topics[i] != NULL)
            rd_kafka_topic_destroy(producer->topics[i]);
        producer->topics[i] = NULL;
    }
    struct fault last_error = producer->client.last_error;
    kafka_client_close(&producer->client, timeout_ms);
    producer->client.last_error = last_error;
}

enum err producer_open(const struct producer_options *options, struct producer **producer_out,
                       struct fault *fault)
{
    struct producer *producer = calloc(1, sizeof *producer);
    if (producer == NULL)
        return fault_set(fault, ERR_SYSTEM, "producer: no memory");
    producer->options = *options;
    enum err err = ERR_OK;
    producer->slots = calloc(PRODUCER_RECORDS_MAX, sizeof *producer->slots);
    if (producer->slots == NULL)
        err = fault_set(fault, ERR_SYSTEM, "producer: no memory");
    if (err == ERR_OK)
        err = open_life(producer, fault);
    if (err != ERR_OK) {
        producer_close(producer, 1000);
        return err;
    }
    *producer_out = producer;
    return ERR_OK;
}

static uint64_t record_bytes(const struct producer_record *record)
{
    uint64_t bytes = record->key.n + record->value.n;
    for (size_t i = 0; i < record->header_n; i++)
        bytes += record->headers[i].name.n + record->headers[i].value.n;
    return bytes;
}

bool producer_has_room(const struct producer *producer, enum topic topic, uint64_t record_n,
                       uint64_t bytes)
{
    const struct producer_stats *stats = &producer->stats;
    if (producer->life != LIFE_ON || producer->client.fatal)
        return false;
    if (is_bulk(topic) && (producer->bulk_n + record_n > PRODUCER_RECORDS_MAX / 2 ||
                           producer->bulk_bytes + bytes > PRODUCER_BYTES_MAX / 2))
        return false;
    return stats->outstanding_n + record_n <= PRODUCER_RECORDS_MAX &&
           stats->outstanding_bytes + bytes <= PRODUCER_BYTES_MAX;
}

static struct outstanding *take_slot(struct producer *producer)
{
    struct outstanding *slot = producer->free;
    if (slot != NULL) {
        producer->free = slot->next_free;
        return slot;
    }
    CHECK(producer->fresh < PRODUCER_RECORDS_MAX);
    return &producer->slots[producer->fresh++];
}

static void give_slot(struct producer *producer, struct outstanding *slot)
{
    slot->next_free = producer->free;
    producer->free = slot;
}

static void count(struct producer *producer, const struct outstanding *slot, int sign)
{
    uint64_t n = sign > 0 ? 1 : UINT64_MAX; /* modulo 2^64: adds or takes away one */
    uint64_t bytes = sign > 0 ? slot->bytes : 0 - (uint64_t)slot->bytes;
    producer->stats.outstanding_n += n;
    producer->stats.outstanding_bytes += bytes;
    producer->topic_n[slot->topic] += n;
    if (is_bulk(slot->topic)) {
        producer->bulk_n += n;
        producer->bulk_bytes += bytes;
    }
}

static rd_kafka_headers_t *pack_headers(const struct producer_record *record)
{
    if (record->header_n == 0)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_n);
    for (size_t i = 0; i < record->header_n; i++) {
        const struct kafka_header *header = &record->headers[i];
        (void)rd_kafka_header_add(headers, header->name.p, (ssize_t)header->name.n, header->value.p,
                                  (ssize_t)header->value.n);
    }
    return headers;
}

static rd_kafka_resp_err_t produce(struct producer *producer, const struct producer_record *record,
                                   struct outstanding *slot)
{
    rd_kafka_headers_t *headers = pack_headers(record);
    rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topics[record->topic]},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)record->value.p, record->value.n}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)(uintptr_t)record->key.p, record->key.n}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = slot},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t vu_n = sizeof vus / sizeof vus[0] - (headers == NULL ? 1 : 0);
    rd_kafka_error_t *error = rd_kafka_produceva(producer->client.rk, vus, vu_n);
    if (error == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers != NULL)
        rd_kafka_headers_destroy(headers);
    return code;
}

/* The order of a partition is kept only where it is named (shell/producer_gate.h). */
static rd_kafka_resp_err_t send_or_hold(struct producer *producer,
                                        const struct producer_record *record,
                                        struct outstanding *slot)
{
    const struct gate_at at = {record->topic, record->partition};
    if (!slot->is_gated)
        return produce(producer, record, slot);
    PRE(record->header_n == 0);
    if (gates_need(&producer->gates, at) != ERR_OK)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    if (!gates_pass(&producer->gates, at, clock_now().at))
        return gates_hold(&producer->gates, at, record->key, record->value, slot) == ERR_OK
                   ? RD_KAFKA_RESP_ERR_NO_ERROR
                   : RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    rd_kafka_resp_err_t code = produce(producer, record, slot);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        gates_answered(&producer->gates, at, false, clock_now().at);
    return code;
}

enum err producer_put(struct producer *producer, const struct producer_record *record,
                      struct fault *fault)
{
    PRE((unsigned)record->topic < TOPIC_N);
    PRE(producer->options.names.name[record->topic] != NULL);
    PRE(record->header_n <= PRODUCER_HEADERS_MAX);
    uint64_t bytes = record_bytes(record);
    const char *name = producer->options.names.name[record->topic];
    if (bytes > PRODUCER_RECORD_BYTES_MAX)
        return fault_set(fault, ERR_INVALID,
                         "a record of %" PRIu64 " bytes for %s is over the limit of %d", bytes,
                         name, PRODUCER_RECORD_BYTES_MAX);
    if (producer->life != LIFE_ON || producer->client.fatal)
        return fault_set(fault, ERR_UNAVAILABLE, "the Kafka producer is starting anew");
    if (!producer_has_room(producer, record->topic, 1, bytes))
        return fault_set(fault, ERR_LIMIT, "%" PRIu64 " records are outstanding",
                         producer->stats.outstanding_n);
    struct outstanding *slot = take_slot(producer);
    *slot = (struct outstanding){
        .ticket = record->ticket,
        .bytes = (uint32_t)bytes,
        .topic = (uint8_t)record->topic,
        .is_gated = record->partition != PRODUCER_ANY,
    };
    rd_kafka_resp_err_t code = send_or_hold(producer, record, slot);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (producer->topic_n[record->topic] == 0)
            producer->moved[record->topic] = clock_now().at;
        count(producer, slot, 1);
        return ERR_OK;
    }
    give_slot(producer, slot);
    producer_break(producer, rd_kafka_err2str(code));
    /* Fatal: its event, and the failed reports, are on their way. */
    return fault_set(fault, code == RD_KAFKA_RESP_ERR__FATAL ? ERR_UNAVAILABLE : ERR_SYSTEM,
                     "%s/%" PRId32 ": %s", name, record->partition, rd_kafka_err2str(code));
}

void producer_break(struct producer *producer, const char *why)
{
    if (producer->life != LIFE_ON)
        return;
    producer->life = LIFE_BREAKING;
    (void)fault_set(&producer->client.last_error, ERR_SYSTEM, "%s", why);
    const struct kafka_sink *sink = producer->options.kafka.sink;
    if (sink != NULL)
        sink->write(sink->context, 3, rd_kafka_name(producer->client.rk),
                    producer->client.last_error.text);
    (void)rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                                  RD_KAFKA_PURGE_F_NON_BLOCKING);
}

/* What librdkafka, or the gate, says of one record. */
struct word {
    struct outstanding *slot;
    int32_t partition;
    int64_t offset;
    rd_kafka_resp_err_t code;
};

static void fill(struct producer *producer, const struct word *word, struct producer_report *report)
{
    report->topic = (enum topic)word->slot->topic;
    report->partition = word->partition;
    report->ticket = word->slot->ticket;
    report->fault.text[0] = '\0';
    count(producer, word->slot, -1);
    give_slot(producer, word->slot);
    if (word->code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        report->err = ERR_OK;
        report->offset = word->offset;
        producer->stats.delivered_n[report->topic]++;
        producer->moved[report->topic] = producer->heard;
        producer->client.up = true;
        return;
    }
    report->err = kafka_err(word->code);
    report->offset = -1;
    producer->stats.failed_n[report->topic]++;
    (void)fault_set(&report->fault, report->err, "%s/%" PRId32 ": %s",
                    producer->options.names.name[report->topic], report->partition,
                    rd_kafka_err2str(word->code));
    /* None may be stored behind one that was not. */
    producer_break(producer, report->fault.text);
}

/* Hands over what was held, now that its partition's broker knows this producer. */
static void let_go(struct producer *producer, struct gate_at at)
{
    const struct gate_held *held;
    while ((held = gates_next(&producer->gates, at)) != NULL) {
        const struct producer_record record = {
            .topic = at.topic,
            .partition = at.partition,
            .key = held->key,
            .value = held->value,
        };
        rd_kafka_resp_err_t code = produce(producer, &record, held->opaque);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            producer_break(producer, rd_kafka_err2str(code));
            return;
        }
        gates_sent(&producer->gates, at);
    }
}

/* The gate of its partition hears of it too, and what it held may go. */
static void hear(struct producer *producer, const rd_kafka_message_t *message,
                 struct producer_report *report)
{
    struct outstanding *slot = message->_private;
    const struct gate_at at = {(enum topic)slot->topic, message->partition};
    bool is_stored = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    bool is_gated = slot->is_gated;
    fill(producer, &(struct word){slot, message->partition, message->offset, message->err}, report);
    if (!is_gated)
        return;
    gates_answered(&producer->gates, at, is_stored, producer->heard);
    if (producer->life == LIFE_ON)
        let_go(producer, at);
}

/* What was still held when a life ended, behind all that had been sent. */
static bool next_of_held(struct producer *producer, struct producer_report *report_out)
{
    if (producer->life == LIFE_ON || producer->stats.outstanding_n > producer->gates.held_n)
        return false;
    struct gate_at at;
    struct outstanding *slot = gates_drop(&producer->gates, &at);
    if (slot == NULL)
        return false;
    fill(producer, &(struct word){slot, at.partition, -1, RD_KAFKA_RESP_ERR__PURGE_QUEUE},
         report_out);
    return true;
}

static bool next_of_reports(struct producer *producer, struct producer_report *report_out)
{
    if (producer->reports == NULL)
        return false;
    const rd_kafka_message_t *message = rd_kafka_event_message_next(producer->reports);
    if (message != NULL) {
        hear(producer, message, report_out);
        return true;
    }
    rd_kafka_event_destroy(producer->reports);
    producer->reports = NULL;
    return false;
}

static void go_on_living(struct producer *producer)
{
    if (producer->life == LIFE_ON && producer->client.fatal)
        producer_break(producer, producer->client.last_error.text);
    if (producer->life == LIFE_BREAKING && producer->stats.outstanding_n == 0) {
        close_life(producer, 0);
        gates_reset(&producer->gates);
        producer->life = LIFE_OFF;
        producer->reopen_at = instant_after_ms(clock_now().at, PRODUCER_REOPEN_MS);
    }
    if (producer->life == LIFE_OFF && instant_reached(clock_now().at, producer->reopen_at)) {
        struct fault fault;
        if (open_life(producer, &fault) != ERR_OK) {
            close_life(producer, 0);
            producer->client.last_error = fault;
            producer->reopen_at = instant_after_ms(clock_now().at, PRODUCER_REOPEN_MS);
        }
    }
}

bool producer_next(struct producer *producer, struct producer_report *report_out)
{
    if (next_of_reports(producer, report_out))
        return true;
    rd_kafka_event_t *event = NULL;
    while (producer->client.rk != NULL &&
           (event = rd_kafka_queue_poll(producer->client.queue, 0)) != NULL) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            producer->reports = event;
            producer->heard = clock_now().at;
            if (next_of_reports(producer, report_out))
                return true;
            continue;
        }
        (void)kafka_client_handle(&producer->client, event);
        rd_kafka_event_destroy(event);
    }
    if (next_of_held(producer, report_out))
        return true;
    go_on_living(producer);
    return false;
}

bool producer_is_idle(const struct producer *producer)
{
    return producer->stats.outstanding_n == 0;
}

bool producer_is_up(const struct producer *producer)
{
    return producer->life == LIFE_ON && producer->client.up && !producer->client.fatal;
}

bool producer_is_stuck(const struct producer *producer, struct instant now, struct fault *fault)
{
    for (int i = 0; i < TOPIC_N; i++) {
        if (producer->topic_n[i] == 0)
            continue;
        int64_t still_ms = instant_ms_between(producer->moved[i], now);
        if (still_ms < PRODUCER_STUCK_MS)
            continue;
        (void)fault_set(fault, ERR_UNAVAILABLE,
                        "nothing written to %s has been acknowledged for %" PRId64
                        " s: too few replicas in sync, a full disk, or a broker that is away",
                        producer->options.names.name[i], still_ms / 1000);
        return true;
    }
    return false;
}

const struct fault *producer_last_error(const struct producer *producer)
{
    return &producer->client.last_error;
}

void producer_stats(const struct producer *producer, struct producer_stats *out)
{
    *out = producer->stats;
}

void producer_close(struct producer *producer, int timeout_ms)
{
    if (producer == NULL)
        return;
    if (producer->reports != NULL)
        rd_kafka_event_destroy(producer->reports);
    if (producer->client.rk != NULL)
        (void)rd_kafka_purge(producer->client.rk,
                             RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    close_life(producer, timeout_ms);
    gates_release(&producer->gates);
    free(producer->slots);
    free(producer);
}
