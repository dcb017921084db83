/* SPDX-License-Identifier: Apache-2.0
 *
 * What the pool's topics must be like: one table that says how they are created and what is
 * checked.
 *
 * Pure: judges facts that somebody else has gathered (shell/kafka_topics.c).
 */
#ifndef WORKER_SHELL_TOPIC_RULES_H
#define WORKER_SHELL_TOPIC_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "shell/kafka_conf.h"

/* Topic configurations that the rules speak of. */
enum topic_config {
    CONFIG_CLEANUP_POLICY = 0,
    CONFIG_RETENTION_MS,
    CONFIG_RETENTION_BYTES,
    CONFIG_TIMESTAMP_TYPE,
    CONFIG_UNCLEAN_ELECTION,
    CONFIG_SEGMENT_BYTES,
    CONFIG_MIN_ISR,
    CONFIG_MAX_MESSAGE_BYTES,
};
#define TOPIC_CONFIG_N 8
enum { TOPIC_CONFIG_TEXT_MAX = 64 };

/* Kafka's name: "cleanup.policy", ... */
const char *topic_config_name(enum topic_config config);

/* One topic as it is. */
struct topic_facts {
    const char *name;    /* NULL: the program does not use it */
    int32_t partition_n; /* 0: there is no such topic */
    int32_t replication_factor;
    char config[TOPIC_CONFIG_N][TOPIC_CONFIG_TEXT_MAX]; /* empty: not known */
};

struct topic_finding {
    enum err err; /* ERR_OK: a warning; else the pool must not run so */
    struct fault fault;
};

enum { TOPIC_FINDINGS_MAX = 60 };
struct topic_findings {
    struct topic_finding items[TOPIC_FINDINGS_MAX];
    size_t n;
};

struct topic_needs {
    int64_t request_bytes_max; /* request.max_bytes */
    int32_t partitions_before; /* P as it was found before; 0: not yet */
};

/* Room that a record needs beside its value: key, headers, framing. */
enum { TOPIC_RECORD_EXTRA_BYTES = 64 * 1024 };

/* Adds what is wrong with them; findings beyond TOPIC_FINDINGS_MAX are dropped, warnings first. */
void topic_rules_check(const struct topic_facts facts[TOPIC_N], const struct topic_needs *needs,
                       struct topic_findings *findings);
/* Adds one finding; err ERR_OK: a warning. */
void topic_finding_add(struct topic_findings *findings, enum err err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The value that a topic is created with; false: the broker's default. */
bool topic_rules_creates(enum topic topic, enum topic_config config,
                         const struct topic_needs *needs, char value_out[TOPIC_CONFIG_TEXT_MAX]);
/* How many partitions it is created with, of `partition_n` configured. */
int32_t topic_rules_partitions(enum topic topic, int32_t partition_n);

#endif
