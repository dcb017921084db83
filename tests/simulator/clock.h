/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks: one for durations, one for what the world calls the time.
 */
#ifndef TESTS_SIMULATOR_CLOCK_H
#define TESTS_SIMULATOR_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);

#endif
