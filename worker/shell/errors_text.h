/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/errors.md: every error code that an outcome or a dead letter can carry, from the tables that
 * the worker itself goes by.
 */
#ifndef WORKER_SHELL_ERRORS_TEXT_H
#define WORKER_SHELL_ERRORS_TEXT_H

#include "base/bytes.h"

/* Appends the page, Markdown. ERR_LIMIT: out is full. */
MUST_USE enum err errors_reference(struct buf *out);

#endif
