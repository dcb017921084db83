/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's calls per second, shared without talking: time slots.
 *
 * Wall-clock time is cut into 0.96 x limit slots a second; slot k belongs to whoever owns partition
 * k mod P by the log, who may use it for any of its work. An unused slot is gone; but who has sent
 * nothing for a second may borrow its next slot in exchange for one that it has let pass, when
 * there is at most a second between the two. So no second has more calls than it has slots,
 * whoever borrows at the same time: one that takes in the borrower's call without its slot takes in
 * the slot that was let pass. A worker whose slots lie further apart waits for its own.
 *
 * When the API throttles, the pace (the share of the slots that is used) is cut by a quarter; every
 * slot used gives a little back.
 *
 *   limit 20, P 12: a slot every 52.08 ms; partition 3 has slots 3, 15, 27, ... one every 625 ms.
 */
#ifndef WORKER_CORE_QUOTA_H
#define WORKER_CORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct quota {
    double slots_per_s;
    int32_t partition_n;
    double pace;          /* (0, 1] */
    double credit;        /* what the pace has earned; a slot costs 1 */
    int64_t judged;       /* the last slot that was judged: used, given up or let pass */
    int64_t last_sent_us; /* wall clock */
    uint64_t passed_n;    /* slots given up for the pace */
};

/* Which partitions this worker owns: owns[p]. */
struct quota_owner {
    const bool *owns;
    int32_t partition_n;
};

void quota_init(struct quota *quota, double calls_per_s, int32_t partition_n);
void quota_set_limit(struct quota *quota, double calls_per_s);
/* A partition is ours from now on: its slots until now were another's. */
void quota_begin(struct quota *quota, int64_t wall_us);
/* May a call be made now? If so the slot is used up. */
bool quota_take(struct quota *quota, const struct quota_owner *owner, int64_t wall_us);
/* The wall time of the next slot that may be used, INT64_MAX when no partition is owned. */
int64_t quota_next_us(const struct quota *quota, const struct quota_owner *owner, int64_t wall_us);
void quota_throttled(struct quota *quota);

#endif
