/* SPDX-License-Identifier: Apache-2.0
 *
 * A header of a Kafka record, in both directions. A null value is VIEW_NONE.
 */
#ifndef WORKER_WIRE_KAFKA_HEADER_H
#define WORKER_WIRE_KAFKA_HEADER_H

#include "base/bytes.h"

struct kafka_header {
    struct view name;
    struct view value;
};

#endif
