/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kept.h"

#include <string.h>

#include "base/check.h"

enum { KEPT_TEXT_N = 12 };

struct kept {
    struct source source;
    struct dispatch_id dispatch;
    int64_t revision;
    int64_t requested_ms;
    int64_t accepted_ms;
    int64_t dispatched_ms;
    int64_t finished_ms;
    int64_t time_ms;
    uint32_t attempts;
    uint32_t batch_size;
    uint16_t holders;
    uint8_t status;
    bool final;
    bool dry_run;
    uint8_t confirmed_by;
    uint8_t error_source;
    uint16_t text_n[KEPT_TEXT_N];
    char text[];
};

/* The order in which the texts stand behind the block; the request id comes first. */
static struct view *text_of(struct outcome *outcome, int i)
{
    struct view *const texts[KEPT_TEXT_N] = {
        &outcome->request_id,     &outcome->instance_id, &outcome->region,
        &outcome->requested_by,   &outcome->reason,      &outcome->served_by,
        &outcome->api_request_id, &outcome->error_code,  &outcome->error_message,
        &outcome->worker,         &outcome->traceparent, &outcome->tracestate,
    };
    return texts[i];
}

struct kept *kept_make(struct pool *pool, const struct outcome *outcome)
{
    struct outcome copy = *outcome;
    size_t text_bytes = 0;
    for (int i = 0; i < KEPT_TEXT_N; i++) {
        struct view *text = text_of(&copy, i);
        text->n = text->n > UINT16_MAX ? UINT16_MAX : text->n;
        text_bytes += text->n;
    }
    struct kept *kept = pool_need(pool, sizeof *kept + text_bytes);
    *kept = (struct kept){
        .source = copy.source,
        .dispatch = copy.dispatch,
        .revision = copy.revision,
        .requested_ms = copy.requested_ms,
        .accepted_ms = copy.accepted_ms,
        .dispatched_ms = copy.dispatched_ms,
        .finished_ms = copy.finished_ms,
        .time_ms = copy.time_ms,
        .attempts = copy.attempts,
        .batch_size = copy.batch_size,
        .holders = 1,
        .status = (uint8_t)copy.status,
        .final = copy.final,
        .dry_run = copy.dry_run,
        .confirmed_by = (uint8_t)copy.confirmed_by,
        .error_source = (uint8_t)copy.error_source,
    };
    char *to = kept->text;
    for (int i = 0; i < KEPT_TEXT_N; i++) {
        const struct view *text = text_of(&copy, i);
        kept->text_n[i] = (uint16_t)text->n;
        if (text->n > 0)
            memcpy(to, text->p, text->n);
        to += text->n;
    }
    return kept;
}

struct kept *kept_share(struct kept *kept)
{
    CHECK(kept->holders < UINT16_MAX);
    kept->holders++;
    return kept;
}

void kept_drop(struct pool *pool, struct kept *kept)
{
    if (kept != NULL && --kept->holders == 0)
        pool_give(pool, kept, kept_bytes(kept));
}

void kept_outcome(const struct kept *kept, struct outcome *out)
{
    *out = (struct outcome){
        .status = kept->status,
        .final = kept->final,
        .dry_run = kept->dry_run,
        .confirmed_by = kept->confirmed_by,
        .error_source = kept->error_source,
        .attempts = kept->attempts,
        .revision = kept->revision,
        .requested_ms = kept->requested_ms,
        .accepted_ms = kept->accepted_ms,
        .dispatched_ms = kept->dispatched_ms,
        .finished_ms = kept->finished_ms,
        .time_ms = kept->time_ms,
        .source = kept->source,
        .dispatch = kept->dispatch,
        .batch_size = kept->batch_size,
    };
    const char *from = kept->text;
    for (int i = 0; i < KEPT_TEXT_N; i++) {
        if (kept->text_n[i] > 0)
            *text_of(out, i) = (struct view){from, kept->text_n[i]};
        from += kept->text_n[i];
    }
}

struct view kept_request_id(const struct kept *kept)
{
    return (struct view){kept->text, kept->text_n[0]};
}

size_t kept_bytes(const struct kept *kept)
{
    size_t bytes = sizeof *kept;
    for (int i = 0; i < KEPT_TEXT_N; i++)
        bytes += kept->text_n[i];
    return bytes;
}
