/* SPDX-License-Identifier: Apache-2.0
 *
 * A file named on the command line, read whole; "-" is stdin.
 */
#ifndef WORKER_CLI_FILE_H
#define WORKER_CLI_FILE_H

#include "base/bytes.h"

/* Appends to out. ERR_SYSTEM: cannot be opened or read; ERR_LIMIT: over out's ceiling. */
MUST_USE enum err file_read(const char *path, struct buf *out, struct fault *fault);

#endif
