/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker from inside: what its files share.
 *
 *   worker.c        life and loop
 *   worker_start.c  opening the modules
 *   worker_watch.c  are Kafka and the topics there? what is said when they are not
 *   worker_check.c  is an input partition still the one that was read before?
 *   worker_input.c  requests: from the reader to intake, with the group's assignments
 *   worker_pages.c  what the admin server shows: metrics, probes
 *   worker_status.c and the worker's state, for programs and for people
 */
#ifndef WORKER_SHELL_WORKER_IMPL_H
#define WORKER_SHELL_WORKER_IMPL_H

#include <jansson.h>

#include "shell/admin.h"
#include "shell/bridge.h"
#include "shell/control.h"
#include "shell/credentials.h"
#include "shell/group.h"
#include "shell/http.h"
#include "shell/intake.h"
#include "shell/kafka_topics.h"
#include "shell/metrics.h"
#include "shell/producer.h"
#include "shell/reader.h"
#include "shell/topic_check.h"
#include "shell/trim.h"
#include "shell/worker.h"
#include "wire/request.h"

enum {
    WORKER_READS_PER_TURN = 2000,
};

enum worker_stage {
    STAGE_STARTING = 0, /* topics are being checked; nothing else runs */
    STAGE_LOADING,      /* the control topic is being read */
    STAGE_RUNNING,
    STAGE_DRAINING, /* no more tasks; what is in the air is finished */
    STAGE_LEAVING,  /* the group is being left */
    STAGE_OVER,
};

/* An input partition that is assigned. */
struct input {
    struct topic_check check;
    bool assigned;
    bool paused;
    bool stopped; /* loudly: its position cannot be read */
    int64_t next; /* behind the last record read */
};

/* The last thing that went wrong with somebody, for /status. */
struct mishap {
    int64_t at_ms;  /* unix */
    char text[512]; /* empty: nothing has */
};

struct worker {
    const struct config *config;
    struct worker_options options;
    struct log *log;
    enum worker_stage stage;
    int exit_code;
    int signal_fd;
    struct instant drain_until;
    struct instant leave_at;
    struct instant topics_at;  /* next check */
    struct fault topics_fault; /* what the last check met; empty: all is well, or nothing known */
    struct instant away_since; /* INSTANT_NEVER: Kafka is there */
    struct instant away_say_at;
    bool away_said;
    bool drained;
    double rate_limit;
    struct credential_store credentials;
    struct kafka_sink sink;
    struct kafka_wake wake;
    bool wake_open;
    struct topic_names names;
    struct topics *topics;
    struct producer *producer;  /* of all but outcomes: what the pool decides by */
    struct producer *publisher; /* of outcomes, so that no decision queues behind them */
    struct reader *reader;
    struct trim *trim;
    struct control *control;
    uint32_t pool_mark;
    bool trim_failed; /* the last deletion: said once */
    bool times_said;
    struct group *group;
    struct intake *intake;
    struct http *http;
    struct bridge *bridge;
    struct admin *admin;
    int32_t partition_n;
    struct metrics metrics;
    struct input *inputs;   /* by partition */
    struct fault input_why; /* the last one that has stopped, why */
    int32_t input_n;
    struct request_reading *reading;
    struct buf task_bytes;
    struct intake_task *tasks; /* INSTANCES_PER_REQUEST_MAX of them */
    struct mishap kafka_mishap;
    struct mishap api_mishap;
    char breaker_code[96]; /* what opened the breaker last */
};

/* worker.c */
void worker_say(struct worker *worker, enum config_log_level level, const char *message,
                const char *detail);
/* Says why, and ends with the exit code that fits. */
void worker_fail(struct worker *worker, enum err err, const struct fault *fault);
void mishap_note(struct mishap *mishap, const char *format, ...) PRINTF_LIKE(2, 3);

/* worker_watch.c */
/* The topics' checks, and a word in the log when Kafka goes away or is there again; each turn. */
void watch_step(struct worker *worker);
/* Can Kafka be written to and read? why_out is empty when nothing more is known. */
bool watch_is_up(const struct worker *worker, struct fault *why_out);

/* worker_start.c */
MUST_USE enum err worker_open_http(struct worker *worker, struct fault *fault);
MUST_USE enum err worker_open_topics(struct worker *worker, struct fault *fault);
/* The topics are as they must be: the clients are opened, and the control topic is read. */
void worker_start(struct worker *worker, const struct topics_event *ready);
/* The control topic is read: the engine begins, and the membership. */
void worker_join(struct worker *worker);

/* worker_input.c */
MUST_USE enum err input_open(struct worker *worker, int32_t partition_n, struct fault *fault);
void input_close(struct worker *worker);
void input_assigned(struct worker *worker, int32_t partition, int64_t offset);
void input_revoked(struct worker *worker, int32_t partition);
void input_read(struct worker *worker, const struct reader_event *event);
/* Reads from where the assignment said. */
void input_start(struct worker *worker, int32_t partition);
/* The partition cannot be read any further until a person has looked. */
void input_stop_one(struct worker *worker, int32_t partition, const char *why);
/* Likewise: what the reader says of it. */
void input_lost(struct worker *worker, const struct reader_event *event);
/* The input topic was made anew, and an operator says so: every partition from its beginning. */
void input_renewed(struct worker *worker);
/* What intake says, and pausing what it has no room for. */
void input_step(struct worker *worker);
/* No more requests are taken. */
void input_stop(struct worker *worker);
/* Records between what was read and the end of an input partition, as far as is known. */
int64_t input_lag(const struct worker *worker, int32_t partition);

/* worker_check.c */
/* Looks whether the partition is what it was, and reads it from there if it is. */
void input_check(struct worker *worker, int32_t partition, int64_t from);
void input_check_read(struct worker *worker, const struct reader_event *event);

/* worker_status.c: the state as JSON (docs/operations.md), and as a page for a person */
/* A new value; NULL: no memory. */
json_t *status_json(const struct worker *worker, const struct metrics_view *view);
json_t *status_checks(const struct readiness *readiness);
/* Tasks behind the cursor of a partition that is owned, as far as is known. */
int64_t status_tasks_lag(const struct worker *worker, int32_t partition, int64_t cursor);
/* The page of what status_json made: self-contained, without a script; it asks to be loaded again.
 */
MUST_USE enum err status_page(json_t *status, struct buf *out);

/* worker_pages.c */
MUST_USE enum err pages_open(struct worker *worker, struct fault *fault);

#endif
