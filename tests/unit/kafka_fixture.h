/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the Kafka modules: a mock cluster inside the process, and waiting for a condition
 * with a deadline.
 */
#ifndef TESTS_UNIT_KAFKA_FIXTURE_H
#define TESTS_UNIT_KAFKA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "shell/clock.h"
#include "shell/kafka_client.h"

enum { FIXTURE_PARTITIONS = 3, FIXTURE_DEADLINE_MS = 30000, FIXTURE_CLOSE_MS = 5000 };

struct fixture {
    rd_kafka_t *host; /* what the mock cluster lives in */
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_wake wake;
    struct kafka_property items[2];
    struct kafka_properties properties;
    struct kafka_options options;
    struct topic_names names;
};

static inline int fixture_open(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    char why[256];
    fx->host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    assert_non_null(fx->host);
    fx->cluster = rd_kafka_mock_cluster_new(fx->host, 1);
    assert_non_null(fx->cluster);
    fx->names = (struct topic_names){{[TOPIC_REQUESTS] = "requests",
                                      [TOPIC_TASKS] = "tasks",
                                      [TOPIC_LEDGER] = "ledger",
                                      [TOPIC_RESULTS] = "results",
                                      [TOPIC_DEAD_LETTERS] = "dlt"}};
    for (int i = 0; i < TOPIC_N; i++) {
        if (fx->names.name[i] != NULL)
            assert_int_equal(
                rd_kafka_mock_topic_create(fx->cluster, fx->names.name[i], FIXTURE_PARTITIONS, 1),
                0);
    }
    struct fault fault = {""};
    assert_int_equal(kafka_wake_open(&fx->wake, &fault), ERR_OK);
    fx->items[0] =
        (struct kafka_property){"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(fx->cluster)};
    fx->items[1] = (struct kafka_property){"fetch.wait.max.ms", "10"};
    fx->properties = (struct kafka_properties){fx->items, 2};
    fx->options = (struct kafka_options){&fx->properties, NULL, &fx->wake, "test"};
    *state = fx;
    return 0;
}

static inline int fixture_close(void **state)
{
    struct fixture *fx = *state;
    rd_kafka_mock_cluster_destroy(fx->cluster);
    rd_kafka_destroy(fx->host);
    kafka_wake_close(&fx->wake);
    free(fx);
    return 0;
}

/* Waits for the wake, at most wait_ms. */
static inline void fixture_wait(struct fixture *fx, int wait_ms)
{
    struct pollfd fd = {.fd = fx->wake.fd, .events = POLLIN};
    (void)poll(&fd, 1, wait_ms);
    kafka_wake_clear(&fx->wake);
}

/* Does `step` over and over until `condition` holds; fails the test at the deadline. */
#define FIXTURE_UNTIL(fx, condition, step)                                                         \
    do {                                                                                           \
        struct instant until_ = instant_after_ms(clock_now().at, FIXTURE_DEADLINE_MS);             \
        for (;;) {                                                                                 \
            step;                                                                                  \
            if (condition)                                                                         \
                break;                                                                             \
            if (instant_reached(clock_now().at, until_))                                           \
                fail_msg("deadline: " #condition);                                                 \
            fixture_wait(fx, 20);                                                                  \
        }                                                                                          \
    } while (0)

#endif
