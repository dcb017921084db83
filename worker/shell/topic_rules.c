/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/topic_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "core/engine.h"
#include "core/record.h"
#include "shell/producer.h"

#define USE(topic) (1u << (topic))
enum {
    STATE = USE(TOPIC_TASKS) | USE(TOPIC_LEDGER) | USE(TOPIC_CONTROL),
    SINGLE = USE(TOPIC_CONTROL) | USE(TOPIC_SIGHTINGS),
    WRITTEN = USE(TOPIC_TASKS) | USE(TOPIC_LEDGER) | USE(TOPIC_RESULTS) | USE(TOPIC_DEAD_LETTERS),
    /* Batches are at most batch.size (kafka_conf.c) and some. */
    BATCH_BYTES = 512 * 1024,
};

enum strictness { CREATE_ONLY = 0, WARN, MUST };

/* What the topics in `topics` are created with, and whether another value matters. */
static const struct rule {
    enum topic_config config;
    unsigned topics;
    const char *value;
    enum strictness strictness;
    const char *why;
} rule_table[] = {
    {CONFIG_CLEANUP_POLICY, STATE, "delete", MUST, "compaction would drop decisions"},
    {CONFIG_RETENTION_MS, STATE, "-1", MUST, "records must not vanish before they are used"},
    {CONFIG_RETENTION_BYTES, STATE, "-1", MUST, "records must not vanish before they are used"},
    {CONFIG_TIMESTAMP_TYPE, STATE | USE(TOPIC_SIGHTINGS), "LogAppendTime", MUST,
     "the brokers' clock is the pool's"},
    {CONFIG_UNCLEAN_ELECTION, STATE | WRITTEN, "false", WARN,
     "an unclean election loses acknowledged records"},
    {CONFIG_SEGMENT_BYTES, STATE, "52428800", CREATE_ONLY, NULL},
    {CONFIG_RETENTION_MS, USE(TOPIC_SIGHTINGS), "3600000", CREATE_ONLY, NULL},
};
enum { RULE_N = sizeof rule_table / sizeof rule_table[0] };

const char *topic_config_name(enum topic_config config)
{
    static const char *const names[TOPIC_CONFIG_N] = {
        [CONFIG_CLEANUP_POLICY] = "cleanup.policy",
        [CONFIG_RETENTION_MS] = "retention.ms",
        [CONFIG_RETENTION_BYTES] = "retention.bytes",
        [CONFIG_TIMESTAMP_TYPE] = "message.timestamp.type",
        [CONFIG_UNCLEAN_ELECTION] = "unclean.leader.election.enable",
        [CONFIG_SEGMENT_BYTES] = "segment.bytes",
        [CONFIG_MIN_ISR] = "min.insync.replicas",
        [CONFIG_MAX_MESSAGE_BYTES] = "max.message.bytes",
    };
    PRE((unsigned)config < TOPIC_CONFIG_N);
    return names[config];
}

void topic_finding_add(struct topic_findings *findings, enum err err, const char *fmt, ...)
{
    size_t place = findings->n;
    if (place == TOPIC_FINDINGS_MAX) {
        /* Full: only a fault displaces something, the last warning. */
        while (place > 0 && (err == ERR_OK || findings->items[place - 1].err != ERR_OK))
            place--;
        if (place == 0)
            return;
        place--;
    } else {
        findings->n++;
    }
    struct topic_finding *finding = &findings->items[place];
    finding->err = err;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(finding->fault.text, sizeof finding->fault.text, fmt, args);
    va_end(args);
}

int32_t topic_rules_partitions(enum topic topic, int32_t partition_n)
{
    return (USE(topic) & SINGLE) != 0 ? 1 : partition_n;
}

