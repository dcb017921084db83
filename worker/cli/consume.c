/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/consume.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "shell/kafka_client.h"

void consume_close(struct consume *consume)
{
    if (consume->topic != NULL && consume->queue != NULL)
        for (int32_t p = consume->first; p < consume->first + consume->count; p++)
            (void)rd_kafka_consume_stop(consume->topic, p);
    if (consume->queue != NULL)
        rd_kafka_queue_destroy(consume->queue);
    if (consume->events != NULL)
        rd_kafka_queue_destroy(consume->events);
    if (consume->topic != NULL)
        rd_kafka_topic_destroy(consume->topic);
    if (consume->rk != NULL)
        rd_kafka_destroy(consume->rk);
    free(consume->at_end);
    *consume = (struct consume){.rk = NULL};
}

int consume_exit_code(enum err err)
{
    return err == ERR_INVALID ? EXIT_FAILED : err_exit_code(err);
}

/* Empties the queue of events. The last error that tells more than that all brokers are down goes
 * into the fault, its class is returned; ERR_OK: there was none. */
static enum err take_events(struct consume *consume, struct fault *fault)
{
    enum err err = ERR_OK;
    for (rd_kafka_event_t *event; (event = rd_kafka_queue_poll(consume->events, 0)) != NULL;) {
        bool is_error = rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR;
        rd_kafka_resp_err_t code =
            is_error ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_STATS)
            consume->is_away = strstr(rd_kafka_event_stats(event), "\"state\":\"UP\"") == NULL;
        if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
            consume->is_away = true;
        else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && err != ERR_DENIED)
            err = fault_set(fault, kafka_err(code), "%s", rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
    }
    return err;
}

static enum err refused(struct consume *consume, rd_kafka_resp_err_t code, struct fault *fault)
{
    struct fault why;
    enum err err = take_events(consume, &why);
    return fault_set(fault, err == ERR_DENIED ? ERR_DENIED : ERR_UNAVAILABLE,
                     "no broker answers: %s", err != ERR_OK ? why.text : rd_kafka_err2str(code));
}

static enum err ask(struct consume *consume, const char *name, struct fault *fault)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(consume->rk, 0, consume->topic, &metadata, CONSUME_BROKER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(consume, code, fault);
    const struct rd_kafka_metadata_topic *topic =
        metadata->topic_cnt == 1 ? &metadata->topics[0] : NULL;
    rd_kafka_resp_err_t of_topic =
        topic != NULL ? topic->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    enum err err = ERR_OK;
    if (kafka_err(of_topic) == ERR_DENIED)
        err = ERR_DENIED;
    else if (of_topic != RD_KAFKA_RESP_ERR_NO_ERROR || topic->partition_cnt == 0)
        err = ERR_INVALID;
    if (err == ERR_OK)
        consume->partition_n = topic->partition_cnt;
    else
        err = fault_set(fault, err, "topic %s: %s%s", name, rd_kafka_err2str(of_topic),
                        of_topic == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                            ? " (a worker makes it when it starts)"
                            : "");
    rd_kafka_metadata_destroy(metadata);
    return err;
}

enum err consume_open(struct consume *consume, const struct config *config, enum topic topic,
                      struct fault *fault)
{
    rd_kafka_conf_t *conf;
    char text[256];
    *consume = (struct consume){.rk = NULL};
    enum err err = kafka_conf_build(KAFKA_READER, &config->kafka, &conf, fault);
    if (err != ERR_OK)
        return err;
    consume->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (consume->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return fault_set(fault, ERR_CONFIG, "kafka: %s", text);
    }
    consume->topic = rd_kafka_topic_new(consume->rk, config->topics[topic], NULL);
    consume->queue = rd_kafka_queue_new(consume->rk);
    consume->events = rd_kafka_queue_get_main(consume->rk);
    (void)rd_kafka_set_log_queue(consume->rk, consume->events);
    err = consume->topic == NULL ? fault_set(fault, ERR_SYSTEM, "kafka: no memory")
                                 : ask(consume, config->topics[topic], fault);
    if (err == ERR_OK) {
        consume->at_end = calloc((size_t)consume->partition_n, sizeof *consume->at_end);
        if (consume->at_end == NULL)
            err = fault_set(fault, ERR_SYSTEM, "no memory");
    }
    if (err != ERR_OK)
        consume_close(consume);
    return err;
}

static enum err start_one(struct consume *consume, int32_t partition, int64_t offset,
                          struct fault *fault)
{
    const char *name = rd_kafka_topic_name(consume->topic);
    if (offset == RD_KAFKA_OFFSET_END) {
        int64_t low;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            consume->rk, name, partition, &low, &offset, CONSUME_BROKER_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fault_set(fault, ERR_UNAVAILABLE, "topic %s partition %d: %s", name, partition,
                             rd_kafka_err2str(code));
    }
    if (rd_kafka_consume_start_queue(consume->topic, partition, offset, consume->queue) != 0)
        return fault_set(fault, ERR_SYSTEM, "topic %s partition %d: %s", name, partition,
                         rd_kafka_err2str(rd_kafka_last_error()));
    consume->count++;
    return ERR_OK;
}

enum err consume_start(struct consume *consume, int32_t partition, int64_t offset,
                       struct fault *fault)
{
    if (partition >= consume->partition_n)
        return fault_set(fault, ERR_INVALID, "topic %s has %d partitions, from 0",
                         rd_kafka_topic_name(consume->topic), consume->partition_n);
    consume->first = partition < 0 ? 0 : partition;
    int32_t n = partition < 0 ? consume->partition_n : 1;
    enum err err = ERR_OK;
    for (int32_t p = consume->first; err == ERR_OK && p < consume->first + n; p++)
        err = start_one(consume, p, offset, fault);
    return err;
}

enum err consume_start_at(struct consume *consume, int64_t unix_ms, struct fault *fault)
{
    const char *name = rd_kafka_topic_name(consume->topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(consume->partition_n);
    for (int32_t p = 0; p < consume->partition_n; p++)
        rd_kafka_topic_partition_list_add(list, name, p)->offset = unix_ms;
    enum err err = ERR_OK;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(consume->rk, list, CONSUME_BROKER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        err = refused(consume, code, fault);
    consume->first = 0;
    for (int32_t p = 0; err == ERR_OK && p < consume->partition_n; p++) /* none: the end */
        err = start_one(consume, p, list->elems[p].offset, fault);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

static void note_end(struct consume *consume, int32_t partition)
{
    if (partition < 0 || partition >= consume->partition_n || consume->at_end[partition])
        return;
    consume->at_end[partition] = true;
    consume->at_end_n++;
}

rd_kafka_message_t *consume_next(struct consume *consume, int timeout_ms)
{
    (void)take_events(consume, NULL);
    rd_kafka_message_t *message = rd_kafka_consume_queue(consume->queue, timeout_ms);
    if (message == NULL || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return message;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        note_end(consume, message->partition);
    rd_kafka_message_destroy(message);
    return NULL;
}

struct view message_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t n;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &n) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return VIEW_NONE;
    return (struct view){value, n};
}
