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

int64_t topic_check_begin(struct topic_check *check, const struct fingerprint *seen, int64_t from)
{
    *check = (struct topic_check){.from = from};
    if (seen == NULL)
        return from;
    check->stage = CHECK_RECORD;
    check->seen = *seen;
    return seen->offset;
}

/* The record itself is looked for. When its place is deleted the topic may still be the same one,
 * trimmed: then it begins behind that place. */
static enum topic_verdict judge(const struct topic_check *check, const struct reader_event *event)
{
    const struct fingerprint *seen = &check->seen;
    if (event->type == READER_FAILED)
        return TOPIC_UNREADABLE;
    if (event->type == READER_GONE)
        return check->stage == CHECK_RECORD ? TOPIC_BEGINS_WHERE : TOPIC_UNREADABLE;
    if (event->type != READER_RECORD || event->offset != seen->offset)
        return event->offset > seen->offset ? TOPIC_IS_SAME : TOPIC_IS_OTHER;
    const struct fingerprint found = topic_fingerprint(event);
    return is_same(&found, seen) ? TOPIC_IS_SAME : TOPIC_IS_OTHER;
}

enum topic_verdict topic_check_judge(struct topic_check *check, const struct reader_event *event)
{
    PRE(check->stage != CHECK_NONE);
    enum topic_verdict verdict = judge(check, event);
    check->stage = verdict == TOPIC_BEGINS_WHERE ? CHECK_BEGINNING : CHECK_NONE;
    return verdict;
}
