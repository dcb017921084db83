/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's state as JSON (docs/operations.md), and as a page for a person.
 */
#ifndef WORKER_SHELL_WORKER_STATUS_H
#define WORKER_SHELL_WORKER_STATUS_H

#include <jansson.h>

#include "shell/worker_impl.h"

/* A new value; NULL: no memory. */
json_t *status_json(const struct worker *worker, const struct metrics_view *view);
json_t *status_checks(const struct readiness *readiness);
/* Tasks behind the cursor of a partition that is owned, as far as is known. */
int64_t status_tasks_lag(const struct worker *worker, int32_t partition, int64_t cursor);
/* The page of what status_json made: self-contained, without a script; it asks to be loaded again.
 */
MUST_USE enum err status_page(json_t *status, struct buf *out);

#endif
