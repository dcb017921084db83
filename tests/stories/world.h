/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of a story: engines, the topics they share, the API they call, and one clock. Nothing
 * here waits or runs beside anything else: time moves when the story says so.
 *
 *   world.c   the clock, the workers, what reaches them and what they do
 *   log.c     the ledger partitions and the tasks
 *   api.c     the instances, calls and answers
 *   show.c    actions as lines of text
 *   script.c  the language: what a line of a story does
 *   story.c   the program: a story against what happens
 */
#ifndef TESTS_STORIES_WORLD_H
#define TESTS_STORIES_WORLD_H

#include "base/bytes.h"
#include "core/engine.h"

enum {
    PARTITIONS_MAX = 4,
    WORKERS_MAX = 4,
    RECORDS_MAX = 4096,
    CALLS_MAX = 4096,
    INSTANCES_MAX = 1024,
    EVENTS_MAX = 4096,
    REPORTS_MAX = 4096,
    NAME_BYTES = 64,
};

/* What a story shows. */
enum kind {
    SHOW_CLAIM,
    SHOW_TASKS,
    SHOW_INTENT,
    SHOW_ANSWER,
    SHOW_SEEN,
    SHOW_SHUT,
    SHOW_MARK,
    SHOW_REPLY,
    SHOW_SNAPSHOT,
    SHOW_CALL,
    SHOW_LOOK,
    SHOW_LIST,
    SHOW_PROBE,
    SHOW_EVENT,
    SHOW_NOTE,
    SHOW_N,
};

/* A record of a topic, in bytes as the wire has it. */
struct stored {
    char *bytes;
    size_t n;
    int64_t log_ms;
};

struct topic {
    struct stored records[RECORDS_MAX];
    int64_t first; /* below it the records are deleted */
    int64_t n;
};

/* An append that has not reached the log yet. */
struct pending {
    int worker;
    int32_t partition;
    uint64_t ticket;
    struct stored stored;
};

/* What is on its way to a worker. */
struct report {
    enum event_type type;
    int32_t partition;
    uint64_t ticket;
};

struct worker {
    char name[NAME_BYTES];
    struct engine *engine; /* NULL: not started, or dead */
    void *memory;
    bool suspended;
    bool deaf; /* nothing that was read reaches it */
    bool assigned[PARTITIONS_MAX];
    int64_t ledger_at[PARTITIONS_MAX]; /* next to be delivered, -1: not reading */
    bool ledger_ended[PARTITIONS_MAX];
    int64_t tasks_at[PARTITIONS_MAX];
    struct report reports[REPORTS_MAX];
    uint32_t report_n;
    bool stirred; /* something reached it since it was last asked what to do */
    int64_t skew_ms;
};

struct instance {
    char id[NAME_BYTES];
    bool gone;
    enum instance_state state;
    char operation[NAME_BYTES];
    char operation_state[NAME_BYTES];
};

/* A call in the air. */
struct sent {
    int worker;
    uint64_t call_id;
    enum call_action action;
    int dispatch; /* number of a RebootInstances call, else 0 */
    bool answered;
    bool is_list;
    char ids[CALL_REBOOT_INSTANCES_MAX][NAME_BYTES];
    uint32_t id_n;
    enum instance_state states[CALL_FILTER_VALUES_MAX];
    uint32_t state_n;
    int64_t offset;
};

struct world {
    struct engine_options options;
    bool begun;
    int64_t now_us;
    bool shows[SHOW_N];
    bool quiet;       /* nothing is shown: the start before the story */
    bool names_shown; /* more than one worker: lines say whose they are */
    struct topic ledger[PARTITIONS_MAX];
    struct topic tasks[PARTITIONS_MAX];
    int64_t epoch[PARTITIONS_MAX]; /* of the log, for what is void */
    int64_t next_seq[PARTITIONS_MAX];
    struct worker workers[WORKERS_MAX];
    int worker_n;
    /* faults */
    bool ledger_held[PARTITIONS_MAX][WORKERS_MAX];
    bool reports_held[PARTITIONS_MAX][WORKERS_MAX];
    bool results_held;
    bool reads_fail;
    bool api_clock_untold; /* answers have no Date */
    int fail_appends[PARTITIONS_MAX];
    struct pending pending[RECORDS_MAX];
    uint32_t pending_n;
    struct pending unreported[RECORDS_MAX];
    uint32_t unreported_n;
    struct pending unpublished[RECORDS_MAX];
    uint32_t unpublished_n;
    /* API */
    struct instance instances[INSTANCES_MAX];
    uint32_t instance_n;
    struct sent calls[CALLS_MAX];
    uint32_t call_n;
    struct dispatch_id dispatches[CALLS_MAX]; /* by number, from 1 */
    int dispatch_n;
    int64_t api_skew_ms;
    /* published */
    struct stored events[EVENTS_MAX]; /* as rendered; for comparing */
    char event_keys[EVENTS_MAX][2 * NAME_BYTES + 2];
    bool event_final[EVENTS_MAX];
    uint32_t event_n;
    char *lines[EVENTS_MAX]; /* shown since they were last taken */
    uint32_t line_n;
};

extern struct world world;

/* ---- world.c ---- */
void world_init(void);
/* Starts the first worker, which becomes the owner of everything. Idempotent. */
void world_begin(void);
int world_worker(const char *name, bool make);
void world_assign(int worker, int32_t partition, bool assigned);
void world_step(int worker, struct event *ev);
/* Delivers what there is to deliver, and does what is asked, until nothing is left to do now. */
void world_settle(void);
void world_wait_ms(int64_t ms);
void world_kill(int worker);
int64_t world_wall_ms(void);
/* Ends the program: the story cannot be told so. */
_Noreturn void world_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* ---- log.c ---- */
void log_append(int worker, const struct action *act);
void log_release(int32_t partition, int worker);
void log_release_reports(int32_t partition, int worker);
/* Deletes what is below the offset. */
void log_trim(int worker, const struct action *act);
void log_add_task(int32_t partition, const struct task *task);
/* The next thing of partition p for this worker; false: nothing. */
bool log_deliver(int worker, int32_t partition);
void log_publish(int worker, const struct action *act);
void log_release_results(void);

/* ---- api.c ---- */
struct instance *api_instance(const char *id);
void api_call(int worker, const struct call *call);
/* Answers every read that is in the air. */
bool api_answer_reads(void);
void api_answer(int dispatch, const char *code, const char *message);
int api_dispatch_number(struct dispatch_id id);

/* ---- show.c ---- */
void show_line(enum kind kind, int worker, const char *fmt, ...) PRINTF_LIKE(3, 4);
void show_record(const struct pending *pending, const struct record *record, bool valid);
void show_outcome(int worker, const struct outcome *outcome, bool again);
void show_call(int worker, const struct call *call, int dispatch);
void show_note(int worker, const struct note *note);

/* ---- script.c ---- */
/* Does what the line says; false: it is not understood (the fault says why). */
bool script_run(const char *line, struct fault *fault);

#endif
