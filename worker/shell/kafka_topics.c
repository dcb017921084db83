/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/kafka_topics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shell/clock.h"
#include "shell/topic_admin.h"
#include "shell/topic_rules.h"

enum { LOOK_PAUSE_MS = 50 };

struct topics {
    struct topics_options options;
    struct kafka_client client; /* its main queue is the loop's, its handle is shared */
    rd_kafka_queue_t *queue;    /* the thread's */
    pthread_t thread;
    bool has_thread;
    atomic_bool stop;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t asked;
    bool due;
    bool running;
    struct topics_event events[TOPICS_EVENTS_MAX + 1];
    size_t event_n;
    size_t event_next; /* the first that was not handed out */

    /* The thread's own. */
    int32_t partitions_before;
    struct topic_findings findings;
    struct topic_findings before; /* of the round before: what was said is not said again */
};

static void post(struct topics *topics, const struct topics_event *event)
{
    (void)pthread_mutex_lock(&topics->lock);
    bool last_word = event->type != TOPICS_NOTE && event->type != TOPICS_WARNING;
    if (topics->event_n < TOPICS_EVENTS_MAX || (last_word && topics->event_n == TOPICS_EVENTS_MAX))
        topics->events[topics->event_n++] = *event;
    if (last_word)
        topics->running = false; /* whoever reads it may ask for the next round at once */
    (void)pthread_mutex_unlock(&topics->lock);
    kafka_wake_raise(topics->options.kafka.wake);
}

static void post_text(struct topics *topics, enum topics_event_type type, enum err err,
                      const struct fault *fault)
{
    struct topics_event event = {.type = type, .err = err, .fault = *fault};
    post(topics, &event);
}

static bool was_said(const struct topics *topics, const struct topic_finding *finding)
{
    for (size_t i = 0; i < topics->before.n; i++) {
        if (strcmp(topics->before.items[i].fault.text, finding->fault.text) == 0)
            return true;
    }
    return false;
}

/* A topic that the pool has used is gone. Never made anew here: what stood in it is lost, and that
 * is for a person to know. */
static enum err lost(const struct topics *topics, enum topic topic, struct fault *fault)
{
    bool state = topic == TOPIC_TASKS || topic == TOPIC_LEDGER || topic == TOPIC_CONTROL;
    return fault_set(
        fault, ERR_UNAVAILABLE, "topic %s (topics.%s) has been deleted under the running pool; %s",
        topics->options.names.name[topic], topic_key(topic),
        state ? "what the pool knew stood in it: see \"When a topic is not what it was\" "
                "in docs/operations.md"
              : "a worker that starts creates it again (topics.create), and the pool goes on");
}

/* Creates what is missing, and looks again until it is there. */
static enum err provide(struct topics *topics, const struct topic_admin *admin,
                        struct topic_facts facts[TOPIC_N], struct fault *fault)
{
    unsigned missing = 0;
    for (int i = 0; i < TOPIC_N; i++) {
        if (facts[i].name == NULL || facts[i].partition_n > 0)
            continue;
        missing |= 1u << i;
        if (topics->partitions_before != 0)
            return lost(topics, (enum topic)i, fault);
        if (!topics->options.create)
            return fault_set(fault, ERR_CONFIG,
                             "topic %s does not exist: create it with %" PRId32
                             " partition(s), or set topics.create: true",
                             facts[i].name,
                             topic_rules_partitions((enum topic)i, topics->options.partition_n));
    }
    if (missing == 0)
        return ERR_OK;
    const struct topic_creation creation = {
        .partition_n = topics->options.partition_n,
        .replication_factor = topics->options.replication_factor,
        .needs = {.request_bytes_max = topics->options.request_bytes_max},
    };
    unsigned created = 0;
    enum err err = topic_admin_create(admin, facts, &creation, &created, fault);
    for (int i = 0; i < TOPIC_N; i++) {
        if ((created & (1u << i)) == 0)
            continue;
        struct fault note;
        (void)fault_set(&note, ERR_INVALID, "created topic %s with %" PRId32 " partition(s)",
                        facts[i].name, topic_rules_partitions((enum topic)i, creation.partition_n));
        post_text(topics, TOPICS_NOTE, ERR_OK, &note);
    }
    bool there = false;
    while (err == ERR_OK && !there) {
        /* Nothing is asked for: only a pause before looking. */
        rd_kafka_event_destroy(rd_kafka_queue_poll(topics->queue, LOOK_PAUSE_MS));
        err = topic_admin_look(admin, facts, fault);
        there = true;
        for (int i = 0; i < TOPIC_N; i++)
            there = there && (facts[i].name == NULL || facts[i].partition_n > 0);
        if (err == ERR_OK && !there && instant_reached(clock_now().at, admin->deadline))
            err = fault_set(fault, ERR_UNAVAILABLE, "topics were created but have not appeared");
    }
    return err;
}

static enum err gather(struct topics *topics, struct topic_facts facts[TOPIC_N],
                       struct fault *fault)
{
    const struct topic_admin admin = {
        .rk = topics->client.rk,
        .queue = topics->queue,
        .deadline = instant_after_ms(clock_now().at, TOPICS_ROUND_MS),
        .stop = &topics->stop,
    };
    enum err err = topic_admin_look(&admin, facts, fault);
    if (err == ERR_OK)
        err = provide(topics, &admin, facts, fault);
    if (err == ERR_OK)
        err = topic_admin_describe(&admin, facts, &topics->findings, fault);
    return err;
}

