/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry.h"

#include <string.h>

#include "base/check.h"

void entry_move(struct entry *entry, enum entry_phase to)
{
    if (entry->phase == to)
        return;
    CHECK(entry_phase_reason((enum entry_phase)entry->phase, to) != NULL);
    entry->phase = (uint8_t)to;
    CHECK(to != ENTRY_CLOSED || entry->open == NULL);
    CHECK(to == ENTRY_CLOSED || to == ENTRY_WAITING || entry->flight != NULL);
}

struct view entry_id(const struct entry *entry)
{
    return (struct view){entry->id, entry->id_n};
}

struct entry *entry_make(struct pool *pool, struct view id, uint32_t hash)
{
    PRE(id.n > 0 && id.n <= INSTANCE_ID_BYTES_MAX);
    struct entry *entry = pool_need(pool, sizeof *entry + id.n);
    entry->hash = hash;
    entry->next_ms = TIME_NONE;
    entry->due_ms = TIME_NONE;
    entry->timer_i = UINT32_MAX;
    entry->id_n = (uint8_t)id.n;
    memcpy(entry->id, id.p, id.n);
    return entry;
}

static void drop_reboot(struct pool *pool, struct reboot **link)
{
    struct reboot *reboot = *link;
    *link = reboot->older;
    pool_give(pool, reboot, sizeof *reboot + reboot->api_request_id_n + reboot->leader_n);
}

void entry_free(struct pool *pool, struct entry *entry)
{
    CHECK(entry->hint == NULL && entry->queue == NULL && entry->timer_i == UINT32_MAX);
    for (struct request *req = entry->open, *next; req != NULL; req = next) {
        next = req->next;
        request_free(pool, req);
    }
    for (struct closed *closed = entry->closed, *next; closed != NULL; closed = next) {
        next = closed->next;
        kept_drop(pool, closed->last_word);
        pool_give(pool, closed, sizeof *closed);
    }
    for (struct early *early = entry->early, *next; early != NULL; early = next) {
        next = early->next;
        pool_give(pool, early, sizeof *early + early->id_n);
    }
    pool_give(pool, entry->flight, sizeof *entry->flight);
    while (entry->reboots != NULL)
        drop_reboot(pool, &entry->reboots);
    entry_set_error(pool, entry, ERROR_NONE, VIEW_NONE, VIEW_NONE);
    pool_give(pool, entry, sizeof *entry + entry->id_n);
}

struct view request_text(const struct request *req, enum request_text which)
{
    const char *p = req->text;
    for (enum request_text i = 0; i < which; i++)
        p += req->text_n[i];
    return req->text_n[which] == 0 ? VIEW_NONE : (struct view){p, req->text_n[which]};
}

size_t request_bytes(const struct request *req)
{
    size_t bytes = sizeof *req;
    for (int i = 0; i < REQUEST_TEXT_N; i++)
        bytes += req->text_n[i];
    return bytes;
}

struct request *request_make(struct pool *pool, const struct task_op *op)
{
    const struct task *task = &op->task;
    const struct view texts[REQUEST_TEXT_N] = {
        [REQUEST_ID] = task->request_id,           [REQUEST_REGION] = task->region,
        [REQUEST_BY] = task->requested_by,         [REQUEST_REASON] = task->reason,
        [REQUEST_TRACEPARENT] = task->traceparent, [REQUEST_TRACESTATE] = task->tracestate,
    };
    size_t text_bytes = 0;
    for (int i = 0; i < REQUEST_TEXT_N; i++)
        text_bytes += texts[i].n;
    struct request *req = pool_need(pool, sizeof *req + text_bytes);
    req->requested_ms = task->requested_ms;
    req->serves_after_ms = op->serves_after_ms;
    req->not_before_ms = task->not_before_ms;
    req->expires_ms = task->expires_ms;
    req->source = task->source;
    req->kind = (uint8_t)task->kind;
    char *to = req->text;
    for (int i = 0; i < REQUEST_TEXT_N; i++) {
        req->text_n[i] = (uint16_t)texts[i].n;
        if (texts[i].n > 0)
            memcpy(to, texts[i].p, texts[i].n);
        to += texts[i].n;
    }
    return req;
}

