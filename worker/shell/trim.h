/* SPDX-License-Identifier: Apache-2.0
 *
 * Deleting the beginning of partitions (Kafka's DeleteRecords): what a snapshot or a cursor has
 * made needless. Nothing depends on it but the size of the topics: a deletion that fails is told
 * and not repeated; the next snapshot asks again, for more.
 */
#ifndef WORKER_SHELL_TRIM_H
#define WORKER_SHELL_TRIM_H

#include <stdint.h>

#include "base/err.h"
#include "shell/kafka_client.h"
#include "shell/reader.h"

/* What became of one deletion. */
struct trim_result {
    struct reader_at at;
    enum err err; /* ERR_OK; else fault says why */
    struct fault fault;
};

struct trim;

/* Works on the reader's connection; close it before the reader. ERR_SYSTEM: no memory. */
MUST_USE enum err trim_open(struct reader *reader, struct trim **trim_out, struct fault *fault);
/* Asks for the deletion of every record of the partition below `offset`. While TRIMS_MAX are under
 * way it is left out. */
void trim_ask(struct trim *trim, struct reader_at at, int64_t offset);
enum { TRIMS_MAX = 64 };
/* The next result, or false when there is none now. */
bool trim_next(struct trim *trim, struct trim_result *result_out);
/* NULL is ignored. */
void trim_close(struct trim *trim);

#endif
