/* SPDX-License-Identifier: Apache-2.0
 *
 * Membership in the pool's consumer group: who tries which partitions (the ledger decides who is).
 *
 * Subscribes requests and tasks with the `range` assignor and consumes nothing itself: records come
 * from a reader (shell/reader.h), so a rebalance never waits for one. Offsets are committed only on
 * demand; those of requests are where intake goes on, those of tasks are for lag displays. Beside
 * each position of the requests stands (as its metadata) the topic that the tasks went to: what a
 * pool with other topics has taken must not be passed over by this one.
 */
#ifndef WORKER_SHELL_GROUP_H
#define WORKER_SHELL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "shell/kafka_client.h"
#include "shell/reader.h"

enum group_limit {
    GROUP_PARTITIONS_MAX = 4096, /* assigned at a time */
    GROUP_COMMIT_MS = 1000,      /* commits are collected for so long */
    GROUP_SESSION_MS = 10000,
};
#define GROUP_NO_OFFSET (-1)

struct group_options {
    struct kafka_options kafka;
    const char *group_id;
    const char *instance_id; /* static membership; NULL: none */
    const char *requests;
    const char *tasks;
};

enum group_event_type {
    GROUP_ASSIGNED = 1, /* at; offset (requests only): committed, or GROUP_NO_OFFSET: log start */
    GROUP_REVOKED,      /* at: no longer ours, by a rebalance or because the membership ended */
    GROUP_LOST,         /* the membership ended without our doing (fault); GROUP_REVOKED of each
                           partition came before; joins again by itself */
    GROUP_ERROR,        /* fault, err; ERR_CONFIG: it cannot go on (another worker has the same
                           static id: fenced twice within a minute; a pool with other topics has
                           the same group; no rights); ERR_UNAVAILABLE: it tries again by itself */
    GROUP_LEFT,         /* after group_leave: the brokers know */
};

struct group_event {
    enum group_event_type type;
    struct reader_at at;
    int64_t offset;
    enum err err;
    struct fault fault;
};

struct group;

/* Joins as soon as a broker answers. Errors as kafka_client_open. */
MUST_USE enum err group_open(const struct group_options *options, struct group **group_out,
                             struct fault *fault);
/* The next event; false when there is none now. Must be called at least every few seconds even if
 * the wake is silent: not being asked for five minutes ends the membership. `now` paces commits. */
bool group_next(struct group *group, struct instant now, struct group_event *event_out);
/* Notes `offset` (the next to be read) to be committed with the next round; ignored for partitions
 * that are not assigned. When a partition is revoked in an orderly way, what was noted before is
 * still committed. A commit that fails is repeated with the next, or dropped with the partition. */
void group_commit(struct group *group, struct reader_at at, int64_t offset);
/* Commits what is noted and leaves; go on with group_next until GROUP_LEFT or out of time.
 * GROUP_REVOKED comes for each partition. */
void group_leave(struct group *group);
/* When group_next should be called at the latest, for commits that wait. */
struct instant group_wake(const struct group *group);
/* Has joined, and an assignment (maybe an empty one) has come. */
bool group_is_member(const struct group *group);
/* NULL is ignored. Without group_leave the brokers notice after GROUP_SESSION_MS. */
void group_close(struct group *group, int timeout_ms);

#endif