void request_free(struct pool *pool, struct request *req)
{
    pool_give(pool, req, request_bytes(req));
}

bool request_says(const struct request *req, const struct task *task)
{
    return req->kind == task->kind && req->not_before_ms == task->not_before_ms &&
           view_equals(request_text(req, REQUEST_REGION), task->region) &&
           view_equals(request_text(req, REQUEST_BY), task->requested_by) &&
           view_equals(request_text(req, REQUEST_REASON), task->reason);
}

struct request *entry_find_open(struct entry *entry, struct view request_id)
{
    for (struct request *req = entry->open; req != NULL; req = req->next)
        if (view_equals(request_text(req, REQUEST_ID), request_id))
            return req;
    return NULL;
}

struct closed *entry_find_closed(struct entry *entry, struct view request_id)
{
    for (struct closed *closed = entry->closed; closed != NULL; closed = closed->next)
        if (view_equals(kept_request_id(closed->last_word), request_id))
            return closed;
    return NULL;
}

struct request *entry_leader(struct entry *entry)
{
    for (struct request *req = entry->open; req != NULL; req = req->next)
        if (req->flags & REQUEST_LEADS)
            return req;
    return NULL;
}

static size_t closed_bytes(const struct closed *closed)
{
    return sizeof *closed + kept_bytes(closed->last_word);
}

static void drop_oldest_closed(struct pool *pool, struct entry *entry)
{
    struct closed *closed = entry->closed;
    entry->closed = closed->next;
    entry->closed_n--;
    entry->bytes -= (uint32_t)closed_bytes(closed);
    kept_drop(pool, closed->last_word);
    pool_give(pool, closed, sizeof *closed);
}

static void drop_early(struct pool *pool, struct entry *entry, struct early **link)
{
    struct early *early = *link;
    *link = early->next;
    entry->early_n--;
    entry->bytes -= (uint32_t)(sizeof *early + early->id_n);
    pool_give(pool, early, sizeof *early + early->id_n);
}

void entry_trim(struct pool *pool, struct entry *entry, const struct limits *limits)
{
    while (entry->closed_n > limits->closed_requests ||
           (entry->closed_n > 0 && entry->bytes > limits->entry_bytes))
        drop_oldest_closed(pool, entry);
    while (entry->early_n > limits->closed_requests ||
           (entry->early_n > 0 && entry->bytes > limits->entry_bytes))
        drop_early(pool, entry, &entry->early);
}

void entry_add_closed(struct pool *pool, struct entry *entry, struct kept *take_last_word,
                      int64_t forget_ms)
{
    struct closed *closed = pool_need(pool, sizeof *closed);
    closed->forget_ms = forget_ms;
    closed->last_word = take_last_word;
    struct closed **link = &entry->closed;
    while (*link != NULL)
        link = &(*link)->next;
    *link = closed;
    entry->closed_n++;
    entry->bytes += (uint32_t)closed_bytes(closed);
}

void entry_add_early(struct pool *pool, struct entry *entry, struct view request_id,
                     int64_t expires_ms)
{
    struct early *early = pool_need(pool, sizeof *early + request_id.n);
    early->expires_ms = expires_ms;
    early->id_n = (uint16_t)request_id.n;
    memcpy(early->id, request_id.p, request_id.n);
    struct early **link = &entry->early;
    while (*link != NULL)
        link = &(*link)->next;
    *link = early;
    entry->early_n++;
    entry->bytes += (uint32_t)(sizeof *early + early->id_n);
}

bool entry_take_early(struct pool *pool, struct entry *entry, struct view request_id, int64_t at_ms)
{
    bool taken = false;
    for (struct early **link = &entry->early; *link != NULL;) {
        if (!view_equals((struct view){(*link)->id, (*link)->id_n}, request_id)) {
            link = &(*link)->next;
            continue;
        }
        taken = taken || (*link)->expires_ms > at_ms;
        drop_early(pool, entry, link);
    }
    return taken;
}

