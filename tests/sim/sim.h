/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulation: a pool of real engines in a world of virtual time, drawn from one seed.
 *
 * Real are the engines (core/engine.h) and the bytes of ledger records and tasks (wire/). Simulated
 * is everything that a worker's shell touches, at its worst: the log, the group, the API, clocks,
 * and the process itself, which is paused or dies between any two steps.
 *
 *   main.c      options, seeds, what is printed
 *   plan.c      what a seed draws: sizes, policy, clocks, which faults and how often
 *   world.c     one seed from its beginning to its end
 *   topic.c     partitions of ledger and tasks; readers
 *   append.c    records on their way into them: late, twice, or never
 *   worker.c    a process: its clocks, its loop, its death
 *   action.c    what its engine asks for
 *   group.c     who is told to own what, wrongly and late
 *   upstream.c  requests, and intake that makes tasks of them, again and again
 *   ecm.c       instances and what may be seen of them
 *   call.c      calls: refused, lost on either way, with late or partial effects
 *   judge*.c    what must hold, after every step, from outside
 *
 * style: one header for the one world that all of these share, over 500 lines.
 *
 *   dump.c      the folded state, canonically
 *   trace.c     what happened, in words
 *
 * The world is one struct; nothing is static but tables. Times ending in `_us` without "wall" or
 * "boot" are true time: microseconds since the seed began.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/random.h"
#include "core/engine_impl.h"
#include "wire/record_codec.h"
#include "wire/task_codec.h"

#include "arena.h"
#include "plan.h"
#include "schedule.h"

/* ---- the log ---- */

enum topic_kind { TOPIC_LEDGER = 0, TOPIC_TASKS = 1, TOPIC_RESULTS = 2 };
enum { TOPIC_KINDS = 3, NOBODY = UINT32_MAX };

/* A record in a partition. */
struct stored {
    int64_t offset;
    int64_t log_ms;
    struct view bytes;
    uint32_t append;
    /* ledger, by the judge: */
    enum record_kind kind;
    bool valid;
    bool is_snapshot; /* a BEGIN whose END is valid */
    bool has_digest;
    uint64_t digest; /* of the folded state behind it */
};

struct topic {
    struct stored *records;
    uint32_t n;
    uint32_t low; /* index of the first one not deleted */
    int64_t next_offset;
};

/* A record on its way. */
struct append {
    enum topic_kind topic;
    int32_t partition;
    uint64_t ticket;
    struct view bytes;
    struct outlet *outlet;
    uint32_t life;   /* of the outlet */
    uint32_t worker; /* NOBODY: an intake */
    uint32_t process;
    int64_t put_us;
    uint32_t turn;   /* of its worker, when it was put */
    uint32_t read_n; /* ledger: so many of the partition's records its worker had read */
    uint32_t image;  /* results: index of the event */
    int64_t late_us; /* not stored before */
    bool lost;       /* never stored */
    bool failed;     /* reported as failed, whatever became of it */
    bool stored;
    bool told;    /* its worker has got the report */
    bool is_read; /* its worker has read the record */
};

/* A producer: to each partition first in, first out, and nothing behind a failure. */
struct outlet {
    uint32_t worker; /* NOBODY: an intake's */
    uint32_t life;
    int64_t stored_us[TOPIC_KINDS][PARTITIONS_MAX]; /* when the last one arrives */
    int64_t report_us[TOPIC_KINDS][PARTITIONS_MAX];
    uint32_t *outstanding;
    uint32_t outstanding_n;
};

/* Of one partition, by one worker. */
struct reader {
    bool started;
    bool waiting;     /* at the end: the next record stored answers its fetch */
    bool at_end;      /* the end is to be told behind what was fetched */
    bool gone;        /* its position was deleted */
    uint32_t next;    /* index of the next record to hand out */
    uint32_t fetched; /* and of the first one not fetched */
    uint64_t fetch;
};

/* ---- the API ---- */

enum { SPELLS_MAX = 8 };

/* From a moment on the instance is in this state. */
struct spell {
    int64_t from_us;
    enum instance_state state;
    const char *operation; /* NULL: none to be read */
    const char *operation_state;
};

