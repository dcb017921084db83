/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/kafka_conf.h"

#include <string.h>

#include "base/check.h"

enum { ALL = 0xf };
#define ROLE(role) (1u << (role))

/* A property that we set. reason NULL: only a default, the user may choose otherwise. value NULL:
 * reserved, and set elsewhere or not at all. In the order of application. */
struct fixed {
    const char *name;
    unsigned roles;
    const char *value;
    const char *reason;
};

#define EXACT "the worker's guarantees rest on it"
#define OURS  "the worker sets it"
#define GROUP "set `group` instead"

static const struct fixed fixed_table[] = {
    {"bootstrap.servers", ALL, "localhost:9092", NULL},
    {"socket.nagle.disable", ALL, "true", NULL}, /* the default is false before 2.10 */
    {"socket.keepalive.enable", ALL, "true", NULL},
    {"log.connection.close", ALL, "false", NULL}, /* brokers close idle connections */
    {"reconnect.backoff.max.ms", ALL, "2000", NULL},
    {"log.queue", ALL, "true", OURS},
    {"statistics.interval.ms", ALL, "2000", OURS}, /* how kafka_client knows that a broker is up */
    {"allow.auto.create.topics", ALL, "false", "set `topics.create` instead"},
    {"client.id", ALL, NULL, "set `name` instead"},
    {"test.mock.num.brokers", 0, NULL, "each client would get a broker of its own"},

    {"enable.idempotence", ROLE(KAFKA_PRODUCER), "true", EXACT},
    {"enable.gapless.guarantee", ROLE(KAFKA_PRODUCER), "true", EXACT},
    {"acks", ROLE(KAFKA_PRODUCER), "all", EXACT},
    {"request.required.acks", 0, NULL, EXACT},
    {"message.timeout.ms", ROLE(KAFKA_PRODUCER), "0", EXACT},
    {"delivery.timeout.ms", 0, NULL, EXACT},
    {"retries", 0, NULL, EXACT},
    {"message.send.max.retries", 0, NULL, EXACT},
    /* A broker that knows nothing of a producer id accepts any first sequence number: a batch in
     * flight behind a refused one would be stored (seen on Apache Kafka 4.3.1, tests:
     * test_kafka_gapless), and the ledger's source positions would swallow the refused tasks. */
    {"max.in.flight", ROLE(KAFKA_PRODUCER), "1", EXACT},
    {"max.in.flight.requests.per.connection", 0, NULL, EXACT},
    {"queuing.strategy", 0, NULL, EXACT},
    {"transactional.id", 0, NULL, "no transactions are used"},
    {"partitioner", ROLE(KAFKA_PRODUCER), "murmur2_random", EXACT},
    {"delivery.report.only.error", ROLE(KAFKA_PRODUCER), "false", EXACT},
    /* The producer has a bound of its own (producer.h); these only must not be met before it. */
    /* A record to a topic that is not there waits until it is. (librdkafka counts it in
     * microseconds of 32 bits: half an hour is the most.) */
    {"topic.metadata.propagation.max.ms", ROLE(KAFKA_PRODUCER), "1800000", OURS},
    {"queue.buffering.max.messages", ROLE(KAFKA_PRODUCER), "200000", OURS},
    {"queue.buffering.max.kbytes", ROLE(KAFKA_PRODUCER), "131072", OURS},
    {"message.max.bytes", ROLE(KAFKA_PRODUCER), "8388608", "it follows from request.max_bytes"},
    /* A batch must fit into the topics' max.message.bytes (kafka_topics.c checks it). */
    {"batch.size", ROLE(KAFKA_PRODUCER), "262144", OURS},
    {"linger.ms", ROLE(KAFKA_PRODUCER), "0", NULL},
    {"queue.buffering.max.ms", 0, NULL, "set `linger.ms` instead"},

    {"auto.offset.reset", ROLE(KAFKA_READER) | ROLE(KAFKA_GROUP), "error", EXACT},
    {"enable.auto.commit", ROLE(KAFKA_READER) | ROLE(KAFKA_GROUP), "false", EXACT},
    {"auto.commit.enable", ROLE(KAFKA_READER) | ROLE(KAFKA_GROUP), "false", EXACT},
    {"enable.auto.offset.store", ROLE(KAFKA_READER) | ROLE(KAFKA_GROUP), "false", EXACT},
    {"enable.partition.eof", ROLE(KAFKA_READER), "true", EXACT},
    {"isolation.level", ROLE(KAFKA_READER), "read_uncommitted", EXACT},
    {"check.crcs", ROLE(KAFKA_READER), "true", EXACT},
    /* An empty fetch holds up the start of the next partition for so long. */
    {"fetch.wait.max.ms", ROLE(KAFKA_READER), "100", NULL},
    {"fetch.error.backoff.ms", ROLE(KAFKA_READER), "100", NULL},
    {"queued.max.messages.kbytes", 0, NULL, OURS},
    {"queued.min.messages", 0, NULL, OURS},
    {"fetch.message.max.bytes", 0, NULL, OURS},
    {"max.partition.fetch.bytes", 0, NULL, OURS},

    {"group.id", 0, NULL, GROUP},
    {"group.instance.id", 0, NULL, "set `static_membership` instead"},
    {"partition.assignment.strategy", ROLE(KAFKA_GROUP), "range",
     "all members of a group must use the same"},
    {"session.timeout.ms", ROLE(KAFKA_GROUP), "10000", OURS},
    {"heartbeat.interval.ms", ROLE(KAFKA_GROUP), "500", OURS},
    {"max.poll.interval.ms", ROLE(KAFKA_GROUP), "300000", OURS},
};
enum { FIXED_N = sizeof fixed_table / sizeof fixed_table[0] };

