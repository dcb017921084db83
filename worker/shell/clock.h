/* SPDX-License-Identifier: Apache-2.0
 *
 * The one file that reads clocks.
 */
#ifndef WORKER_SHELL_CLOCK_H
#define WORKER_SHELL_CLOCK_H

#include "core/engine.h"

struct now clock_now(void);

#endif
