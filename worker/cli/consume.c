/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/consume.h"

#include <stdlib.h>
#include <string.h>

void consume_close(struct consume *consume)
{
    if (consume->topic != NULL && consume->queue != NULL)
        for (int32_t p = consume->first; p < consume->first + consume->count; p++)
            (void)rd_kafka_consume_stop(consume->topic, p);
    if (consume->queue != NULL)
        rd_kafka_queue_destroy(consume->queue);
    if (consume->topic != NULL)
        rd_kafka_topic_destroy(consume->topic);
    if (consume->rk != NULL)
        rd_kafka_destroy(consume->rk);
    *consume = (struct consume){.rk = NULL};
}

static enum err ask(struct consume *consume, const char *name, struct fault *fault)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(consume->rk, 0, consume->topic, &metadata, CONSUME_BROKER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fault_set(fault, ERR_UNAVAILABLE, "no broker answers: %s", rd_kafka_err2str(code));
    enum err err = ERR_OK;
    if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR ||
        metadata->topics[0].partition_cnt == 0)
        err = fault_set(fault, ERR_INVALID, "topic %s: %s", name,
                        metadata->topic_cnt == 1 ? rd_kafka_err2str(metadata->topics[0].err)
                                                 : "not found");
    else
        consume->partition_n = metadata->topics[0].partition_cnt;
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
    err = consume->topic == NULL ? fault_set(fault, ERR_SYSTEM, "kafka: no memory")
                                 : ask(consume, config->topics[topic], fault);
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

rd_kafka_message_t *consume_next(struct consume *consume, int timeout_ms)
{
    rd_kafka_message_t *message = rd_kafka_consume_queue(consume->queue, timeout_ms);
    if (message == NULL || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return message;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        consume->at_end_n++;
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
