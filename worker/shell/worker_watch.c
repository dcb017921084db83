/* SPDX-License-Identifier: Apache-2.0
 *
 * Are Kafka and the topics there? The log says when they are not, and when they are again; probes
 * ask the same. Nothing else depends on it: whatever cannot be written or read waits. */
#include <stdio.h>
#include <string.h>

#include "shell/clock.h"
#include "shell/worker_impl.h"

static const int64_t topics_every_ms = 300000; /* checks while all is well */
static const int64_t topics_retry_ms = 1000;   /* while it is not */
static const int64_t away_grace_ms = 3000;     /* a connection that is made anew is no news */
static const int64_t away_again_ms = 60000;    /* said so often while it lasts */

static void on_topics(struct worker *worker, const struct topics_event *event)
{
    struct instant now = clock_now().at;
    switch (event->type) {
    case TOPICS_NOTE:
        log_say(worker->log, LEVEL_INFO, event->fault.text);
        break;
    case TOPICS_WARNING:
        log_say(worker->log, LEVEL_WARN, event->fault.text);
        break;
    case TOPICS_READY:
        worker->topics_at = instant_after_ms(now, topics_every_ms);
        worker->topics_fault.text[0] = '\0';
        if (worker->stage == STAGE_STARTING)
            worker_start(worker, event);
        break;
    case TOPICS_FAULT:
        worker_fail(worker, event->err, &event->fault);
        break;
    case TOPICS_AWAY:
        worker->topics_at = instant_after_ms(now, topics_retry_ms);
        worker->topics_fault = event->fault;
        break;
    }
}

static bool is_stuck(const struct worker *worker, struct fault *why_out)
{
    struct instant now = clock_now().at;
    return producer_is_stuck(worker->producer, now, why_out) ||
           producer_is_stuck(worker->publisher, now, why_out);
}

bool watch_is_up(const struct worker *worker, struct fault *why_out)
{
    bool checked = worker->topics_fault.text[0] == '\0';
    bool opened = worker->publisher != NULL && worker->reader != NULL;
    *why_out = worker->topics_fault;
    if (checked && opened && is_stuck(worker, why_out))
        return false;
    if (opened && producer_is_up(worker->producer) && producer_is_up(worker->publisher) &&
        reader_is_up(worker->reader))
        return checked;
    if (worker->kafka_mishap.text[0] != '\0') {
        size_t n = strlen(why_out->text);
        (void)snprintf(why_out->text + n, sizeof why_out->text - n, "%s%s",
                       n > 0 ? "; last error: " : "", worker->kafka_mishap.text);
    }
    return false;
}

static void say_back(struct worker *worker, struct instant now)
{
    const struct log_field field =
        LOG_NUMBER("seconds", instant_ms_between(worker->away_since, now) / 1000);
    if (worker->away_said)
        log_write(worker->log, LEVEL_INFO, "Kafka is there again", &field, 1);
    worker->away_since = INSTANT_NEVER;
    worker->away_said = false;
}

static void watch(struct worker *worker)
{
    struct fault why;
    struct instant now = clock_now().at;
    /* At the start it is a check without an answer that tells. */
    bool up = watch_is_up(worker, &why) ||
              (worker->stage == STAGE_STARTING && worker->topics_fault.text[0] == '\0');
    if (up) {
        say_back(worker, now);
        return;
    }
    if (worker->away_since.us == INSTANT_NEVER.us) {
        worker->away_since = now;
        worker->away_say_at = instant_after_ms(now, away_grace_ms);
        if (why.text[0] != '\0')
            worker->topics_at = now; /* perhaps it is a topic that is away */
    }
    if (!instant_reached(now, worker->away_say_at))
        return;
    worker_say(worker, LEVEL_WARN, "waiting for a broker", why.text);
    worker->away_said = true;
    worker->away_say_at = instant_after_ms(now, away_again_ms);
}

void watch_step(struct worker *worker)
{
    struct topics_event event;
    while (topics_next(worker->topics, &event))
        on_topics(worker, &event);
    if (worker->stage < STAGE_DRAINING)
        watch(worker);
    if (instant_reached(clock_now().at, worker->topics_at)) {
        worker->topics_at = instant_after_ms(clock_now().at, topics_every_ms);
        topics_check(worker->topics);
    }
}
