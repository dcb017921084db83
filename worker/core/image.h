/* SPDX-License-Identifier: Apache-2.0
 *
 * The image of an entry: all that the fold knows of one instance, as plain values, for snapshots.
 *
 * A reader that starts at a snapshot builds its entries from images and is then equal to one that
 * has read everything; so whatever is added to an entry is added here.
 */
#ifndef WORKER_CORE_IMAGE_H
#define WORKER_CORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/outcome.h"
#include "core/task.h"

enum image_limit {
    IMAGES_MAX = 256, /* in one record; beside them all their */
    IMAGE_REQUESTS_MAX = 1024,
    IMAGE_CLOSED_MAX = 1024,
    IMAGE_EARLY_MAX = 1024,
    IMAGE_REBOOTS_MAX = 3, /* of an entry: one for each strength */
};

struct image_request {
    int64_t requested_ms;
    int64_t serves_after_ms;
    int64_t not_before_ms;
    int64_t expires_ms;
    int64_t accepted_ms;
    int64_t applied;
    struct source source;
    uint32_t attempts;
    uint32_t strikes;
    uint32_t kind;
    uint32_t flags;
    struct view texts[REQUEST_TEXT_N];
};

struct image_closed {
    int64_t forget_ms;
    struct outcome last_word;
};

struct image_early {
    int64_t expires_ms;
    struct view request_id;
};

/* A flight or a reboot. */
struct image_reboot {
    bool is_set;
    struct dispatch_id dispatch;
    int64_t started_ms;
    int64_t intent;
    int64_t sign_s; /* flights only */
    uint32_t batch_size;
    uint32_t kind;
    uint32_t confirmed_by; /* reboots only */
    struct view api_request_id;
    struct view leader; /* reboots only */
};

struct image {
    struct view instance_id;
    uint32_t phase;
    uint32_t taint;
    int64_t next_ms;
    struct image_reboot flight;
    struct image_reboot reboots[IMAGE_REBOOTS_MAX]; /* the last one first; set are the first ones */
    enum error_source error_source;                 /* ERROR_NONE: no last error */
    struct view error_code;
    struct view error_message;
    const struct image_request *requests;
    uint32_t request_n;
    const struct image_closed *closed;
    uint32_t closed_n;
    const struct image_early *early;
    uint32_t early_n;
};

/* The room that the images of one record share. */
struct image_room {
    struct image images[IMAGES_MAX];
    struct image_request requests[IMAGE_REQUESTS_MAX];
    struct image_closed closed[IMAGE_CLOSED_MAX];
    struct image_early early[IMAGE_EARLY_MAX];
    uint32_t image_n;
    uint32_t request_n;
    uint32_t closed_n;
    uint32_t early_n;
};

#endif
