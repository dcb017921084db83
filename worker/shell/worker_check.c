/* SPDX-License-Identifier: Apache-2.0
 *
 * Before an input partition is read: is it still the one that was read before
 * (shell/topic_check.h)? */
#include "shell/worker_impl.h"

static const char renewed[] =
    "the topic is not the one that was read before: what stood at a remembered offset is gone or "
    "differs. If it was made anew on purpose, declare it: write {\"action\": \"input-renewed\", "
    "\"topic\": ...} to the control topic (topics.control)";

static struct reader_at at(int32_t partition)
{
    return (struct reader_at){TOPIC_REQUESTS, partition};
}

static void look_at(struct worker *worker, int32_t partition, int64_t offset)
{
    struct fault fault;
    if (reader_start(worker->reader, at(partition), offset, &fault) != ERR_OK)
        input_stop_one(worker, partition, fault.text);
}

void input_check(struct worker *worker, int32_t partition, int64_t from)
{
    struct topic_check *check = &worker->inputs[partition].check;
    int64_t offset = topic_check_begin(check, control_seen(worker->control, at(partition)), from);
    if (check->stage == CHECK_NONE)
        input_start(worker, partition);
    else
        look_at(worker, partition, offset);
}

void input_check_read(struct worker *worker, const struct reader_event *event)
{
    int32_t partition = event->at.partition;
    switch (topic_check_judge(&worker->inputs[partition].check, event)) {
    case TOPIC_IS_SAME:
        input_start(worker, partition);
        break;
    case TOPIC_IS_OTHER:
        input_stop_one(worker, partition, renewed);
        break;
    case TOPIC_BEGINS_WHERE:
        look_at(worker, partition, READER_BEGINNING);
        break;
    case TOPIC_UNREADABLE:
        input_lost(worker, event);
        break;
    }
}
