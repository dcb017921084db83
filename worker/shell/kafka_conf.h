/* SPDX-License-Identifier: Apache-2.0
 *
 * How librdkafka is configured: the user's properties verbatim, and the ones the design depends on,
 * which nobody can override.
 *
 * Never talks to a broker. Names and values are librdkafka's own (its CONFIGURATION.md).
 */
#ifndef WORKER_SHELL_KAFKA_CONF_H
#define WORKER_SHELL_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

#include "base/err.h"

/* One `kafka.NAME: VALUE` of the user. */
struct kafka_property {
    const char *name;
    const char *value;
};

/* The user's list, later entries win. Owned by the configuration; must outlive every client. */
struct kafka_properties {
    struct kafka_property *items;
    size_t n;
};

/* What a client is for decides its fixed properties. */
enum kafka_role {
    KAFKA_ADMIN = 0, /* topics: no records */
    KAFKA_PRODUCER,  /* idempotent, acks=all, no time-outs, no gaps */
    KAFKA_READER,    /* explicit positions, auto.offset.reset=error, no group */
    KAFKA_GROUP,     /* membership and offsets only */
};

/* The topics of a pool, by use. */
enum topic {
    TOPIC_REQUESTS = 0,
    TOPIC_TASKS,
    TOPIC_LEDGER,
    TOPIC_RESULTS,
    TOPIC_DEAD_LETTERS,
    TOPIC_CONTROL,
    TOPIC_SIGHTINGS,
};
#define TOPIC_N 7

/* NULL for a topic that the program does not use. */
struct topic_names {
    const char *name[TOPIC_N];
};

/* "requests", "tasks", ...: the key under `topics.` in the configuration. */
const char *topic_key(enum topic topic);

/* NULL when the user may set the property; else the reason why not, as half a sentence. */
const char *kafka_property_reserved(const char *name);

/* ERR_CONFIG, naming the property: unknown, not a legal value, or reserved. Does not see what only
 * opening a client sees (files, combinations). */
MUST_USE enum err kafka_properties_check(const struct kafka_properties *properties,
                                         struct fault *fault);

/* A configuration for rd_kafka_new, which takes it over; the caller destroys it otherwise. Queues
 * deliver events (rd_kafka_queue_poll), never callbacks. ERR_CONFIG as above. */
MUST_USE enum err kafka_conf_build(enum kafka_role role, const struct kafka_properties *properties,
                                   rd_kafka_conf_t **conf_out, struct fault *fault);

/* Likewise, of a KAFKA_GROUP client: whom it joins; instance_id NULL: as a dynamic member. */
MUST_USE enum err kafka_conf_build_group(const struct kafka_properties *properties,
                                         const char *group_id, const char *instance_id,
                                         rd_kafka_conf_t **conf_out, struct fault *fault);

#endif
