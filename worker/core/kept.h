/* SPDX-License-Identifier: Apache-2.0
 *
 * An outcome that is kept: the last word on a closed request, or an event that waits for its
 * acknowledgement. One block, so that a million of them stay cheap.
 */
#ifndef WORKER_CORE_KEPT_H
#define WORKER_CORE_KEPT_H

#include <stddef.h>

#include "base/pool.h"
#include "core/outcome.h"

struct kept;

/* A copy of the outcome, texts and all, with one holder. */
struct kept *kept_make(struct pool *pool, const struct outcome *outcome);
/* One holder more; kept_drop takes one away and frees after the last. NULL is ignored by drop. */
struct kept *kept_share(struct kept *kept);
void kept_drop(struct pool *pool, struct kept *kept);
/* Views point into the kept block. */
void kept_outcome(const struct kept *kept, struct outcome *out);
struct view kept_request_id(const struct kept *kept);
size_t kept_bytes(const struct kept *kept);

#endif
