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

enum topic_check {
    CHECK_NONE = 0,  /* it is, or nothing is known of it */
    CHECK_RECORD,    /* the record that is remembered is looked for */
    CHECK_BEGINNING, /* its place is deleted: where does the partition begin? */
};

enum topic_verdict {
    TOPIC_IS_SAME = 1,
    TOPIC_IS_OTHER,
    TOPIC_BEGINS_WHERE, /* look at its beginning: CHECK_BEGINNING */
    TOPIC_UNREADABLE,   /* the event says why */
};

struct fingerprint topic_fingerprint(const struct reader_event *record);
/* What the first event of a reader says that was started at the offset of `seen` (CHECK_RECORD), or
 * at the beginning (CHECK_BEGINNING). */
enum topic_verdict topic_check_judge(enum topic_check check, const struct fingerprint *seen,
                                     const struct reader_event *event);

#endif