struct machine {
    struct view id;
    uint32_t index;
    int32_t partition;
    struct spell spells[SPELLS_MAX]; /* a ring */
    uint32_t spell_n;
    bool missing;
    bool denied;
    int64_t shown_us;        /* reads have shown it as it was then */
    int64_t meddled_us;      /* somebody else last operated on it, -1: never */
    struct key *keys;        /* every request id that was asked for it */
    struct effect *effects;  /* the latest intent first */
    struct boarding *flight; /* the last one that was in force */
    uint32_t closed_n;       /* finals decided */
};

struct sent_call {
    uint32_t index;
    uint32_t worker;
    uint32_t process;
    uint64_t engine_id;
    enum call_action action;
    enum reboot_kind kind;
    struct dispatch_id dispatch;
    int64_t sign_s;
    struct machine **machines;
    uint32_t machine_n;
    enum instance_state states[CALL_FILTER_VALUES_MAX];
    uint32_t state_n;
    int64_t offset;
    int64_t sent_us;
    bool is_cut;          /* the process died before it arrived */
    bool is_over;         /* an answer, or the time-out, has been handed to the worker */
    bool is_lost;         /* the worker never gets the answer */
    bool is_unclear;      /* the answer does not say whether there is an effect */
    bool is_refused;      /* the answer is a definite error */
    struct answer reply;  /* of the API */
    struct answer answer; /* what the worker is told */
};

struct ecm {
    struct machine *machines;
    int64_t counted_s[CALL_ACTION_N]; /* the second that is being counted */
    uint32_t counted[CALL_ACTION_N];
    bool unreachable;
    bool refusing;   /* credentials are not accepted */
    uint64_t call_n; /* of reboots, and of them over the limit */
    uint64_t throttled_n;
};

/* ---- requests ---- */

/* One instance of one request's record. */
struct ask {
    struct source source;
    enum task_type type;
    enum reboot_kind kind;
    bool allow_repeat;
    int64_t record_ms;
    int64_t requested_ms;
    int64_t not_before_ms;
    int64_t expires_ms;
    struct view request_id;
    struct view region;
    struct machine *machine; /* NULL: none could be read */
    struct key *key;         /* TASK_REBOOT, TASK_CANCEL */
    /* by the judge: */
    int64_t applied;  /* ledger offset of the record that joined it, -1 */
    int64_t task_ms;  /* log time of the task as it was joined */
    bool is_answered; /* accepted or rejected */
    bool is_rejected;
};

/* A request's record. */
struct asked_record {
    struct ask *asks;
    uint32_t ask_n;
    int32_t input;
    int64_t offset;
};

/* Reads one input partition and writes tasks; one life of it. */
struct intake {
    int32_t input;
    struct outlet outlet;
    uint32_t next;     /* record to take next */
    uint32_t done;     /* all before are stored and acknowledged */
    uint32_t *pending; /* by record: tasks not acknowledged yet */
    bool waiting;      /* for the next record */
    bool is_over;
};

struct input {
    struct asked_record *records;
    uint32_t n;
    uint32_t committed; /* a new life may begin here, or before */
};

struct upstream {
    struct input inputs[INPUTS_MAX];
    struct intake **intakes;
    uint32_t intake_n;
    struct ask **reboots; /* one of each request id, for repeating */
    uint32_t reboot_n;
    uint32_t request_n;
    struct view *ids;
    uint32_t id_n;
};

/* ---- workers ---- */

/* What waits to be told to the engine. */
struct letter {
    enum event_type type;
    int32_t partition;
    uint64_t ticket;
    uint32_t append; /* EV_APPENDED */
    struct sent_call *call;
};

struct inbox {
    struct letter *letters;
    uint32_t first;
    uint32_t n;
};

/* What a worker does in one turn of its loop, in this order. */
enum stage { STAGE_GROUP, STAGE_REPORTS, STAGE_READS, STAGE_ANSWERS, STAGE_TICK, STAGE_ACTIONS };

/* What its shell has handed to the engine of one ledger partition. */
struct knowledge {
    int64_t epoch; /* of the last claim read */
    bool own;      /* it was this process' own */
    uint32_t turn; /* in which it was read */
    bool at_end;   /* the end was told since the last start */
    bool is_whole; /* it began at the log's beginning, or has met the end of a snapshot */
};

