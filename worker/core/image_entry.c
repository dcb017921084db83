/* SPDX-License-Identifier: Apache-2.0 */
#include "core/image_entry.h"

#include <string.h>

#include "base/check.h"

/* ---- taking ---- */

static void take_request(const struct request *req, struct image_request *out)
{
    *out = (struct image_request){
        .requested_ms = req->requested_ms,
        .serves_after_ms = req->serves_after_ms,
        .not_before_ms = req->not_before_ms,
        .expires_ms = req->expires_ms,
        .accepted_ms = req->accepted_ms,
        .applied = req->applied,
        .source = req->source,
        .attempts = req->attempts,
        .strikes = req->strikes,
        .kind = req->kind,
        .flags = req->flags,
    };
    for (int i = 0; i < REQUEST_TEXT_N; i++)
        out->texts[i] = request_text(req, (enum request_text)i);
}

static struct image_reboot take_flight(const struct flight *flight)
{
    if (flight == NULL)
        return (struct image_reboot){0};
    return (struct image_reboot){
        .is_set = true,
        .dispatch = flight->dispatch,
        .started_ms = flight->started_ms,
        .intent = flight->intent,
        .sign_s = flight->sign_s,
        .batch_size = flight->batch_size,
        .kind = flight->kind,
        .api_request_id = {flight->api_request_id, flight->api_request_id_n},
    };
}

static struct image_reboot take_reboot(const struct reboot *reboot)
{
    return (struct image_reboot){
        .is_set = true,
        .dispatch = reboot->dispatch,
        .started_ms = reboot->started_ms,
        .intent = reboot->intent,
        .batch_size = reboot->batch_size,
        .kind = reboot->kind,
        .confirmed_by = reboot->confirmed_by,
        .api_request_id = {reboot->text, reboot->api_request_id_n},
        .leader = {reboot->text + reboot->api_request_id_n, reboot->leader_n},
    };
}

static void take_lists(const struct entry *entry, struct image_room *room, struct image *image)
{
    image->requests = &room->requests[room->request_n];
    image->closed = &room->closed[room->closed_n];
    image->early = &room->early[room->early_n];
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        take_request(req, &room->requests[room->request_n++]);
    for (const struct closed *closed = entry->closed; closed != NULL; closed = closed->next) {
        struct image_closed *out = &room->closed[room->closed_n++];
        out->forget_ms = closed->forget_ms;
        kept_outcome(closed->last_word, &out->last_word);
    }
    for (const struct early *early = entry->early; early != NULL; early = early->next)
        room->early[room->early_n++] = (struct image_early){.expires_ms = early->expires_ms,
                                                            .request_id = {early->id, early->id_n}};
    image->request_n = entry->open_n;
    image->closed_n = entry->closed_n;
    image->early_n = entry->early_n;
}

bool image_take(const struct entry *entry, struct image_room *room)
{
    if (room->image_n == IMAGES_MAX || room->request_n + entry->open_n > IMAGE_REQUESTS_MAX ||
        room->closed_n + entry->closed_n > IMAGE_CLOSED_MAX ||
        room->early_n + entry->early_n > IMAGE_EARLY_MAX)
        return false;
    struct image *image = &room->images[room->image_n++];
    *image = (struct image){
        .instance_id = entry_id(entry),
        .phase = entry->phase,
        .taint = entry->taint,
        .next_ms = entry->next_ms,
        .flight = take_flight(entry->flight),
    };
    uint32_t reboot_n = 0;
    for (const struct reboot *reboot = entry->reboots; reboot != NULL; reboot = reboot->older) {
        CHECK(reboot_n < IMAGE_REBOOTS_MAX);
        image->reboots[reboot_n++] = take_reboot(reboot);
    }
    if (entry->error != NULL) {
        image->error_source = entry->error->source;
        image->error_code = last_error_code(entry->error);
        image->error_message = last_error_message(entry->error);
    }
    take_lists(entry, room, image);
    return true;
}

