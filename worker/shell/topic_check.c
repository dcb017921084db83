/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/topic_check.h"

#include "base/check.h"
#include "base/crc32c.h"
#include "base/instant.h"

struct fingerprint topic_fingerprint(const struct reader_event *record)
{
    uint32_t checksum = crc32c(0, record->key.p, record->key.n);
    return (struct fingerprint){
        .offset = record->offset,
        .time_ms = record->timestamp_ms == TIME_NONE ? 0 : record->timestamp_ms,
        .checksum = crc32c(checksum, record->value.p, record->value.n),
    };
}

static bool is_same(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->time_ms == b->time_ms && a->checksum == b->checksum;
}

/* The record itself is looked for. When its place is deleted the topic may still be the same one,
 * trimmed: then it begins behind that place. */
enum topic_verdict topic_check_judge(enum topic_check check, const struct fingerprint *seen,
                                     const struct reader_event *event)
{
    PRE(check != CHECK_NONE);
    if (event->type == READER_FAILED || (event->type == READER_GONE && check == CHECK_BEGINNING))
        return TOPIC_UNREADABLE;
    if (event->type == READER_GONE)
        return TOPIC_BEGINS_WHERE;
    if (event->type != READER_RECORD || event->offset != seen->offset)
        return event->offset > seen->offset ? TOPIC_IS_SAME : TOPIC_IS_OTHER;
    const struct fingerprint found = topic_fingerprint(event);
    return is_same(&found, seen) ? TOPIC_IS_SAME : TOPIC_IS_OTHER;
}
