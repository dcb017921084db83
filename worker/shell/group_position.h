/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose a committed position of the requests is: it says whose tasks they were made into.
 *
 * A group that two pools share by mistake would have one of them skip what the other has read.
 */
#ifndef WORKER_SHELL_GROUP_POSITION_H
#define WORKER_SHELL_GROUP_POSITION_H

#include <librdkafka/rdkafka.h>

#include "base/err.h"

/* Signs a position that is to be committed; without memory it stays anybody's. */
void group_position_sign(rd_kafka_topic_partition_t *position, const char *tasks);
/* ERR_CONFIG: it is that of a pool with other topics. Positions that were set by hand, with an
 * administrator's tools, are anybody's. */
MUST_USE enum err group_position_check(const rd_kafka_topic_partition_t *position,
                                       const char *group_id, const char *tasks,
                                       struct fault *fault);

#endif
