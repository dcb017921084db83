/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments and spans as types that do not mix.
 *
 * struct instant is a moment on the machine's boot-time clock (CLOCK_BOOTTIME: it counts while the
 * machine is suspended), in microseconds. Wall-clock moments are int64_t milliseconds since 1970
 * UTC in variables ending in `_ms` (Kafka's unit), used for log times, signing and output only;
 * TIME_NONE says "no such moment".
 */
#ifndef WORKER_BASE_INSTANT_H
#define WORKER_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

struct instant {
    int64_t us;
};

#define TIME_NONE     INT64_MIN
#define INSTANT_NEVER ((struct instant){INT64_MAX})

/* now + ms, saturating at INSTANT_NEVER. ms >= 0. */
static inline struct instant instant_after_ms(struct instant now, int64_t ms)
{
    if (ms >= (INT64_MAX - now.us) / 1000)
        return INSTANT_NEVER;
    return (struct instant){now.us + ms * 1000};
}

static inline bool instant_reached(struct instant now, struct instant when)
{
    return now.us >= when.us;
}

static inline struct instant instant_earlier(struct instant a, struct instant b)
{
    return a.us < b.us ? a : b;
}

static inline int64_t instant_ms_between(struct instant from, struct instant to)
{
    return (to.us - from.us) / 1000;
}

#endif
