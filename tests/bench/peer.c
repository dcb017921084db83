/* SPDX-License-Identifier: Apache-2.0
 *
 * librdkafka alone, doing the least that the worker's work needs: what benchmarks compare with.
 *
 *   bench-peer read BROKERS TOPIC            reads all of the topic; prints records and seconds
 *   bench-peer append BROKERS TOPIC          for each line of its input appends a record to
 *                                            partition 0, waits until it is acknowledged and read
 *                                            back, and prints the seconds that took
 *   bench-peer publish BROKERS TOPIC         publishes each line of its input, and prints the time
 *                                            at which it did, in seconds since the epoch
 *
 * The time of `read` begins with the first record, so that connecting does not count.
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORD_BYTES = 300, WAIT_MS = 10000 };

static _Noreturn void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-peer: %s: %s\n", what, why);
    exit(1);
}

static double now_s(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now); /* style: it measures */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("append", rd_kafka_err2str(message->err));
    *(int *)message->_private = 1;
}

static rd_kafka_t *open_client(rd_kafka_type_t type, const char *brokers)
{
    static const char *const properties[][3] = {
        {"socket.nagle.disable", "true", "both"},
        {"enable.idempotence", "true", "producer"},
        {"linger.ms", "0", "producer"},
        {"group.id", "bench-peer", "consumer"},
        {"enable.auto.commit", "false", "consumer"},
        {"enable.partition.eof", "true", "consumer"},
        {"auto.offset.reset", "error", "consumer"},
    };
    const char *unused = type == RD_KAFKA_CONSUMER ? "producer" : "consumer";
    char why[512] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (strcmp(properties[i][2], unused) != 0 &&
            rd_kafka_conf_set(conf, properties[i][0], properties[i][1], why, sizeof why) !=
                RD_KAFKA_CONF_OK)
            die(properties[i][0], why);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
    if (client == NULL)
        die("client", why);
    if (type == RD_KAFKA_CONSUMER)
        (void)rd_kafka_poll_set_consumer(client);
    return client;
}

/* Assigns every partition of the topic from its beginning; returns how many. */
static int assign_all(rd_kafka_t *consumer, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    rd_kafka_resp_err_t err = rd_kafka_metadata(consumer, 0, handle, &metadata, WAIT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(topic, rd_kafka_err2str(err));
    int n = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int p = 0; p < n; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    (void)rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return n;
}

static void read_all(const char *brokers, const char *topic)
{
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, brokers);
    int open_n = assign_all(consumer, topic);
    long records = 0;
    size_t bytes = 0;
    double began = 0;
    while (open_n > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, WAIT_MS);
        if (message == NULL)
            die(topic, "nothing came");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            open_n--;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die(topic, rd_kafka_message_errstr(message));
        else if (records++ == 0)
            began = now_s(CLOCK_MONOTONIC);
        bytes += message->len;
        rd_kafka_message_destroy(message);
    }
    (void)printf("%ld %.6f %zu\n", records, now_s(CLOCK_MONOTONIC) - began, bytes);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void append_one(rd_kafka_t *producer, rd_kafka_t *consumer, const char *topic)
{
    char value[RECORD_BYTES] = {0};
    int stored = 0;
    bool back = false;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(&stored), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("append", rd_kafka_err2str(err));
    while (!stored || !back) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, back ? 0 : 1);
        back = back || (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        (void)rd_kafka_poll(producer, back ? 1 : 0);
    }
}

static void append_each(const char *brokers, const char *topic)
{
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, brokers);
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, brokers);
    (void)assign_all(consumer, topic);
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double began = now_s(CLOCK_MONOTONIC);
        append_one(producer, consumer, topic);
        (void)printf("%.6f\n", now_s(CLOCK_MONOTONIC) - began);
        (void)fflush(stdout);
    }
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
}

static void publish_each(const char *brokers, const char *topic)
{
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, brokers);
    char line[RECORD_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int stored = 0;
        double at = now_s(CLOCK_REALTIME);
        rd_kafka_resp_err_t err = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE(line, strcspn(line, "\n")),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&stored), RD_KAFKA_V_END);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die("publish", rd_kafka_err2str(err));
        while (!stored)
            (void)rd_kafka_poll(producer, WAIT_MS);
        (void)printf("%.6f\n", at);
        (void)fflush(stdout);
    }
    rd_kafka_destroy(producer);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "read") == 0)
        read_all(argv[2], argv[3]);
    else if (argc == 4 && strcmp(argv[1], "append") == 0)
        append_each(argv[2], argv[3]);
    else if (argc == 4 && strcmp(argv[1], "publish") == 0)
        publish_each(argv[2], argv[3]);
    else
        die("usage", "read|append|publish BROKERS TOPIC");
    return 0;
}
