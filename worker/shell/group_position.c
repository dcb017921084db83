/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/group_position.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static const char tasks_prefix[] = "tasks=";

void group_position_sign(rd_kafka_topic_partition_t *position, const char *tasks)
{
    size_t n = sizeof tasks_prefix - 1 + strlen(tasks);
    char *text = malloc(n + 1); /* librdkafka frees it */
    if (text == NULL)
        return;
    (void)snprintf(text, n + 1, "%s%s", tasks_prefix, tasks);
    position->metadata = text;
    position->metadata_size = n;
}

static bool is_ours(const rd_kafka_topic_partition_t *position, const char *tasks)
{
    const size_t prefix_n = sizeof tasks_prefix - 1;
    struct view text = {position->metadata, position->metadata_size};
    if (text.n < prefix_n || memcmp(text.p, tasks_prefix, prefix_n) != 0)
        return true;
    return view_is((struct view){text.p + prefix_n, text.n - prefix_n}, tasks);
}

enum err group_position_check(const rd_kafka_topic_partition_t *position, const char *group_id,
                              const char *tasks, struct fault *fault)
{
    if (is_ours(position, tasks))
        return ERR_OK;
    return fault_set(fault, ERR_CONFIG,
                     "the position of group %s in %s/%" PRId32
                     " is that of a pool with other topics (%.*s; here: %s): give this pool a "
                     "`group` of its own, or, to begin anew on purpose, set the group's offsets",
                     group_id, position->topic, position->partition, (int)position->metadata_size,
                     (const char *)position->metadata, tasks);
}
