/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/states.md: the phases of an entry and what leads from one to another, from the table that
 * every move is checked against (core/phase.h).
 */
#ifndef WORKER_SHELL_STATES_TEXT_H
#define WORKER_SHELL_STATES_TEXT_H

#include "base/bytes.h"

/* Appends the page, Markdown with a mermaid diagram. ERR_LIMIT: out is full. */
MUST_USE enum err states_reference(struct buf *out);

#endif
