/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/topic_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "shell/clock.h"
#include "shell/kafka_client.h"

enum {
    SLICE_MS = 200,
    LOOK_MS = 1000,
    LOOK_PATIENCE_MS = 5000, /* then it is said that nobody answers */
    REQUEST_MS = 5000,
    CREATE_MS = 10000,
    CONTROLLER_MS = 500,
};

static bool in_time(const struct topic_admin *admin)
{
    return !atomic_load(admin->stop) && !instant_reached(clock_now().at, admin->deadline);
}

/* All partitions of a topic have a leader. */
static bool is_led(const struct rd_kafka_metadata_topic *topic)
{
    for (int i = 0; i < topic->partition_cnt; i++) {
        if (topic->partitions[i].leader < 0)
            return false;
    }
    return topic->partition_cnt > 0;
}

enum look { LOOK_AGAIN = 0, LOOK_DONE, LOOK_DENIED };

static enum look read_metadata(const struct rd_kafka_metadata *metadata, struct topic_facts *facts)
{
    if (metadata->topic_cnt != 1)
        return LOOK_AGAIN;
    const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
    switch ((int)topic->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        if (!is_led(topic))
            return LOOK_AGAIN;
        facts->partition_n = topic->partition_cnt;
        facts->replication_factor = topic->partitions[0].replica_cnt;
        return LOOK_DONE;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        facts->partition_n = 0;
        return LOOK_DONE;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return LOOK_DENIED;
    default:
        return LOOK_AGAIN;
    }
}

static enum err look_at(const struct topic_admin *admin, struct topic_facts *facts,
                        struct fault *fault)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(admin->rk, facts->name, NULL);
    if (topic == NULL)
        return fault_set(fault, ERR_CONFIG, "topic %s: %s", facts->name,
                         rd_kafka_err2str(rd_kafka_last_error()));
    enum look look = LOOK_AGAIN;
    bool answered = false;
    struct instant patience = instant_after_ms(clock_now().at, LOOK_PATIENCE_MS);
    while (look == LOOK_AGAIN && in_time(admin) && !instant_reached(clock_now().at, patience)) {
        const struct rd_kafka_metadata *metadata = NULL;
        if (rd_kafka_metadata(admin->rk, 0, topic, &metadata, LOOK_MS) ==
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            look = read_metadata(metadata, facts);
            answered = true;
            rd_kafka_metadata_destroy(metadata);
            if (look == LOOK_AGAIN) /* a leader is being elected: not a tight loop */
                rd_kafka_event_destroy(rd_kafka_queue_poll(admin->queue, SLICE_MS));
        }
    }
    rd_kafka_topic_destroy(topic);
    if (look == LOOK_DENIED)
        return fault_set(fault, ERR_DENIED,
                         "topic %s: not authorised to look at it; allow Describe, Read and Write",
                         facts->name);
    if (look == LOOK_AGAIN)
        return fault_set(fault, ERR_UNAVAILABLE,
                         answered ? "topic %s has a partition without a leader: brokers are away"
                                  : "no answer from Kafka about topic %s",
                         facts->name);
    return ERR_OK;
}

enum err topic_admin_look(const struct topic_admin *admin, struct topic_facts facts[TOPIC_N],
                          struct fault *fault)
{
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name == NULL)
            continue;
        enum err err = look_at(admin, &facts[i], fault);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* The answer of an admin call, or NULL when there is none in time. */
static rd_kafka_event_t *wait_for(const struct topic_admin *admin, rd_kafka_event_type_t type)
{
    while (in_time(admin)) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, SLICE_MS);
        if (event != NULL && rd_kafka_event_type(event) == type)
            return event;
        if (event != NULL)
            rd_kafka_event_destroy(event); /* late, from an earlier round */
    }
    return NULL;
}

static rd_kafka_AdminOptions_t *admin_options(const struct topic_admin *admin,
                                              rd_kafka_admin_op_t op)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->rk, op);
    char why[128];
    (void)rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, why, sizeof why);
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS)
        (void)rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_MS, why, sizeof why);
    return options;
}

static struct topic_facts *facts_of(struct topic_facts facts[TOPIC_N], const char *name)
{
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name != NULL && strcmp(facts[i].name, name) == 0)
            return &facts[i];
    }
    return NULL;
}

static void read_configs(const rd_kafka_ConfigResource_t *resource,
                         struct topic_facts facts[TOPIC_N], struct topic_findings *findings)
{
    struct topic_facts *it = facts_of(facts, rd_kafka_ConfigResource_name(resource));
    if (it == NULL)
        return;
    if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        topic_finding_add(findings, ERR_OK, "topic %s: its configuration cannot be checked: %s",
                          it->name, rd_kafka_err2str(rd_kafka_ConfigResource_error(resource)));
        return;
    }
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);
    for (size_t i = 0; i < n; i++) {
        for (int config = 0; config < TOPIC_CONFIG_N; config++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);
            if (value != NULL && strcmp(rd_kafka_ConfigEntry_name(entries[i]),
                                        topic_config_name((enum topic_config)config)) == 0)
                (void)snprintf(it->config[config], TOPIC_CONFIG_TEXT_MAX, "%s", value);
        }
    }
}

