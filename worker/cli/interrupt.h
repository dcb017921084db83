/* SPDX-License-Identifier: Apache-2.0
 *
 * Ctrl-C and SIGTERM for subcommands that wait: the first asks to stop, a second ends at once.
 */
#ifndef WORKER_CLI_INTERRUPT_H
#define WORKER_CLI_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupt_came(void);

#endif