const char *topic_key(enum topic topic)
{
    static const char *const keys[TOPIC_N] = {
        [TOPIC_REQUESTS] = "requests",   [TOPIC_TASKS] = "tasks",
        [TOPIC_LEDGER] = "ledger",       [TOPIC_RESULTS] = "results",
        [TOPIC_CONTROL] = "control",     [TOPIC_DEAD_LETTERS] = "dead_letters",
        [TOPIC_SIGHTINGS] = "sightings",
    };
    PRE((unsigned)topic < TOPIC_N);
    return keys[topic];
}

const char *kafka_property_reserved(const char *name)
{
    static const char topic[] = "topic."; /* librdkafka takes "topic.acks" for "acks" */
    if (strncmp(name, topic, sizeof topic - 1) == 0)
        name += sizeof topic - 1;
    for (size_t i = 0; i < FIXED_N; i++) {
        if (strcmp(fixed_table[i].name, name) == 0)
            return fixed_table[i].reason;
    }
    return NULL;
}

static enum err set(rd_kafka_conf_t *conf, const char *name, const char *value, struct fault *fault)
{
    char why[384] = "";
    switch (rd_kafka_conf_set(conf, name, value, why, sizeof why)) {
    case RD_KAFKA_CONF_OK:
        return ERR_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return fault_set(fault, ERR_CONFIG, "kafka.%s: librdkafka has no such property", name);
    case RD_KAFKA_CONF_INVALID:
        break;
    }
    return fault_set(fault, ERR_CONFIG, "kafka.%s: %s", name, why);
}

static enum err set_users(rd_kafka_conf_t *conf, const struct kafka_properties *properties,
                          struct fault *fault)
{
    for (size_t i = 0; i < properties->n; i++) {
        const struct kafka_property *item = &properties->items[i];
        const char *reason = kafka_property_reserved(item->name);
        if (reason != NULL)
            return fault_set(fault, ERR_CONFIG, "kafka.%s cannot be set: %s", item->name, reason);
        enum err err = set(conf, item->name, item->value, fault);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

enum err kafka_properties_check(const struct kafka_properties *properties, struct fault *fault)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum err err = set_users(conf, properties, fault);
    rd_kafka_conf_destroy(conf);
    return err;
}

enum err kafka_conf_build(enum kafka_role role, const struct kafka_properties *properties,
                          rd_kafka_conf_t **conf_out, struct fault *fault)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum err err = ERR_OK;
    for (size_t i = 0; i < FIXED_N && err == ERR_OK; i++) {
        const struct fixed *fixed = &fixed_table[i];
        if (fixed->value != NULL && (fixed->roles & ROLE(role)) != 0)
            err = set(conf, fixed->name, fixed->value, fault);
    }
    if (err == ERR_OK)
        err = set_users(conf, properties, fault);
    if (err != ERR_OK) {
        rd_kafka_conf_destroy(conf);
        return err;
    }
    int events = RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS;
    if (role == KAFKA_PRODUCER)
        events |= RD_KAFKA_EVENT_DR;
    if (role == KAFKA_GROUP)
        events |= RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT;
    rd_kafka_conf_set_events(conf, events);
    *conf_out = conf;
    return ERR_OK;
}

enum err kafka_conf_build_group(const struct kafka_properties *properties, const char *group_id,
                                const char *instance_id, rd_kafka_conf_t **conf_out,
                                struct fault *fault)
{
    rd_kafka_conf_t *conf = NULL;
    enum err err = kafka_conf_build(KAFKA_GROUP, properties, &conf, fault);
    if (err != ERR_OK)
        return err;
    err = set(conf, "group.id", group_id, fault);
    if (err == ERR_OK && instance_id != NULL)
        err = set(conf, "group.instance.id", instance_id, fault);
    if (err == ERR_OK)
        *conf_out = conf;
    else
        rd_kafka_conf_destroy(conf);
    return err;
}