static rd_kafka_event_t *ask_configs(const struct topic_admin *admin,
                                     const struct topic_facts facts[TOPIC_N])
{
    rd_kafka_ConfigResource_t *resources[TOPIC_N];
    size_t n = 0;
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name != NULL && facts[i].partition_n > 0)
            resources[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, facts[i].name);
    }
    rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(admin->rk, resources, n, options, admin->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy_array(resources, n);
    return wait_for(admin, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT);
}

/* librdkafka sends what it asks to the controller, and waits in vain where none of the brokers is
 * it: in its own mock cluster, and during an election. */
static bool has_controller(const struct topic_admin *admin)
{
    int32_t id = rd_kafka_controllerid(admin->rk, CONTROLLER_MS);
    const struct rd_kafka_metadata *metadata = NULL;
    if (id < 0 ||
        rd_kafka_metadata(admin->rk, 0, NULL, &metadata, LOOK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    bool found = false;
    for (int i = 0; i < metadata->broker_cnt; i++)
        found = found || metadata->brokers[i].id == id;
    rd_kafka_metadata_destroy(metadata);
    return found;
}

enum err topic_admin_describe(const struct topic_admin *admin, struct topic_facts facts[TOPIC_N],
                              struct topic_findings *findings, struct fault *fault)
{
    if (!has_controller(admin)) {
        topic_finding_add(
            findings, ERR_OK,
            "topic configurations cannot be checked: the cluster shows no controller");
        return ERR_OK;
    }
    rd_kafka_event_t *event = ask_configs(admin, facts);
    if (event == NULL)
        return fault_set(fault, ERR_UNAVAILABLE, "no answer from Kafka about topic configurations");
    enum err err = ERR_OK;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t n = 0;
        const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &n);
        for (size_t i = 0; i < n; i++)
            read_configs(resources[i], facts, findings);
    } else if (kafka_err(code) == ERR_UNAVAILABLE) {
        err = fault_set(fault, ERR_UNAVAILABLE, "asking about topic configurations: %s",
                        rd_kafka_event_error_string(event));
    } else {
        topic_finding_add(findings, ERR_OK, "topic configurations cannot be checked: %s",
                          rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
    return err;
}

static rd_kafka_NewTopic_t *new_topic(enum topic topic, const char *name,
                                      const struct topic_creation *creation)
{
    char why[256];
    rd_kafka_NewTopic_t *fresh =
        rd_kafka_NewTopic_new(name, topic_rules_partitions(topic, creation->partition_n),
                              creation->replication_factor, why, sizeof why);
    if (fresh == NULL)
        return NULL;
    for (int config = 0; config < TOPIC_CONFIG_N; config++) {
        char value[TOPIC_CONFIG_TEXT_MAX];
        if (topic_rules_creates(topic, (enum topic_config)config, &creation->needs, value))
            (void)rd_kafka_NewTopic_set_config(fresh, topic_config_name((enum topic_config)config),
                                               value);
    }
    if (creation->replication_factor >= 3)
        (void)rd_kafka_NewTopic_set_config(fresh, topic_config_name(CONFIG_MIN_ISR), "2");
    return fresh;
}

static enum err read_created(rd_kafka_event_t *event, const struct topic_facts facts[TOPIC_N],
                             unsigned *created_out, struct fault *fault)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fault_set(fault, kafka_err(code) == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_CONFIG,
                         "creating topics: %s; create them yourself, or see that the worker may",
                         rd_kafka_event_error_string(event));
    size_t n = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_topic_result_name(results[i]);
        code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            const char *text = rd_kafka_topic_result_error_string(results[i]);
            return fault_set(
                fault, kafka_err(code) == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_CONFIG,
                "creating topic %s: %s; create it yourself, or see that the worker may "
                "(topics.partitions, topics.replication_factor)",
                name, text != NULL ? text : rd_kafka_err2str(code));
        }
        for (int topic = 0; topic < TOPIC_N; topic++) {
            if (facts[topic].name != NULL && strcmp(facts[topic].name, name) == 0)
                *created_out |= 1u << topic;
        }
    }
    return ERR_OK;
}

enum err topic_admin_create(const struct topic_admin *admin,
                            const struct topic_facts facts[TOPIC_N],
                            const struct topic_creation *creation, unsigned *created_out,
                            struct fault *fault)
{
    *created_out = 0;
    rd_kafka_NewTopic_t *topics[TOPIC_N];
    size_t n = 0;
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name == NULL || facts[i].partition_n > 0)
            continue;
        topics[n] = new_topic((enum topic)i, facts[i].name, creation);
        if (topics[n] == NULL) {
            rd_kafka_NewTopic_destroy_array(topics, n);
            return fault_set(fault, ERR_CONFIG, "topic %s: not a name that can be created",
                             facts[i].name);
        }
        n++;
    }
    rd_kafka_AdminOptions_t *options = admin_options(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->rk, topics, n, options, admin->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy_array(topics, n);
    rd_kafka_event_t *event = wait_for(admin, RD_KAFKA_EVENT_CREATETOPICS_RESULT);
    if (event == NULL)
        return fault_set(fault, ERR_UNAVAILABLE, "no answer from Kafka about new topics");
    enum err err = read_created(event, facts, created_out, fault);
    rd_kafka_event_destroy(event);
    return err;
}