void entry_set_error(struct pool *pool, struct entry *entry, enum error_source source,
                     struct view code, struct view message)
{
    if (entry->error != NULL)
        pool_give(pool, entry->error,
                  sizeof *entry->error + entry->error->code_n + entry->error->message_n);
    entry->error = NULL;
    if (source == ERROR_NONE)
        return;
    struct last_error *error = pool_need(pool, sizeof *error + code.n + message.n);
    error->source = (uint8_t)source;
    error->code_n = (uint16_t)code.n;
    error->message_n = (uint16_t)message.n;
    if (code.n > 0)
        memcpy(error->text, code.p, code.n);
    if (message.n > 0)
        memcpy(error->text + code.n, message.p, message.n);
    entry->error = error;
}

struct view last_error_code(const struct last_error *error)
{
    return (struct view){error->text, error->code_n};
}

struct view last_error_message(const struct last_error *error)
{
    return (struct view){error->text + error->code_n, error->message_n};
}

void entry_set_flight(struct pool *pool, struct entry *entry, const struct flight *flight)
{
    if (entry->flight == NULL)
        entry->flight = pool_need(pool, sizeof *entry->flight);
    *entry->flight = *flight;
}

void entry_clear_flight(struct pool *pool, struct entry *entry)
{
    pool_give(pool, entry->flight, sizeof *entry->flight);
    entry->flight = NULL;
}

void entry_add_reboot(struct pool *pool, struct entry *entry, const struct reboot *reboot,
                      struct view api_request_id, struct view leader)
{
    int strength = reboot_strength((enum reboot_kind)reboot->kind);
    struct reboot **link = &entry->reboots;
    for (; *link != NULL && (*link)->started_ms > reboot->started_ms; link = &(*link)->older)
        if (reboot_strength((enum reboot_kind)(*link)->kind) >= strength)
            return;
    while (*link != NULL && reboot_strength((enum reboot_kind)(*link)->kind) <= strength)
        drop_reboot(pool, link);
    struct reboot *copy = pool_need(pool, sizeof *copy + api_request_id.n + leader.n);
    *copy = *reboot;
    copy->api_request_id_n = (uint8_t)api_request_id.n;
    copy->leader_n = (uint16_t)leader.n;
    if (api_request_id.n > 0)
        memcpy(copy->text, api_request_id.p, api_request_id.n);
    if (leader.n > 0)
        memcpy(copy->text + api_request_id.n, leader.p, leader.n);
    copy->older = *link;
    *link = copy;
}

bool entry_is_spent(const struct entry *entry, int64_t log_ms, int64_t reboot_ms)
{
    if (entry->phase != ENTRY_CLOSED)
        return false;
    for (const struct closed *closed = entry->closed; closed != NULL; closed = closed->next)
        if (closed->forget_ms > log_ms)
            return false;
    for (const struct early *early = entry->early; early != NULL; early = early->next)
        if (early->expires_ms > log_ms)
            return false;
    if (entry->flight != NULL && entry->flight->started_ms + reboot_ms > log_ms)
        return false;
    return entry->reboots == NULL || entry->reboots->started_ms + reboot_ms <= log_ms;
}

bool entry_awaits(const struct entry *entry, struct dispatch_id dispatch, bool sent)
{
    bool open = entry->phase == ENTRY_DISPATCHING || entry->phase == ENTRY_UNKNOWN ||
                (entry->phase != ENTRY_REBOOTING && entry->flight != NULL && sent);
    return open && dispatch_id_equals(entry->flight->dispatch, dispatch);
}

int reboot_strength(enum reboot_kind kind)
{
    static const int strength[REBOOT_KIND_N] = {
        [REBOOT_SOFT] = 0, [REBOOT_SOFT_FIRST] = 1, [REBOOT_FORCE] = 1, [REBOOT_HARD] = 2};
    return strength[kind];
}