static void judge(struct topics *topics, const struct topic_facts facts[TOPIC_N])
{
    const struct topic_needs needs = {.request_bytes_max = topics->options.request_bytes_max,
                                      .partitions_before = topics->partitions_before};
    topic_rules_check(facts, &needs, &topics->findings);
    const struct topic_finding *fault = NULL;
    for (size_t i = 0; i < topics->findings.n; i++) {
        const struct topic_finding *finding = &topics->findings.items[i];
        if (finding->err != ERR_OK && fault == NULL)
            fault = finding;
        else if (!was_said(topics, finding))
            post_text(topics, TOPICS_WARNING, finding->err, &finding->fault);
    }
    topics->before = topics->findings;
    if (fault != NULL) {
        post_text(topics, TOPICS_FAULT, fault->err, &fault->fault);
        return;
    }
    struct topics_event ready = {.type = TOPICS_READY,
                                 .partition_n = facts[TOPIC_TASKS].partition_n};
    for (int i = 0; i < TOPIC_N; i++)
        ready.partitions[i] = facts[i].partition_n;
    ready.dead_letter_bytes_max =
        strtoll(facts[TOPIC_DEAD_LETTERS].config[CONFIG_MAX_MESSAGE_BYTES], NULL, 10);
    topics->partitions_before = ready.partition_n;
    post(topics, &ready);
}

static void run_round(struct topics *topics)
{
    struct topic_facts facts[TOPIC_N];
    memset(facts, 0, sizeof facts);
    for (int i = 0; i < TOPIC_N; i++)
        facts[i].name = topics->options.names.name[i];
    topics->findings.n = 0;
    struct fault fault;
    enum err err = gather(topics, facts, &fault);
    if (err == ERR_OK)
        judge(topics, facts);
    else
        post_text(topics, err == ERR_UNAVAILABLE ? TOPICS_AWAY : TOPICS_FAULT, err, &fault);
}

static void *work(void *context)
{
    struct topics *topics = context;
    (void)pthread_mutex_lock(&topics->lock);
    while (!atomic_load(&topics->stop)) {
        if (!topics->due) {
            (void)pthread_cond_wait(&topics->asked, &topics->lock);
            continue;
        }
        topics->due = false;
        topics->running = true;
        (void)pthread_mutex_unlock(&topics->lock);
        run_round(topics);
        (void)pthread_mutex_lock(&topics->lock);
    }
    (void)pthread_mutex_unlock(&topics->lock);
    return NULL;
}

enum err topics_open(const struct topics_options *options, struct topics **topics_out,
                     struct fault *fault)
{
    struct topics *topics = calloc(1, sizeof *topics);
    if (topics == NULL)
        return fault_set(fault, ERR_SYSTEM, "topics: no memory");
    topics->options = *options;
    CHECK(pthread_mutex_init(&topics->lock, NULL) == 0);
    CHECK(pthread_cond_init(&topics->asked, NULL) == 0);
    enum err err = kafka_client_open(&topics->client, KAFKA_ADMIN, &options->kafka, fault);
    if (err == ERR_OK) {
        topics->queue = rd_kafka_queue_new(topics->client.rk);
        topics->has_thread = pthread_create(&topics->thread, NULL, work, topics) == 0;
        if (!topics->has_thread)
            err = fault_set(fault, ERR_SYSTEM, "topics: no thread");
    }
    if (err != ERR_OK) {
        topics_close(topics, 1000);
        return err;
    }
    *topics_out = topics;
    return ERR_OK;
}

void topics_check(struct topics *topics)
{
    (void)pthread_mutex_lock(&topics->lock);
    if (!topics->running) {
        topics->due = true;
        (void)pthread_cond_signal(&topics->asked);
    }
    (void)pthread_mutex_unlock(&topics->lock);
}

bool topics_next(struct topics *topics, struct topics_event *out)
{
    rd_kafka_event_t *event = NULL;
    while ((event = rd_kafka_queue_poll(topics->client.queue, 0)) != NULL) {
        (void)kafka_client_handle(&topics->client, event);
        rd_kafka_event_destroy(event);
    }
    (void)pthread_mutex_lock(&topics->lock);
    bool has = topics->event_next < topics->event_n;
    if (has)
        *out = topics->events[topics->event_next++];
    if (topics->event_next == topics->event_n)
        topics->event_next = topics->event_n = 0;
    (void)pthread_mutex_unlock(&topics->lock);
    return has;
}

void topics_close(struct topics *topics, int timeout_ms)
{
    if (topics == NULL)
        return;
    int64_t until_us = clock_now().wall_us + (int64_t)timeout_ms * 1000;
    if (topics->has_thread) {
        (void)pthread_mutex_lock(&topics->lock);
        atomic_store(&topics->stop, true);
        (void)pthread_cond_signal(&topics->asked);
        (void)pthread_mutex_unlock(&topics->lock);
        struct timespec until = {.tv_sec = until_us / 1000000,
                                 .tv_nsec = until_us % 1000000 * 1000};
        if (pthread_timedjoin_np(topics->thread, NULL, &until) != 0) {
            /* Still waiting for a broker: it keeps what it uses and dies with the process. */
            (void)pthread_detach(topics->thread);
            return;
        }
    }
    if (topics->queue != NULL)
        rd_kafka_queue_destroy(topics->queue);
    int64_t left_ms = (until_us - clock_now().wall_us) / 1000;
    kafka_client_close(&topics->client, left_ms > 0 ? (int)left_ms : 0);
    (void)pthread_cond_destroy(&topics->asked);
    (void)pthread_mutex_destroy(&topics->lock);
    free(topics);
}
