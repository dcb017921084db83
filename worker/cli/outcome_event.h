/* SPDX-License-Identifier: Apache-2.0
 *
 * An event of the results topic as its readers see it, and how it is shown: a line of columns for a
 * person, or its value, one JSON object a line, for a program.
 */
#ifndef WORKER_CLI_OUTCOME_EVENT_H
#define WORKER_CLI_OUTCOME_EVENT_H

#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* Views borrow from root and from the message. Texts that are null are VIEW_NONE. */
struct outcome_event {
    json_t *root; /* owned */
    struct view value;
    struct view request_id;
    struct view instance_id;
    struct view status;
    struct view served_by;
    struct view error_code;
    struct view error_message;
    bool final;
    bool dry_run;
    int64_t attempts;
    int64_t time_ms;          /* ce_time, else the record's */
    int32_t source_partition; /* of the request's record; -1: none */
    int64_t source_offset;
};

/* ERR_INVALID: the record is no outcome event; there is nothing to release then. */
MUST_USE enum err outcome_event_read(const rd_kafka_message_t *message, struct outcome_event *event,
                                     struct fault *fault);
void outcome_event_release(struct outcome_event *event);

/* How events are shown. Columns grow with what they hold. */
struct outcome_printer {
    bool json;
    bool began; /* the names of the columns are out */
    int instance_width;
    int request_width;
};

struct outcome_printer outcome_printer_init(bool json);
/* To stdout, flushed. False: stdout is closed or full. */
bool outcome_print(struct outcome_printer *printer, const struct outcome_event *event);

#endif