size_t image_bytes(const struct image *image)
{
    enum { HEAD = 96, PER_REBOOT = 48, PER_REQUEST = 64, PER_CLOSED = 96, PER_EARLY = 12 };
    size_t bytes = HEAD + image->instance_id.n + image->error_code.n + image->error_message.n;
    if (image->flight.is_set)
        bytes += PER_REBOOT + image->flight.api_request_id.n;
    for (int i = 0; i < IMAGE_REBOOTS_MAX && image->reboots[i].is_set; i++)
        bytes += PER_REBOOT + image->reboots[i].api_request_id.n + image->reboots[i].leader.n;
    for (uint32_t i = 0; i < image->request_n; i++) {
        bytes += PER_REQUEST;
        for (int text = 0; text < REQUEST_TEXT_N; text++)
            bytes += image->requests[i].texts[text].n;
    }
    for (uint32_t i = 0; i < image->closed_n; i++) {
        const struct outcome *word = &image->closed[i].last_word;
        bytes += PER_CLOSED + word->request_id.n + word->region.n + word->requested_by.n +
                 word->reason.n + word->served_by.n + word->api_request_id.n + word->error_code.n +
                 word->error_message.n + word->worker.n + word->traceparent.n + word->tracestate.n;
    }
    for (uint32_t i = 0; i < image->early_n; i++)
        bytes += PER_EARLY + image->early[i].request_id.n;
    return bytes;
}

/* ---- restoring ---- */

static void restore_requests(struct pool *pool, struct entry *entry, const struct image *image)
{
    struct request **tail = &entry->open;
    for (uint32_t i = 0; i < image->request_n; i++) {
        const struct image_request *from = &image->requests[i];
        struct task_op op = {
            .task = {.kind = (enum reboot_kind)from->kind,
                     .source = from->source,
                     .requested_ms = from->requested_ms,
                     .not_before_ms = from->not_before_ms,
                     .expires_ms = from->expires_ms,
                     .request_id = from->texts[REQUEST_ID],
                     .region = from->texts[REQUEST_REGION],
                     .requested_by = from->texts[REQUEST_BY],
                     .reason = from->texts[REQUEST_REASON],
                     .traceparent = from->texts[REQUEST_TRACEPARENT],
                     .tracestate = from->texts[REQUEST_TRACESTATE]},
            .serves_after_ms = from->serves_after_ms,
        };
        struct request *req = request_make(pool, &op);
        req->accepted_ms = from->accepted_ms;
        req->applied = from->applied;
        req->attempts = from->attempts;
        req->strikes = (uint16_t)from->strikes;
        req->flags = (uint8_t)from->flags;
        *tail = req;
        tail = &req->next;
        entry->open_n++;
        entry->bytes += (uint32_t)request_bytes(req);
    }
}

static void restore_flight(struct pool *pool, struct entry *entry, const struct image_reboot *from)
{
    if (!from->is_set)
        return;
    struct flight flight = {
        .dispatch = from->dispatch,
        .started_ms = from->started_ms,
        .intent = from->intent,
        .sign_s = from->sign_s,
        .batch_size = from->batch_size,
        .kind = (uint8_t)from->kind,
        .api_request_id_n = (uint8_t)from->api_request_id.n,
    };
    PRE(from->api_request_id.n <= sizeof flight.api_request_id);
    if (from->api_request_id.n > 0)
        memcpy(flight.api_request_id, from->api_request_id.p, from->api_request_id.n);
    entry_set_flight(pool, entry, &flight);
}

static void restore_reboot(struct pool *pool, struct entry *entry, const struct image_reboot *from)
{
    entry_add_reboot(pool, entry,
                     &(struct reboot){.started_ms = from->started_ms,
                                      .intent = from->intent,
                                      .dispatch = from->dispatch,
                                      .batch_size = from->batch_size,
                                      .kind = (uint8_t)from->kind,
                                      .confirmed_by = (uint8_t)from->confirmed_by},
                     from->api_request_id, from->leader);
}

struct entry *image_restore(struct table *table, const struct image *image)
{
    struct pool *pool = table->pool;
    struct entry *entry = table_need(table, image->instance_id);
    CHECK(entry->open == NULL && entry->closed == NULL && entry->early == NULL);
    entry->phase = (uint8_t)image->phase;
    entry->taint = (uint8_t)image->taint;
    entry->next_ms = image->next_ms;
    restore_requests(pool, entry, image);
    for (uint32_t i = 0; i < image->closed_n; i++)
        entry_add_closed(pool, entry, kept_make(pool, &image->closed[i].last_word),
                         image->closed[i].forget_ms);
    for (uint32_t i = 0; i < image->early_n; i++)
        entry_add_early(pool, entry, image->early[i].request_id, image->early[i].expires_ms);
    restore_flight(pool, entry, &image->flight);
    for (int i = 0; i < IMAGE_REBOOTS_MAX && image->reboots[i].is_set; i++)
        restore_reboot(pool, entry, &image->reboots[i]);
    entry_set_error(pool, entry, image->error_source, image->error_code, image->error_message);
    return entry;
}
