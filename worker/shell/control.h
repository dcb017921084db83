/* SPDX-License-Identifier: Apache-2.0
 *
 * What the control topic remembers of the other topics, so that one that was made anew is noticed:
 * which ledger partitions have been claimed (an empty one has been lost), and a record of each
 * partition of requests and tasks (another one in its place is another topic). And what pools that
 * reboot go by, so that a dry run keeps away from it.
 *
 * The whole topic is read before the worker joins its group; afterwards records come as they are
 * written. Decides nothing: the caller compares, and stops what must stop.
 */
#ifndef WORKER_SHELL_CONTROL_H
#define WORKER_SHELL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "shell/producer.h"
#include "shell/reader.h"
#include "wire/control_json.h"

struct control_options {
    struct producer *producer; /* outlives it */
    const char *requests;      /* topic names; likewise */
    const char *ledger;
    const char *tasks;
    const char *results;
    const char *group;
    bool dry_run;
    int32_t request_partition_n;
    int32_t ledger_partition_n;
};

enum control_change {
    CONTROL_NOTHING = 0,
    CONTROL_RENEWED, /* the input topic is another one from now on: read it from its beginning */
};

enum { CONTROL_INPUT_EVERY_MS = 600000 }; /* a record of each requests partition so often */

struct control;

/* ERR_SYSTEM: no memory. */
MUST_USE enum err control_open(const struct control_options *options, struct control **control_out,
                               struct fault *fault);
/* A record or the end of the topic. ERR_INVALID: the record cannot be understood, and is skipped;
 * fault says why. */
MUST_USE enum err control_take(struct control *control, const struct reader_event *event,
                               enum control_change *change_out, struct fault *fault);
/* A report on a record of the control topic; one that failed is written again at the next occasion.
 */
void control_report(struct control *control, const struct producer_report *report);
/* Has everything been read that stood there at the start? */
bool control_is_loaded(const struct control *control);

bool control_was_claimed(const struct control *control, int32_t partition);
/* Once loaded. ERR_CONFIG: this is a dry run, and its group or one of its topics belongs to a pool
 * that reboots. */
MUST_USE enum err control_check_names(const struct control *control, struct fault *fault);
/* Ours is its first claim, perhaps: written down unless it is known; so are our names. */
void control_note_claim(struct control *control, int32_t partition);

/* How often the input topic was made anew on purpose. */
uint32_t control_generation(const struct control *control);
/* The last record of this partition of requests or tasks that was written down; NULL: none. */
const struct fingerprint *control_seen(const struct control *control, struct reader_at at);
/* A record of requests or tasks goes by: written down if it is time; of tasks, whose beginning goes
 * only when the pool has it deleted, once is enough. */
void control_note_read(struct control *control, struct instant now,
                       const struct reader_event *event);
/* NULL is ignored. */
void control_close(struct control *control);

#endif
