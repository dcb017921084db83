/* SPDX-License-Identifier: Apache-2.0
 *
 * Before a partition of requests or tasks is read: is it still the one that was read before? The
 * control topic remembers one of its records (shell/control.h); another one in that place, or a
 * topic that ends before it, is a topic that was made anew, whose records would be taken for ones
 * that were applied long ago.
 */
#ifndef WORKER_SHELL_TOPIC_CHECK_H
#define WORKER_SHELL_TOPIC_CHECK_H

#include "shell/reader.h"
#include "wire/control_json.h"

enum topic_stage {
    CHECK_NONE = 0,  /* it is, or nothing is known of it */
    CHECK_RECORD,    /* the record that is remembered is looked for */
    CHECK_BEGINNING, /* its place is deleted: where does the partition begin? */
};

/* A partition's check, under way or over. */
struct topic_check {
    enum topic_stage stage;
    struct fingerprint seen; /* what is looked for */
    int64_t from;            /* where to read, once the check is passed */
};

enum topic_verdict {
    TOPIC_IS_SAME = 1,
    TOPIC_IS_OTHER,
    TOPIC_BEGINS_WHERE, /* look at its beginning */
    TOPIC_UNREADABLE,   /* the event says why */
};

struct fingerprint topic_fingerprint(const struct reader_event *record);
/* seen NULL: nothing is known of it, and there is nothing to check. Returns where to start a
 * reader: at `from`, or at what is looked for. */
int64_t topic_check_begin(struct topic_check *check, const struct fingerprint *seen, int64_t from);
/* What the reader's first event says, until the check is over. TOPIC_BEGINS_WHERE: start it at the
 * beginning. */
enum topic_verdict topic_check_judge(struct topic_check *check, const struct reader_event *event);

#endif
