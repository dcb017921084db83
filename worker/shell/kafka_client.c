/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/kafka_client.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "shell/clock.h"

enum err kafka_wake_open(struct kafka_wake *wake, struct fault *fault)
{
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake->fd < 0)
        return fault_set(fault, ERR_SYSTEM, "eventfd: %s", strerror(errno));
    return ERR_OK;
}

void kafka_wake_close(struct kafka_wake *wake)
{
    if (wake->fd >= 0)
        (void)close(wake->fd);
    wake->fd = -1;
}

void kafka_wake_clear(struct kafka_wake *wake)
{
    uint64_t count = 0;
    (void)!read(wake->fd, &count, sizeof count);
}

/* What an eventfd takes; a full counter is readable already, so a refused write loses nothing. */
static const uint64_t one = 1;

void kafka_wake_raise(struct kafka_wake *wake)
{
    (void)!write(wake->fd, &one, sizeof one);
}

enum err kafka_err(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return ERR_OK;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return ERR_DENIED;
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return ERR_CONFIG;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return ERR_LIMIT;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        return ERR_UNAVAILABLE;
    default:
        return ERR_SYSTEM;
    }
}

/* Takes the conf. */
static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *conf, enum err *err_out,
                        struct fault *fault)
{
    char why[384] = "";
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (rk != NULL)
        return rk;
    rd_kafka_resp_err_t code = rd_kafka_last_error();
    rd_kafka_conf_destroy(conf);
    *err_out =
        fault_set(fault, code == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE ? ERR_SYSTEM : ERR_CONFIG,
                  "kafka: %s", why);
    return NULL;
}

static enum err try_role(enum kafka_role role, rd_kafka_type_t type,
                         const struct kafka_properties *properties, struct fault *fault)
{
    rd_kafka_conf_t *conf = NULL;
    char why[384];
    enum err err = kafka_conf_build(role, properties, &conf, fault);
    if (err != ERR_OK)
        return err;
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", NULL, why, sizeof why); /* nobody to call */
    rd_kafka_t *rk = make(type, conf, &err, fault);
    if (rk != NULL)
        rd_kafka_destroy(rk);
    return err;
}

enum err kafka_client_try(const struct kafka_properties *properties, struct fault *fault)
{
    enum err err = try_role(KAFKA_PRODUCER, RD_KAFKA_PRODUCER, properties, fault);
    return err != ERR_OK ? err : try_role(KAFKA_READER, RD_KAFKA_CONSUMER, properties, fault);
}

/* Makes a queue raise the wake. */
static void raise_wake(struct kafka_client *client, rd_kafka_queue_t *queue)
{
    rd_kafka_queue_io_event_enable(queue, client->options.wake->fd, &one, sizeof one);
}

enum err kafka_client_open_conf(struct kafka_client *client, const struct kafka_options *options,
                                rd_kafka_conf_t *take_conf, enum kafka_role role,
                                struct fault *fault)
{
    *client = (struct kafka_client){.options = *options};
    char why[384] = "";
    if (options->client_id != NULL && options->client_id[0] != '\0' &&
        rd_kafka_conf_set(take_conf, "client.id", options->client_id, why, sizeof why) !=
            RD_KAFKA_CONF_OK) {
        rd_kafka_conf_destroy(take_conf);
        return fault_set(fault, ERR_CONFIG, "name: %s", why);
    }
    /* A producer's metadata requests would create topics where brokers allow it: not for admin. */
    rd_kafka_type_t type = role == KAFKA_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    enum err err = ERR_OK;
    client->rk = make(type, take_conf, &err, fault);
    if (client->rk == NULL)
        return err;
    if (role == KAFKA_GROUP) {
        /* Everything of a group member, errors too, comes by its consumer queue. */
        (void)rd_kafka_poll_set_consumer(client->rk);
        client->queue = rd_kafka_queue_get_consumer(client->rk);
    } else {
        client->queue = rd_kafka_queue_get_main(client->rk);
    }
    raise_wake(client, client->queue);
    (void)rd_kafka_set_log_queue(client->rk, client->queue);
    return ERR_OK;
}