struct worker {
    uint32_t index;
    struct view name;
    bool alive;
    bool draining;
    bool drained;
    int64_t drain_until_us;
    uint32_t process; /* number of its life */
    uint64_t nonce;
    struct engine_options options;
    struct engine *engine;
    char *memory;
    struct outlet outlet;
    int64_t outlet_opens_us; /* 0: it is open */
    struct reader readers[2][PARTITIONS_MAX];
    struct knowledge known[PARTITIONS_MAX];
    bool assigned[PARTITIONS_MAX]; /* as its engine was told */
    /* Appends since it began to read the ledger that it has not read back. */
    uint32_t unread_n[PARTITIONS_MAX];
    uint32_t first_append[PARTITIONS_MAX];
    struct inbox group;
    struct inbox reports;
    struct inbox answers;
    int64_t group_us;   /* when the last assignment on its way arrives */
    int64_t turn_at_us; /* INT64_MAX: none is planned */
    int64_t stalled_until_us;
    enum stage stage;
    uint32_t turn;
    struct action held; /* asked for, and not done yet: the process may be stopped in between */
    bool holds;
    int64_t stepped_us; /* the last time that its engine knows */
    uint32_t reads_left;
    uint32_t acts_left;
    uint32_t hazard_in; /* steps until something befalls it */
};

/* ---- the judge ---- */

/* A request id for one instance. */
struct key {
    struct key *next; /* of the machine */
    struct machine *machine;
    struct view request_id;
    struct ask *opened_by; /* of its last life; NULL: it was never accepted */
    int64_t accepted;      /* ledger offset, -1 */
    int64_t final;         /* ledger offset of the decision that closed it, -1: open */
    int64_t last_word;     /* and of the last record that owes its final event */
    int64_t revision;      /* of its last event */
    enum outcome_status status;
    uint64_t final_image;
    int64_t forget_ms;      /* may be forgotten from then on */
    uint32_t closed_before; /* finals of the machine before its own */
    bool is_cancelled;
};

/* A request in whose name an instance is called. */
struct rider {
    const struct key *key;
    const struct ask *ask;
    int64_t accepted; /* which life of the key */
};

/* Since when a worker knows something. */
struct news {
    uint32_t process; /* which life of it; 0: not yet */
    uint32_t turn;
    int64_t epoch; /* it is bound to decide upon it under this epoch, -1: under any of its own */
};

/* An instance in an intent. */
struct boarding {
    struct machine *machine;
    struct rider *riders;
    uint32_t rider_n;
    bool flew;                   /* the intent was in force */
    bool sent;                   /* decided: the API accepted it */
    bool went;                   /* decided: it was seen rebooting */
    bool refused;                /* decided: it can have had no effect */
    bool back;                   /* decided: it came back */
    struct news ok[WORKERS_MAX]; /* what the workers have learnt: it was sent */
    int64_t seen_epoch; /* and the owner of this epoch, who knew, has seen it rebooting; -1 */
    int64_t bad_end;    /* offset of the decision that it failed, or is unknown; -1 */
    int64_t back_us[WORKERS_MAX]; /* when the workers read that it came back */
};

struct intent {
    struct dispatch_id dispatch;
    int32_t partition;
    int64_t offset;
    int64_t epoch;
    int64_t log_ms;
    int64_t stored_us;
    int64_t decided_ms;
    enum reboot_kind kind;
    uint32_t append;
    struct boarding *boarded;
    uint32_t boarded_n;
    struct sent_call *call;
};

struct effect {
    struct effect *next;
    struct machine *machine;
    struct sent_call *call;
    struct intent *intent;
    struct boarding *boarding;
    int64_t at_us;
    int64_t until_us;
};

/* An event, by its content. */
struct event_image {
    uint64_t hash;
    int32_t partition;
    int64_t offset; /* of the record that decided it */
};

/* An event that a valid record owes. */
struct owed_event {
    uint64_t hash;
    int64_t offset;
    bool published;
};

/* What a worker knows of the log's clock may be wrong by so much, since its own drifts. */
enum { CLOCK_ERROR_MS = 50 };
/* An entry_bytes up to this may push out closed requests before their number does. */
enum { SMALL_ENTRY_BYTES = 4096 };

/* Where the judge sits: one for each partition. */
struct bench {
    struct ledger reference; /* a reader from 0 that never stops */
    int64_t epoch;
    uint32_t next_seq;
    struct source applied[INPUTS_MAX]; /* the last place; offset -1: none */
    uint32_t cursor;                   /* index of the first task not covered by the cursor */
    uint32_t begin; /* index of the BEGIN of the snapshot under way, NOBODY: none */
    struct owed_event *owed;
    uint32_t owed_n;
    uint32_t unpublished; /* index of the first one */
};

