/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/image_codec.h"

#include "core/phase.h"
#include "wire/record_ranges.h"

static void visit_source(struct visit *visit, struct source *source)
{
    visit_i32(visit, "source", &source->partition);
    visit_u32(visit, "source", any_u32, &source->generation);
    visit_i64(visit, "source", &source->offset);
    visit_i32(visit, "source", &source->index);
}

static void visit_request(struct visit *visit, struct image_request *request)
{
    static const struct {
        const char *field;
        const struct range *range;
    } texts[REQUEST_TEXT_N] = {
        [REQUEST_ID] = {"requestId", &request_id_range},
        [REQUEST_REGION] = {"region", &region_range},
        [REQUEST_BY] = {"requestedBy", &note_range},
        [REQUEST_REASON] = {"reason", &note_range},
        [REQUEST_TRACEPARENT] = {"traceparent", &traceparent_range},
        [REQUEST_TRACESTATE] = {"tracestate", &tracestate_range},
    };
    int64_t base_ms = request->accepted_ms;
    visit_i64(visit, "accepted", &base_ms);
    request->accepted_ms = base_ms;
    visit_time(visit, "requestedAt", base_ms, &request->requested_ms);
    visit_time(visit, "servesAfter", base_ms, &request->serves_after_ms);
    visit_time(visit, "notBefore", base_ms, &request->not_before_ms);
    visit_time(visit, "expiresAt", base_ms, &request->expires_ms);
    visit_i64(visit, "applied", &request->applied);
    visit_source(visit, &request->source);
    visit_u32(visit, "attempts", any_u32, &request->attempts);
    visit_u32(visit, "strikes", (struct range){0, UINT16_MAX}, &request->strikes);
    visit_u32(visit, "kind", kind_range, &request->kind);
    visit_u32(visit, "flags", (struct range){0, UINT8_MAX}, &request->flags);
    for (int i = 0; i < REQUEST_TEXT_N; i++)
        visit_text(visit, texts[i].field, *texts[i].range, &request->texts[i]);
}

static void visit_word_texts(struct visit *visit, struct outcome *word)
{
    visit_text(visit, "requestId", request_id_range, &word->request_id);
    visit_text(visit, "region", region_range, &word->region);
    visit_text(visit, "requestedBy", note_range, &word->requested_by);
    visit_text(visit, "reason", note_range, &word->reason);
    visit_text(visit, "servedBy", (struct range){0, REQUEST_ID_DEFAULT_BYTES_MAX},
               &word->served_by);
    visit_text(visit, "api request id", api_id_range, &word->api_request_id);
    visit_text(visit, "error code", code_range, &word->error_code);
    visit_text(visit, "error message", message_range, &word->error_message);
    visit_text(visit, "worker", name_range, &word->worker);
    visit_text(visit, "traceparent", traceparent_range, &word->traceparent);
    visit_text(visit, "tracestate", tracestate_range, &word->tracestate);
}

/* The last word on a closed request; it is of the image's instance, and final. */
static void visit_closed(struct visit *visit, struct image_closed *closed)
{
    struct outcome *word = &closed->last_word;
    visit_i64(visit, "time", &word->time_ms);
    visit_time(visit, "forget", word->time_ms, &closed->forget_ms);
    word->status = visit_word(visit, "status",
                              (struct range){OUTCOME_ACCEPTED, OUTCOME_STATUS_N - 1}, word->status);
    visit_bool(visit, "dryRun", &word->dry_run);
    word->confirmed_by =
        visit_word(visit, "confirmedBy", (struct range){CONFIRMED_NONE, CONFIRMED_ABSENCE},
                   word->confirmed_by);
    word->error_source = visit_word(visit, "error source", (struct range){ERROR_NONE, ERROR_WORKER},
                                    word->error_source);
    visit_u32(visit, "attempts", any_u32, &word->attempts);
    visit_i64(visit, "revision", &word->revision);
    visit_time(visit, "requestedAt", word->time_ms, &word->requested_ms);
    visit_time(visit, "acceptedAt", word->time_ms, &word->accepted_ms);
    visit_time(visit, "dispatchedAt", word->time_ms, &word->dispatched_ms);
    visit_time(visit, "finishedAt", word->time_ms, &word->finished_ms);
    visit_source(visit, &word->source);
    visit_u64(visit, "dispatch", &word->dispatch.nonce);
    visit_u64(visit, "dispatch", &word->dispatch.count);
    visit_u32(visit, "batch size", any_u32, &word->batch_size);
    visit_word_texts(visit, word);
}

static void visit_reboot(struct visit *visit, struct image_reboot *reboot)
{
    visit_bool(visit, "reboot", &reboot->is_set);
    if (!reboot->is_set)
        return;
    visit_u64(visit, "dispatch", &reboot->dispatch.nonce);
    visit_u64(visit, "dispatch", &reboot->dispatch.count);
    visit_i64(visit, "started", &reboot->started_ms);
    visit_i64(visit, "intent", &reboot->intent);
    visit_i64(visit, "signature time", &reboot->sign_s);
    visit_u32(visit, "batch size", any_u32, &reboot->batch_size);
    visit_u32(visit, "kind", kind_range, &reboot->kind);
    visit_u32(visit, "confirmedBy", (struct range){CONFIRMED_NONE, CONFIRMED_ABSENCE},
              &reboot->confirmed_by);
    visit_text(visit, "api request id", api_id_range, &reboot->api_request_id);
    visit_text(visit, "leader", (struct range){0, REQUEST_ID_DEFAULT_BYTES_MAX}, &reboot->leader);
}