/* The least max.message.bytes that will do; 0: any. */
static int64_t message_bytes_min(enum topic topic, const struct topic_needs *needs)
{
    switch (topic) {
    case TOPIC_REQUESTS:
    case TOPIC_DEAD_LETTERS:
        return needs->request_bytes_max + TOPIC_RECORD_EXTRA_BYTES;
    case TOPIC_LEDGER:
        return RECORD_BYTES_MAX + TOPIC_RECORD_EXTRA_BYTES;
    case TOPIC_TASKS:
    case TOPIC_RESULTS:
        return BATCH_BYTES;
    case TOPIC_CONTROL:
    case TOPIC_SIGHTINGS:
        return 0;
    }
    UNREACHABLE();
}

bool topic_rules_creates(enum topic topic, enum topic_config config,
                         const struct topic_needs *needs, char value_out[TOPIC_CONFIG_TEXT_MAX])
{
    for (size_t i = 0; i < RULE_N; i++) {
        const struct rule *rule = &rule_table[i];
        if (rule->config == config && (rule->topics & USE(topic)) != 0) {
            (void)snprintf(value_out, TOPIC_CONFIG_TEXT_MAX, "%s", rule->value);
            return true;
        }
    }
    int64_t bytes = message_bytes_min(topic, needs);
    if (config != CONFIG_MAX_MESSAGE_BYTES || bytes == 0)
        return false;
    /* Dead letters carry a request's record and our headers. */
    if (topic == TOPIC_DEAD_LETTERS)
        bytes += TOPIC_RECORD_EXTRA_BYTES;
    enum { KAFKA_DEFAULT = 1048588 };
    if (bytes < KAFKA_DEFAULT)
        bytes = KAFKA_DEFAULT;
    (void)snprintf(value_out, TOPIC_CONFIG_TEXT_MAX, "%" PRId64, bytes);
    return true;
}

static void check_rules(enum topic topic, const struct topic_facts *facts,
                        struct topic_findings *findings)
{
    for (size_t i = 0; i < RULE_N; i++) {
        const struct rule *rule = &rule_table[i];
        const char *is = facts->config[rule->config];
        if (rule->strictness == CREATE_ONLY || (rule->topics & USE(topic)) == 0 || is[0] == '\0' ||
            strcmp(is, rule->value) == 0)
            continue;
        const char *name = topic_config_name(rule->config);
        topic_finding_add(findings, rule->strictness == MUST ? ERR_CONFIG : ERR_OK,
                          "topic %s has %s=%s, %s %s (%s); run: kafka-configs.sh "
                          "--bootstrap-server ... --alter --entity-type topics --entity-name %s "
                          "--add-config %s=%s",
                          facts->name, name, is, rule->strictness == MUST ? "must be" : "better",
                          rule->value, rule->why, facts->name, name, rule->value);
    }
}

static int64_t number(const struct topic_facts *facts, enum topic_config config)
{
    return facts->config[config][0] == '\0' ? -1 : strtoll(facts->config[config], NULL, 10);
}

static void check_size(enum topic topic, const struct topic_facts facts[TOPIC_N],
                       const struct topic_needs *needs, struct topic_findings *findings)
{
    const struct topic_facts *it = &facts[topic];
    int64_t is = number(it, CONFIG_MAX_MESSAGE_BYTES);
    int64_t need = message_bytes_min(topic, needs);
    /* Kafka's default of 1 MiB and 12 bytes is fine for requests of the default 1 MiB. */
    if (topic == TOPIC_REQUESTS)
        need = 0;
    /* Whatever fits into requests must fit into a dead letter, or it would block its partition. */
    int64_t requests = number(&facts[TOPIC_REQUESTS], CONFIG_MAX_MESSAGE_BYTES);
    if (topic == TOPIC_DEAD_LETTERS && requests + TOPIC_RECORD_EXTRA_BYTES > need)
        need = requests + TOPIC_RECORD_EXTRA_BYTES;
    if (is >= 0 && is < need)
        topic_finding_add(findings, ERR_CONFIG,
                          "topic %s has max.message.bytes=%" PRId64 ", must be at least %" PRId64
                          "; run: kafka-configs.sh --bootstrap-server ... --alter --entity-type "
                          "topics --entity-name %s --add-config max.message.bytes=%" PRId64,
                          it->name, is, need, it->name, need);
    if (topic == TOPIC_REQUESTS && is > PRODUCER_RECORD_BYTES_MAX - TOPIC_RECORD_EXTRA_BYTES)
        topic_finding_add(findings, ERR_CONFIG,
                          "topic %s has max.message.bytes=%" PRId64
                          ": a record over %d bytes could not become a dead letter and would block "
                          "its partition; lower it",
                          it->name, is, PRODUCER_RECORD_BYTES_MAX - TOPIC_RECORD_EXTRA_BYTES);
}

