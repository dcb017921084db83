/* SPDX-License-Identifier: Apache-2.0
 *
 * Before an input partition is read: is it still the one that was read before? The control topic
 * remembers one of its records; another one in that place, or a topic that ends before it, is a
 * topic that was made anew, whose requests would be taken for ones that were applied long ago. */
#include "base/check.h"
#include "shell/worker_impl.h"

static const char renewed[] =
    "the topic is not the one that was read before: what stood at a remembered offset is gone or "
    "differs. If it was made anew on purpose, declare it: write {\"action\": \"input-renewed\", "
    "\"topic\": ...} to the control topic (topics.control)";

static struct reader_at at(int32_t partition)
{
    return (struct reader_at){TOPIC_REQUESTS, partition};
}

static void look_at(struct worker *worker, int32_t partition, enum input_check check,
                    int64_t offset)
{
    struct fault fault;
    worker->inputs[partition].check = check;
    if (reader_start(worker->reader, at(partition), offset, &fault) != ERR_OK)
        input_stop_one(worker, partition, fault.text);
}

bool input_check_begin(struct worker *worker, int32_t partition)
{
    const struct fingerprint *seen = control_seen(worker->control, partition);
    if (seen == NULL)
        return false;
    look_at(worker, partition, CHECK_RECORD, seen->offset);
    return true;
}

static bool is_same(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->time_ms == b->time_ms && a->checksum == b->checksum;
}

/* The record itself is looked for. When its place is deleted the topic may still be the same one,
 * trimmed by its retention: then it begins behind that place. */
static void judge(struct worker *worker, const struct reader_event *event,
                  const struct fingerprint *seen)
{
    int32_t partition = event->at.partition;
    bool record_there = event->type == READER_RECORD && event->offset == seen->offset;
    const struct fingerprint found =
        record_there ? control_fingerprint(event) : (struct fingerprint){0};
    bool passed = record_there ? is_same(&found, seen) : event->offset > seen->offset;
    if (passed) {
        worker->inputs[partition].check = CHECK_NONE;
        input_start(worker, partition);
    } else {
        input_stop_one(worker, partition, renewed);
    }
}

void input_check_read(struct worker *worker, const struct reader_event *event)
{
    int32_t partition = event->at.partition;
    const struct fingerprint *seen = control_seen(worker->control, partition);
    PRE(seen != NULL);
    switch (event->type) {
    case READER_RECORD:
    case READER_EOF:
        judge(worker, event, seen);
        break;
    case READER_GONE:
        if (worker->inputs[partition].check == CHECK_RECORD)
            look_at(worker, partition, CHECK_BEGINNING, READER_BEGINNING);
        else
            input_lost(worker, event);
        break;
    case READER_FAILED:
        input_lost(worker, event);
        break;
    }
}
