/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/readiness.h"

#include <stdio.h>

static const struct {
    const char *name;
    const char *detail; /* when not ok, followed by what is known */
} table[READINESS_N] = {
    [READY_STARTED] = {"started", "waiting for a broker, and for the topics to be checked"},
    [READY_BROKER] = {"broker", "Kafka cannot be written to or read"},
    [READY_GROUP] = {"group", "not a member of the consumer group"},
    [READY_PARTITIONS] = {"partitions", "stopped, and needs a person"},
    [READY_BREAKER] = {"breaker", "open: no call to the API can succeed until somebody acts"},
    [READY_DRAINING] = {"draining", "finishing what is in the air, then ending"},
};

const char *readiness_name(enum readiness_name name)
{
    return table[name].name;
}

static const char *known(const char *text)
{
    return text != NULL ? text : "";
}

static void fail(struct readiness *out, enum readiness_name name, const char *more)
{
    struct readiness_check *check = &out->checks[name];
    const char *between = known(more)[0] != '\0' ? ": " : "";
    check->ok = false;
    out->ready = false;
    (void)snprintf(check->detail, sizeof check->detail, "%s%s%s", table[name].detail, between,
                   known(more));
}

void readiness_judge(const struct readiness_facts *facts, struct readiness *out)
{
    char stopped[512];
    *out = (struct readiness){.ready = true};
    for (int i = 0; i < READINESS_N; i++) {
        out->checks[i].name = table[i].name;
        out->checks[i].ok = true;
    }
    if (!facts->started)
        fail(out, READY_STARTED, NULL);
    if (!facts->broker_up)
        fail(out, READY_BROKER, facts->broker_error);
    if (!facts->member)
        fail(out, READY_GROUP, NULL);
    if (facts->breaker_open)
        fail(out, READY_BREAKER, facts->breaker_code);
    if (facts->draining)
        fail(out, READY_DRAINING, NULL);
    if (facts->stopped_n == 0)
        return;
    (void)snprintf(stopped, sizeof stopped, "%u, among them %s %d: %s", facts->stopped_n,
                   known(facts->stopped_topic), facts->stopped_partition,
                   known(facts->stopped_why));
    fail(out, READY_PARTITIONS, stopped);
}
