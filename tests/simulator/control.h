/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulator's own endpoints under /_sim/: what happened, and what shall.
 */
#ifndef TESTS_SIMULATOR_CONTROL_H
#define TESTS_SIMULATOR_CONTROL_H

#include "sim.h"

void control_answer(struct sim *sim, const struct request *request, struct answer *answer);

#endif
