/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/producer_gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct gate {
    bool known; /* the broker knows the producer: it refuses what follows a gap */
    struct instant heard;
    uint64_t sent_n; /* and not answered */
    struct gate_held *first;
    struct gate_held *last;
};

static struct gate *gate_of(const struct gates *gates, struct gate_at at)
{
    PRE((unsigned)at.topic < TOPIC_N && at.partition >= 0 &&
        (size_t)at.partition < gates->n[at.topic]);
    return &gates->of[at.topic][at.partition];
}

enum err gates_need(struct gates *gates, struct gate_at at)
{
    PRE((unsigned)at.topic < TOPIC_N && at.partition >= 0);
    size_t need = (size_t)at.partition + 1;
    size_t before = gates->n[at.topic];
    if (need <= before)
        return ERR_OK;
    if (need > GATE_PARTITIONS_MAX)
        return ERR_LIMIT;
    struct gate *of = realloc(gates->of[at.topic], need * sizeof *of);
    if (of == NULL)
        return ERR_LIMIT;
    memset(of + before, 0, (need - before) * sizeof *of);
    gates->of[at.topic] = of;
    gates->n[at.topic] = need;
    return ERR_OK;
}

bool gates_pass(struct gates *gates, struct gate_at at, struct instant now)
{
    struct gate *gate = gate_of(gates, at);
    if (gate->sent_n == 0 && instant_ms_between(gate->heard, now) >= GATE_FORGETS_MS)
        gate->known = false;
    if (gate->first != NULL || (gate->sent_n > 0 && !gate->known))
        return false;
    gate->sent_n++;
    return true;
}

/* None stays none. */
static struct view copy(struct view from, char *to)
{
    if (from.p == NULL)
        return VIEW_NONE;
    memcpy(to, from.p, from.n);
    return (struct view){to, from.n};
}

enum err gates_hold(struct gates *gates, struct gate_at at, struct view key, struct view value,
                    void *opaque)
{
    struct gate *gate = gate_of(gates, at);
    struct gate_held *held = malloc(sizeof *held + key.n + value.n);
    if (held == NULL)
        return ERR_LIMIT;
    *held = (struct gate_held){.opaque = opaque};
    held->key = copy(key, held->bytes);
    held->value = copy(value, held->bytes + key.n);
    if (gate->first == NULL)
        gate->first = held;
    else
        gate->last->next = held;
    gate->last = held;
    gates->held_n++;
    return ERR_OK;
}

void gates_answered(struct gates *gates, struct gate_at at, bool stored, struct instant now)
{
    struct gate *gate = gate_of(gates, at);
    CHECK(gate->sent_n > 0);
    gate->sent_n--;
    if (!stored)
        return;
    gate->known = true;
    gate->heard = now;
}

static void *drop_first(struct gates *gates, struct gate *gate)
{
    struct gate_held *held = gate->first;
    void *opaque = held->opaque;
    gate->first = held->next;
    gates->held_n--;
    free(held);
    return opaque;
}

const struct gate_held *gates_next(const struct gates *gates, struct gate_at at)
{
    const struct gate *gate = gate_of(gates, at);
    return gate->known ? gate->first : NULL;
}

void gates_sent(struct gates *gates, struct gate_at at)
{
    struct gate *gate = gate_of(gates, at);
    PRE(gate->first != NULL);
    (void)drop_first(gates, gate);
    gate->sent_n++;
}

void *gates_drop(struct gates *gates, struct gate_at *at_out)
{
    for (int topic = 0; topic < TOPIC_N && gates->held_n > 0; topic++)
        for (size_t p = 0; p < gates->n[topic]; p++)
            if (gates->of[topic][p].first != NULL) {
                *at_out = (struct gate_at){(enum topic)topic, (int32_t)p};
                return drop_first(gates, &gates->of[topic][p]);
            }
    return NULL;
}

void gates_reset(struct gates *gates)
{
    CHECK(gates->held_n == 0);
    for (int topic = 0; topic < TOPIC_N; topic++)
        if (gates->n[topic] > 0)
            memset(gates->of[topic], 0, gates->n[topic] * sizeof *gates->of[topic]);
}

void gates_release(struct gates *gates)
{
    struct gate_at at;
    while (gates_drop(gates, &at) != NULL)
        ;
    for (int topic = 0; topic < TOPIC_N; topic++)
        free(gates->of[topic]);
    *gates = (struct gates){.held_n = 0};
}