/* The images of one record, and how much of each list they have used. */
struct images {
    struct image_room *room; /* NULL when writing */
    uint32_t request_n;
    uint32_t closed_n;
    uint32_t early_n;
};

/* The length of a list, which must fit behind the `used` ones of the images before. Returns where
 * the list begins. */
static uint32_t visit_count(struct visit *visit, const char *field, uint32_t max, uint32_t *used,
                            uint32_t *n)
{
    uint32_t first = *used;
    visit_u32(visit, field, (struct range){0, max - first}, n);
    if (visit->err != ERR_OK)
        *n = 0;
    *used += *n;
    return first;
}

static void visit_requests(struct visit *visit, struct image *image, struct images *all)
{
    uint32_t first =
        visit_count(visit, "requests", IMAGE_REQUESTS_MAX, &all->request_n, &image->request_n);
    for (uint32_t i = 0; i < image->request_n; i++) {
        struct image_request request = {0};
        if (!visit_reads(visit))
            request = image->requests[i];
        visit_request(visit, &request);
        if (visit_reads(visit))
            all->room->requests[first + i] = request;
    }
    if (visit_reads(visit))
        image->requests = &all->room->requests[first];
}

static void visit_all_closed(struct visit *visit, struct image *image, struct images *all)
{
    uint32_t first =
        visit_count(visit, "closed", IMAGE_CLOSED_MAX, &all->closed_n, &image->closed_n);
    for (uint32_t i = 0; i < image->closed_n; i++) {
        struct image_closed closed = {.last_word = {.status = OUTCOME_ACCEPTED}};
        if (!visit_reads(visit))
            closed = image->closed[i];
        visit_closed(visit, &closed);
        closed.last_word.final = true;
        closed.last_word.instance_id = image->instance_id;
        if (visit_reads(visit))
            all->room->closed[first + i] = closed;
    }
    if (visit_reads(visit))
        image->closed = &all->room->closed[first];
}

static void visit_early(struct visit *visit, struct image *image, struct images *all)
{
    uint32_t first = visit_count(visit, "early", IMAGE_EARLY_MAX, &all->early_n, &image->early_n);
    for (uint32_t i = 0; i < image->early_n; i++) {
        struct image_early early = {0};
        if (!visit_reads(visit))
            early = image->early[i];
        visit_i64(visit, "expiresAt", &early.expires_ms);
        visit_text(visit, "requestId", request_id_range, &early.request_id);
        if (visit_reads(visit))
            all->room->early[first + i] = early;
    }
    if (visit_reads(visit))
        image->early = &all->room->early[first];
}

/* What a phase demands; a record that lacks it is no image of an entry. */
static void check(struct visit *visit, const struct image *image)
{
    bool flies = image->phase != ENTRY_CLOSED && image->phase != ENTRY_WAITING;
    if ((flies && !image->flight.is_set) ||
        (image->phase != ENTRY_CLOSED) != (image->request_n > 0))
        visit_refuse(visit, "phase");
}

static void visit_image(struct visit *visit, struct image *image, struct images *all)
{
    visit_text(visit, "instanceId", id_range, &image->instance_id);
    visit_u32(visit, "phase", (struct range){ENTRY_CLOSED, ENTRY_PHASE_N - 1}, &image->phase);
    visit_u32(visit, "taint", (struct range){TAINT_NONE, TAINT_LOST}, &image->taint);
    visit_time(visit, "next", 0, &image->next_ms);
    visit_reboot(visit, &image->flight);
    for (int i = 0; i < IMAGE_REBOOTS_MAX; i++) {
        visit_reboot(visit, &image->reboots[i]);
        if (!image->reboots[i].is_set)
            break;
    }
    image->error_source = visit_word(visit, "error source",
                                     (struct range){ERROR_NONE, ERROR_WORKER}, image->error_source);
    if (image->error_source != ERROR_NONE) {
        visit_text(visit, "error code", code_range, &image->error_code);
        visit_text(visit, "error message", message_range, &image->error_message);
    }
    visit_requests(visit, image, all);
    visit_all_closed(visit, image, all);
    visit_early(visit, image, all);
    check(visit, image);
}

void visit_images(struct visit *visit, const struct image **images, uint32_t *image_n,
                  struct image_room *room)
{
    struct images all = {.room = room};
    visit_u32(visit, "images", (struct range){1, IMAGES_MAX}, image_n);
    for (uint32_t i = 0; i < *image_n && visit->err == ERR_OK; i++) {
        struct image image = visit_reads(visit) ? (struct image){0} : (*images)[i];
        visit_image(visit, &image, &all);
        if (visit_reads(visit))
            room->images[i] = image;
    }
    if (visit_reads(visit))
        *images = room->images;
}
