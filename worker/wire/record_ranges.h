/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits of the texts in ledger records, in bytes; the engine keeps them when it makes a record.
 */
#ifndef WORKER_WIRE_RECORD_RANGES_H
#define WORKER_WIRE_RECORD_RANGES_H

#include "core/task.h"
#include "wire/visit.h"

enum {
    RECORD_NAME_BYTES_MAX = 255, /* pool, worker */
    RECORD_CODE_BYTES_MAX = 128,
    RECORD_MESSAGE_BYTES_MAX = 512,
    RECORD_API_REQUEST_ID_BYTES_MAX = 64,
};

static const struct range any_u32 = {0, UINT32_MAX};
static const struct range id_range = {1, INSTANCE_ID_BYTES_MAX};
static const struct range request_id_range = {1, REQUEST_ID_DEFAULT_BYTES_MAX};
static const struct range region_range = {0, REGION_BYTES_MAX};
static const struct range note_range = {0, NOTE_BYTES_MAX};
static const struct range traceparent_range = {0, TRACEPARENT_BYTES_MAX};
static const struct range tracestate_range = {0, TRACESTATE_BYTES_MAX};
static const struct range name_range = {0, RECORD_NAME_BYTES_MAX};
static const struct range code_range = {0, RECORD_CODE_BYTES_MAX};
static const struct range message_range = {0, RECORD_MESSAGE_BYTES_MAX};
static const struct range api_id_range = {0, RECORD_API_REQUEST_ID_BYTES_MAX};
static const struct range kind_range = {REBOOT_SOFT, REBOOT_FORCE};

#endif