struct judge {
    struct pool pool;
    char *memory;
    struct bench benches[PARTITIONS_MAX];
    struct intent **intents;
    uint32_t intent_n;
    struct event_image *images;
    uint32_t image_n;
    struct folded folded;
    struct record record;
    struct record_scratch scratch;
};

/* ---- the world ---- */

enum { LINES_MAX = 2048 };

/* A line of the trace. */
struct line {
    int64_t at_us;
    uint32_t worker;   /* NOBODY */
    int32_t partition; /* -1 */
    const char *what;
    struct view text;
    struct view record;           /* of the ledger, as bytes */
    const struct sent_call *call; /* or this one */
    int64_t number;
};

struct trace {
    bool on; /* print at once */
    struct line lines[LINES_MAX];
    uint64_t n;
};

struct sim {
    uint64_t seed;
    struct random random;
    struct arena arena;
    struct plan plan;
    struct schedule schedule;
    int64_t now_us;
    bool calm;
    bool over;
    uint64_t step_n; /* of engines */
    struct topic topics[TOPIC_KINDS][PARTITIONS_MAX];
    struct append *appends;
    uint32_t append_n;
    struct worker workers[WORKERS_MAX];
    struct ecm ecm;
    struct sent_call **calls;
    uint32_t call_n;
    struct upstream upstream;
    struct judge judge;
    struct trace trace;
    struct buf bytes; /* of the record being written */
    struct record record;
    struct record_scratch scratch;
    void *engine_memory[WORKERS_MAX];
};

static inline bool chance(struct sim *sim, uint32_t in_1000)
{
    return in_1000 > 0 && random_below(&sim->random, 1000) < in_1000;
}

static inline uint32_t below(struct sim *sim, uint32_t bound)
{
    return (uint32_t)random_below(&sim->random, bound);
}

/* world.c */
void world_open(struct sim *sim);
/* One seed; returns when everything is settled. What does not hold ends the program. */
void world_run(struct sim *sim, uint64_t seed);
void world_plan(struct sim *sim, int64_t in_us, struct happening what);
/* A lag of this kind, drawn. */
int64_t world_lag_us(struct sim *sim, const struct lag *lag);
int64_t world_log_ms(const struct sim *sim);
int64_t world_api_s(const struct sim *sim);

/* topic.c */
void topic_store(struct sim *sim, uint32_t append);
/* Index of the first record at or behind the offset. */
uint32_t topic_find(const struct topic *topic, int64_t offset);
/* Later, whoever lives by then. */
void topic_plan_trim(struct sim *sim, enum topic_kind kind, int32_t partition, int64_t offset);
void topic_trim(struct sim *sim, uint32_t place, int64_t offset);
void reader_start(struct sim *sim, struct worker *worker, enum topic_kind kind, int32_t partition,
                  int64_t offset);
void reader_stop(struct reader *reader);
void reader_fetched(struct sim *sim, const struct happening *what);
bool reader_has(const struct reader *reader);

/* append.c; i counts sim->appends */
void outlet_open(struct outlet *outlet, uint32_t worker);
uint32_t append_put(struct sim *sim, struct outlet *outlet, struct append what);
void append_arrives(struct sim *sim, uint32_t i, bool again);
void append_report(struct sim *sim, uint32_t i);
/* The outlet's life ends: what is outstanding is stored late, or never. */
void outlet_break(struct sim *sim, struct outlet *outlet, bool reported);
/* No report of this life comes any more. */
void outlet_close(struct outlet *outlet);
/* By then every report of this life is in. */
int64_t outlet_quiet_us(const struct outlet *outlet);

/* worker.c */
void worker_open(struct sim *sim, uint32_t index);
void worker_start(struct sim *sim, struct worker *worker);
/* Its producer fails: what is outstanding is reported as failed. */
void worker_break_outlet(struct sim *sim, struct worker *worker);
void worker_turn(struct sim *sim, struct worker *worker);
void worker_wake(struct sim *sim, struct worker *worker, int64_t at_us);
/* Tells the engine. */
void worker_step(struct sim *sim, struct worker *worker, struct event *event);
/* It will be told in a turn to come. */
void worker_post(struct sim *sim, struct worker *worker, struct letter letter);