enum err kafka_client_open(struct kafka_client *client, enum kafka_role role,
                           const struct kafka_options *options, struct fault *fault)
{
    *client = (struct kafka_client){0};
    rd_kafka_conf_t *conf = NULL;
    enum err err = kafka_conf_build(role, options->properties, &conf, fault);
    if (err != ERR_OK)
        return err;
    return kafka_client_open_conf(client, options, conf, role, fault);
}

static void *destroy(void *rk)
{
    /* Closing a consumer in here could hang; members of a group have left before. */
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

void kafka_client_close(struct kafka_client *client, int timeout_ms)
{
    if (client->rk == NULL)
        return;
    rd_kafka_queue_io_event_enable(client->queue, -1, NULL, 0);
    (void)rd_kafka_set_log_queue(client->rk, NULL);
    rd_kafka_queue_destroy(client->queue);
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy, client->rk) == 0) {
        int64_t until_us = clock_now().wall_us + (int64_t)timeout_ms * 1000;
        struct timespec until = {.tv_sec = until_us / 1000000,
                                 .tv_nsec = until_us % 1000000 * 1000};
        if (pthread_timedjoin_np(thread, NULL, &until) != 0)
            (void)pthread_detach(thread);
    }
    *client = (struct kafka_client){0};
}

rd_kafka_queue_t *kafka_client_queue(struct kafka_client *client)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    if (queue != NULL)
        raise_wake(client, queue);
    return queue;
}

static void write_log(const struct kafka_client *client, int level, const char *text)
{
    const struct kafka_sink *sink = client->options.sink;
    if (sink != NULL)
        sink->write(sink->context, level, rd_kafka_name(client->rk), text);
}

static void handle_error(struct kafka_client *client, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    char fatal[384] = "";
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        code = rd_kafka_fatal_error(client->rk, fatal, sizeof fatal);
        text = fatal;
        client->fatal = true;
    }
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        client->up = false;
    enum { SYSLOG_ERR = 3, SYSLOG_WARNING = 4 };
    (void)fault_set(&client->last_error, ERR_SYSTEM, "%s: %s", rd_kafka_err2name(code), text);
    write_log(client, client->fatal ? SYSLOG_ERR : SYSLOG_WARNING, client->last_error.text);
}

/* Does a broker answer, by librdkafka's statistics (STATISTICS.md)? One that is connected and has
 * owed an answer for long does not: it hangs, or its machine is gone, and TCP will tell much later.
 */
static bool is_answered(const char *statistics)
{
    static const json_int_t silent_us = 4000000;
    json_t *root = json_loads(statistics, 0, NULL);
    const char *name;
    json_t *broker;
    bool answered = false;
    json_object_foreach(json_object_get(root, "brokers"), name, broker)
    {
        const char *state = json_string_value(json_object_get(broker, "state"));
        bool owes = json_integer_value(json_object_get(broker, "waitresp_cnt")) > 0 &&
                    json_integer_value(json_object_get(broker, "txidle")) >= silent_us &&
                    json_integer_value(json_object_get(broker, "rxidle")) >= silent_us;
        answered = answered || (state != NULL && strcmp(state, "UP") == 0 && !owes);
    }
    json_decref(root);
    return answered;
}

bool kafka_client_handle(struct kafka_client *client, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_LOG: {
        const char *facility = NULL;
        const char *text = NULL;
        int level = 0;
        /* CONFWARN: a producer complains of consumer properties, but one list serves all roles. */
        if (rd_kafka_event_log(event, &facility, &text, &level) == 0 &&
            strcmp(facility, "CONFWARN") != 0)
            write_log(client, level, text);
        return true;
    }
    case RD_KAFKA_EVENT_STATS:
        client->up = is_answered(rd_kafka_event_stats(event));
        return true;
    case RD_KAFKA_EVENT_ERROR:
        handle_error(client, event);
        return true;
    default:
        return false;
    }
}
