/* SPDX-License-Identifier: Apache-2.0
 *
 * The next format of ledger records, as a release to come may write them: with one field more,
 * which this release does not know. The rest is the same, or there would be nothing to compare.
 */
#ifndef TESTS_SIM_FORMAT_H
#define TESTS_SIM_FORMAT_H

#include "wire/record_codec.h"

#include "arena.h"

struct sim;
struct stored;

enum { NEXT_FORMAT = LEDGER_FORMAT + 1 };

/* Into sim->bytes. A program that writes the next format says so in its claims. */
MUST_USE enum err format_encode(struct sim *sim, uint32_t writes, const struct record *record,
                                struct fault *fault);
/* As this release would have written them. */
struct view format_plain(struct arena *arena, struct view bytes);
/* By a program that reads formats up to this one; as record_decode. */
MUST_USE enum err format_decode(const struct stored *stored, uint32_t reads,
                                struct record_scratch *scratch, struct record *record_out,
                                struct fault *fault);

#endif
