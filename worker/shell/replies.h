/* SPDX-License-Identifier: Apache-2.0
 *
 * REPLY records until they are stored.
 *
 * The engine has done with a REPLY once it is handed over: whoever owns the partition by now needs
 * it, and only this worker has it. So one whose append failed is appended again, as long as the
 * worker lives. (It has no place in a sequence: late or twice does no harm. One that is lost all
 * the same costs its reader a look at the instances.)
 */
#ifndef WORKER_SHELL_REPLIES_H
#define WORKER_SHELL_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum { REPLIES_KEPT_MAX = 64, REPLIES_BYTES_MAX = 4 << 20 }; /* more are not kept */

struct reply {
    int32_t partition;
    uint64_t ticket;
    struct view bytes; /* lives until the next call of any function here */
};

struct replies;

/* NULL: no memory. */
struct replies *replies_open(void);
/* It is on its way. Copies the bytes; beyond the limits it is not kept. */
void replies_keep(struct replies *replies, const struct reply *reply);
/* What became of the append with this ticket, whoever's it is. True: it was one that is repeated
 * here, and nobody else is to be told. */
bool replies_report(struct replies *replies, uint64_t ticket, bool stored);
/* The next one to append again; replies_report will say what becomes of it. False: none now. */
bool replies_next(struct replies *replies, struct reply *reply_out);
/* Is none on its way, or to be repeated? */
bool replies_are_stored(const struct replies *replies);
/* NULL is ignored. */
void replies_close(struct replies *replies);

#endif