/* action.c */
void action_do(struct sim *sim, struct worker *worker, const struct action *act);

/* group.c */
void group_rebalance(struct sim *sim);
void group_told(struct sim *sim, const struct happening *what);

/* upstream.c */
void upstream_open(struct sim *sim);
void upstream_request(struct sim *sim);
void upstream_intake(struct sim *sim, uint32_t index);
void intake_report(struct sim *sim, struct outlet *outlet, const struct append *append);
struct ask *upstream_ask(struct sim *sim, struct source source);

/* ecm.c */
void ecm_open(struct sim *sim);
const struct spell *ecm_spell(const struct machine *machine, int64_t at_us);
void ecm_reboot(struct sim *sim, struct sent_call *call, struct machine *machine);
void ecm_meddle(struct sim *sim);
void ecm_outage(struct sim *sim);
struct machine *ecm_find(struct sim *sim, struct view id);
void ecm_read(struct sim *sim, struct sent_call *call);

/* call.c; index counts calls */
void call_send(struct sim *sim, struct worker *worker, const struct call *call);
void call_arrives(struct sim *sim, uint32_t index);
void call_effect(struct sim *sim, uint32_t index, uint32_t machine);
void call_answered(struct sim *sim, uint32_t index, bool in_time);
void call_process_died(struct sim *sim, const struct worker *worker);

/* judge.c */
void judge_open(struct sim *sim);
/* A record was stored in a ledger partition. */
void judge_stored(struct sim *sim, int32_t partition, struct stored *stored);
/* A worker's engine has been told the record. */
void judge_read(struct sim *sim, struct worker *worker, int32_t partition,
                const struct stored *stored);
/* A worker has records deleted. */
void judge_trim(struct sim *sim, struct worker *worker, const struct action *act);
/* The log begins elsewhere now. */
void judge_trimmed(struct sim *sim, int32_t partition);
void judge_append(struct sim *sim, struct worker *worker, int32_t partition,
                  const struct record *record);
_Noreturn void judge_violated(struct sim *sim, int32_t partition, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* judge_event.c */
void judge_decided(struct sim *sim, int32_t partition, int64_t offset,
                   const struct outcome *outcome);
uint32_t judge_publish(struct sim *sim, struct worker *worker, int32_t partition,
                       const struct outcome *outcome);
void judge_published(struct sim *sim, const struct append *append);

/* judge_call.c */
void judge_intent(struct sim *sim, int32_t partition, const struct stored *stored);
void judge_intent_folded(struct sim *sim, int32_t partition);
void judge_answer(struct sim *sim, int32_t partition);
void judge_seen(struct sim *sim, const struct stored *stored);
/* A worker has read the REPLY that sim->record holds. */
void judge_reply_read(struct sim *sim, const struct worker *worker, int32_t partition);
/* A worker has read the answer that sim->record holds. */
void judge_answer_read(struct sim *sim, const struct worker *worker, int32_t partition);
void judge_call(struct sim *sim, struct worker *worker, struct sent_call *call);
void judge_effect(struct sim *sim, struct sent_call *call, struct machine *machine,
                  int64_t until_us);
/* A worker's engine is told the answer. */
void judge_told(struct sim *sim, const struct worker *worker, const struct sent_call *call);
/* By the formula of coalescing. */
bool judge_serves(const struct sim *sim, const struct intent *intent, const struct ask *ask);
struct intent *judge_find_intent(const struct sim *sim, int32_t partition,
                                 struct dispatch_id dispatch);
struct boarding *judge_find_boarding(const struct intent *intent, const struct machine *machine);
/* Is no promise made about this one and what the owner of an epoch makes of it? */
bool judge_is_excused(const struct sim *sim, const struct effect *effect, int64_t epoch);

/* judge_end.c */
/* Is everything settled? If not, what is missing first goes to *why. */
bool judge_is_settled(struct sim *sim, struct view *why);

/* dump.c */
uint64_t dump_digest(const struct ledger *ledger);
uint64_t dump_event(const struct outcome *outcome);
void dump_print(const struct ledger *ledger);

/* trace.c */
void trace_line(struct sim *sim, struct line line);
void trace_letter(struct sim *sim, const struct worker *worker, const struct letter *letter);
void trace_show(struct sim *sim, int32_t partition);

#endif
