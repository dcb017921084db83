/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/trim.h"

#include <inttypes.h>
#include <stdlib.h>

enum { REQUEST_MS = 30000 };

struct trim {
    struct reader *reader;
    struct kafka_client *client;
    rd_kafka_queue_t *queue;
    unsigned under_way_n;
};

enum err trim_open(struct reader *reader, struct trim **trim_out, struct fault *fault)
{
    struct trim *trim = calloc(1, sizeof *trim);
    if (trim == NULL)
        return fault_set(fault, ERR_SYSTEM, "trim: no memory");
    trim->reader = reader;
    trim->client = reader_client(reader);
    trim->queue = kafka_client_queue(trim->client);
    if (trim->queue == NULL) {
        free(trim);
        return fault_set(fault, ERR_SYSTEM, "trim: no memory");
    }
    *trim_out = trim;
    return ERR_OK;
}

void trim_ask(struct trim *trim, struct reader_at at, int64_t offset)
{
    char why[256] = "";
    struct reader_at *asked = trim->under_way_n < TRIMS_MAX ? calloc(1, sizeof *asked) : NULL;
    if (asked == NULL)
        return;
    *asked = at;
    rd_kafka_topic_partition_list_t *until = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(until, reader_topic_name(trim->reader, at.topic),
                                      at.partition)
        ->offset = offset;
    rd_kafka_DeleteRecords_t *deletion = rd_kafka_DeleteRecords_new(until);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(trim->client->rk, RD_KAFKA_ADMIN_OP_DELETERECORDS);
    rd_kafka_AdminOptions_set_opaque(options, asked);
    /* A bound that librdkafka refuses leaves its own, which is one too. */
    (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, why, sizeof why);
    rd_kafka_DeleteRecords(trim->client->rk, &deletion, 1, options, trim->queue);
    trim->under_way_n++;
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteRecords_destroy(deletion);
    rd_kafka_topic_partition_list_destroy(until);
}

static rd_kafka_resp_err_t error_of(rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_DeleteRecords_result_t *result = rd_kafka_event_DeleteRecords_result(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || result == NULL)
        return code;
    const rd_kafka_topic_partition_list_t *list = rd_kafka_DeleteRecords_result_offsets(result);
    return list->cnt > 0 ? list->elems[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool trim_next(struct trim *trim, struct trim_result *result_out)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(trim->queue, 0);
    if (event == NULL)
        return false;
    rd_kafka_resp_err_t code = error_of(event);
    struct reader_at *asked = rd_kafka_event_opaque(event);
    *result_out = (struct trim_result){.at = *asked, .err = ERR_OK};
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        result_out->err = fault_set(&result_out->fault, kafka_err(code), "%s/%" PRId32 ": %s",
                                    reader_topic_name(trim->reader, asked->topic), asked->partition,
                                    rd_kafka_err2str(code));
    trim->under_way_n--;
    free(asked);
    rd_kafka_event_destroy(event);
    return true;
}

void trim_close(struct trim *trim)
{
    struct trim_result result;
    if (trim == NULL)
        return;
    while (trim_next(trim, &result))
        continue;
    rd_kafka_queue_destroy(trim->queue);
    free(trim);
}