static void check_replicas(enum topic topic, const struct topic_facts *facts,
                           struct topic_findings *findings)
{
    if ((USE(topic) & (STATE | WRITTEN)) == 0)
        return;
    int64_t min_isr = number(facts, CONFIG_MIN_ISR);
    int32_t factor = facts->replication_factor;
    if (min_isr > factor)
        topic_finding_add(findings, ERR_CONFIG,
                          "topic %s has min.insync.replicas=%" PRId64 " but %" PRId32
                          " replica(s): nothing can be written; lower it or add replicas",
                          facts->name, min_isr, factor);
    else if (factor == 1 && (USE(topic) & STATE) != 0)
        topic_finding_add(findings, ERR_OK,
                          "topic %s has one replica: a lost disk loses its records", facts->name);
    else if (factor > 1 && min_isr == 1)
        topic_finding_add(findings, ERR_OK,
                          "topic %s has min.insync.replicas=1 with %" PRId32
                          " replicas: an acknowledged record may stand on one disk; better 2",
                          facts->name, factor);
}

static void check_partitions(const struct topic_facts facts[TOPIC_N],
                             const struct topic_needs *needs, struct topic_findings *findings)
{
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name != NULL && (USE(i) & SINGLE) != 0 && facts[i].partition_n > 1)
            topic_finding_add(findings, ERR_CONFIG,
                              "topic %s has %" PRId32 " partitions, must have 1: delete it and let "
                              "the worker create it, or name another (topics.%s)",
                              facts[i].name, facts[i].partition_n, topic_key((enum topic)i));
    }
    const struct topic_facts *tasks = &facts[TOPIC_TASKS];
    const struct topic_facts *ledger = &facts[TOPIC_LEDGER];
    if (tasks->name == NULL || ledger->name == NULL)
        return;
    if (tasks->partition_n != ledger->partition_n)
        topic_finding_add(findings, ERR_CONFIG,
                          "topics %s and %s must have the same number of partitions, but have "
                          "%" PRId32 " and %" PRId32 ": add the missing ones only if the smaller "
                          "topic is empty, else use new topics",
                          tasks->name, ledger->name, tasks->partition_n, ledger->partition_n);
    else if (needs->partitions_before != 0 && tasks->partition_n != needs->partitions_before)
        topic_finding_add(findings, ERR_CONFIG,
                          "topics %s and %s have changed from %" PRId32 " to %" PRId32
                          " partitions under a running pool: requests for one instance would meet "
                          "in two places; drain the pool and use new topics",
                          tasks->name, ledger->name, needs->partitions_before, tasks->partition_n);
    else if (tasks->partition_n > ENGINE_PARTITIONS_MAX)
        topic_finding_add(findings, ERR_CONFIG,
                          "topic %s has %" PRId32 " partitions, at most %d are supported",
                          tasks->name, tasks->partition_n, ENGINE_PARTITIONS_MAX);
}

void topic_rules_check(const struct topic_facts facts[TOPIC_N], const struct topic_needs *needs,
                       struct topic_findings *findings)
{
    check_partitions(facts, needs, findings);
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name == NULL || facts[i].partition_n == 0)
            continue;
        check_rules((enum topic)i, &facts[i], findings);
        check_size((enum topic)i, facts, needs, findings);
        check_replicas((enum topic)i, &facts[i], findings);
    }
}
