/* SPDX-License-Identifier: Apache-2.0
 *
 * What /readyz answers: a pure function of a few facts.
 *
 * Ready means: this worker can do its share of the pool's work now. A worker that has no partition,
 * because there are more workers than partitions, is ready; so is one that the API slows down, or
 * that takes no more tasks because it holds enough.
 */
#ifndef WORKER_SHELL_READINESS_H
#define WORKER_SHELL_READINESS_H

#include <stdbool.h>
#include <stdint.h>

enum readiness_name {
    READY_STARTED = 0, /* the topics are known and all modules opened */
    READY_BROKER,      /* Kafka can be written to and read */
    READY_GROUP,       /* a member of the consumer group */
    READY_PARTITIONS,  /* none has stopped */
    READY_BREAKER,     /* calls can succeed */
    READY_DRAINING,    /* not about to end */
};
#define READINESS_N 6

enum { READINESS_DETAIL_MAX = 640 };

struct readiness_check {
    const char *name;
    bool ok;
    char detail[READINESS_DETAIL_MAX]; /* for a person; empty when ok */
};

struct readiness {
    bool ready;
    struct readiness_check checks[READINESS_N];
};

/* Texts may be NULL or empty: nothing more is known. */
struct readiness_facts {
    bool started;
    bool broker_up;
    bool member;
    bool breaker_open;
    bool draining;
    uint32_t stopped_n; /* partitions; the next three are the first of them */
    const char *stopped_topic;
    int32_t stopped_partition;
    const char *stopped_why;
    const char *broker_error;
    const char *breaker_code; /* the API's error code that opened it */
};

void readiness_judge(const struct readiness_facts *facts, struct readiness *out);
/* "started", "broker", ...: as /readyz and the metrics say it. */
const char *readiness_name(enum readiness_name name);

#endif
