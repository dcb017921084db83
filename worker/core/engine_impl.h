/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine from inside: what its files share. The one umbrella header (core/ only).
 *
 *   engine.c    the door: events in, actions out, when to wake
 *   owner.c     one partition: reading, claiming, owning; what a folded record sets free
 *   propose.c   decisions on their way into the ledger: tasks, intents, answers, sightings, marks
 *   snapshot.c  the whole state on its way into the ledger, and what may be deleted then
 *   judge.c     a task against policy and time
 *   review.c    one entry: what is due for it now
 *   lane.c      who is due, by region and kind; batches and groups
 *   dispatch.c  one batch: intents and the call
 *   dispatch_answer.c  what an answer means for each member, and for the calls to come
 *   breaker.c   when no call can succeed
 *   api_clock.c the API's clock, for signatures
 *   look.c      reads by instance ID: evidence and confirmation
 *   lister.c    reads by list, when many are rebooting
 */
#ifndef WORKER_CORE_ENGINE_IMPL_H
#define WORKER_CORE_ENGINE_IMPL_H

#include "base/pool.h"
#include "base/random.h"
#include "core/engine.h"
#include "core/ledger.h"
#include "core/queue.h"
#include "core/quota.h"
#include "core/timer.h"
#include "core/verdict.h"

/* Every limit of the engine in one place. */
enum {
    TASK_QUEUE_MAX = 1024,       /* tasks of a partition that wait to be proposed */
    TASKS_IN_FLIGHT_MAX = 3,     /* TASKS records of a partition under way */
    APPENDS_IN_FLIGHT_MAX = 64,  /* records of a partition under way, answers excepted */
    OWED_MAX = 1024,             /* events of a partition not acknowledged: no more tasks */
    PUBLISH_IN_FLIGHT_MAX = 256, /* events of a partition handed to the producer */
    DISPATCHES_MAX = 256,        /* batches under way */
    PREPARED_MAX = 8,            /* batches that wait for a slot */
    LOOKS_MAX = 128,             /* describe calls under way */
    LANES_MAX = 4096,            /* beyond that entries wait for a lane to empty */
    REPLIES_MAX = 64,            /* replies kept while a partition is restored */
    PENDING_MAX = 128,           /* sightings, and shuttings, of a partition not yet proposed */
    NOTES_MAX = 64,              /* notes not yet taken; more are dropped */
    TIMERS_PER_STEP_MAX = 4096,
    LISTER_ABSENCES = 2, /* complete lists that lack an instance, seen down before: it is up */
};

/* What the owner has seen of an entry; gone with ownership. */
struct hint {
    struct party *party;
    bool suspect;     /* an attempt failed on its account, or may have: it goes apart */
    bool inherited;   /* an owner before us may have seen it rebooting, and lost that with it */
    bool looked;      /* it was read since the attempt, and nothing was seen of it */
    bool hold;        /* denied: and is on its way to RUNNING: wait for that */
    bool looking;     /* a read is under way */
    bool baseline;    /* its LatestOperation was read, and was not a reboot */
    bool was_down;    /* REBOOTING: seen not RUNNING since the call */
    bool by_id;       /* REBOOTING: read it by ID even while lists are on */
    uint8_t down_n;   /* REBOOTING: reads in a row that lead nowhere */
    uint8_t absent_n; /* complete lists since that lacked it */
    uint8_t verdict;  /* of the attempt that came back */
    uint16_t looks_n;
    uint32_t listed; /* the last list that had it */
    int64_t look_ms; /* not before; TIME_NONE: at once */
};

/* A party: instances that must go together, apart from the others: half of a batch that failed. */
struct party {
    struct party *next;
    struct queue queue;
    uint32_t member_n; /* of them, those still to come included */
    enum reboot_kind kind;
    uint8_t region_n;
    char region[REGION_BYTES_MAX];
};

struct lane {
    struct lane *next;
    struct queue queue;
    struct instant since; /* when the oldest became due */
    enum reboot_kind kind;
    bool suspect;
    uint32_t batch_max;
    bool accepted;      /* the API has accepted something of this lane */
    uint32_t refused_n; /* offences proven before that */
    uint8_t region_n;
    char region[REGION_BYTES_MAX];
};

enum member_state {
    ABOARD_PROPOSED = 0, /* its intent is on its way */
    ABOARD_READY = 1,    /* its intent is valid */
    ABOARD_OUT = 2,      /* left out for good */
    ABOARD_LATE = 3,     /* left out; if its intent comes back valid it is decided "not sent" */
    ABOARD_CALLED = 4,
};

struct aboard {
    int32_t partition;
    uint8_t state;
    bool named;    /* the error message names it */
    bool answered; /* its answer is folded, or was appended as a REPLY */
    uint8_t id_n;
    char id[INSTANCE_ID_BYTES_MAX];
};

/* The instances of one partition in a dispatch: aboard[first .. first + count). */
struct leg {
    int32_t partition;
    int64_t epoch; /* of ours when it was proposed */
    uint32_t first;
    uint32_t count;
    uint64_t ticket; /* of the intent's append */
    bool proposed;
    bool acked;
    bool folded;
    bool replying;  /* the partition is somebody else's: the answer goes out as a REPLY */
    bool answering; /* an answer record is under way */
};

enum dispatch_state {
    DISPATCH_INTENDED = 1, /* intents are being proposed or come back */
    DISPATCH_CALLED = 2,
    DISPATCH_ANSWERED = 3, /* the answer is being written down */
};

struct dispatch {
    struct dispatch *next;
    struct dispatch_id id;
    enum dispatch_state state;
    enum reboot_kind kind;
    bool probe;      /* of the open breaker */
    bool held_back;  /* split off: its call was never to be made */
    bool from_reply; /* somebody else's call, known by its REPLY */
    bool spared;     /* its whole lane is refused: nobody fails for that */
    uint64_t call_id;
    int64_t sign_s;
    int64_t decided_ms;
    struct instant formed;
    struct instant deadline; /* not handed over after this */
    struct view region;
    char region_text[REGION_BYTES_MAX];
    uint32_t aboard_n;
    uint32_t called_n;
    uint32_t leg_n;
    /* the answer */
    enum verdict verdict;
    int64_t again_ms; /* VERDICT_CLOCK: not before; TIME_NONE: at once */
    uint32_t named_n;
    enum error_source error_source;
    uint16_t code_n;
    uint16_t message_n;
    uint16_t api_request_id_n;
    char code[128];
    char message[512];
    char api_request_id[64];
    struct leg legs[CALL_REBOOT_INSTANCES_MAX];
    struct aboard aboard[CALL_REBOOT_INSTANCES_MAX];
};

/* One of the instances that a read asks for, as it was then: an answer about another flight is no
 * answer. */
struct asked {
    int32_t partition;
    uint8_t phase;
    uint8_t id_n;
    int64_t intent; /* ledger offset of the flight's intent, -1: none */
    char id[INSTANCE_ID_BYTES_MAX];
};

/* A describe call under way, by IDs. */
struct look {
    struct look *next;
    uint64_t call_id;
    struct instant began;
    uint32_t count;
    struct asked asked[CALL_FILTER_VALUES_MAX];
};

/* The listing of what is not RUNNING (lister.c). */
struct lister {
    bool on;          /* many are rebooting: lists, not looks */
    bool listing;     /* a list is under way */
    uint64_t call_id; /* its page under way, 0: none */
    uint32_t pass;    /* number of the list, from 1 */
    uint8_t filter;   /* which half of the states */
    int64_t offset;
    struct instant began;
    struct instant next; /* the next list not before */
};

struct queued_task {
    struct queued_task *next;
    int64_t offset;
    int64_t task_ms;
    struct task task;
    uint32_t text_n;
    char text[];
};

enum snapshot_stage {
    SNAPSHOT_NONE = 0,
    SNAPSHOT_WANTED = 1, /* every proposal is awaited */
    SNAPSHOT_IMAGES = 2, /* BEGIN is proposed */
};

struct snapshot {
    enum snapshot_stage stage;
    struct entry *next;    /* SNAPSHOT_IMAGES: the next one to write down; the table is still */
    int64_t grown_bytes;   /* of the log since the last snapshot */
    int64_t task_bytes;    /* of tasks taken since; their records in the log may be much smaller */
    int64_t image_bytes;   /* of the images since the last BEGIN */
    int64_t due_bytes;     /* growth that makes the next one due */
    int64_t trimmed;       /* up to here the deletion of the ledger was asked for */
    int64_t tasks_trimmed; /* likewise of the tasks */
    struct instant ended;  /* when the last one was read to its end */
};

/* One partition. */
struct owner {
    struct ledger ledger;
    int32_t partition;
    enum partition_role role;
    bool assigned;
    bool reading; /* the shell reads the ledger */
    bool live;    /* ledger is initialised */
    bool want_read;
    bool want_stop_reading;
    bool want_claim;
    bool want_tasks;
    bool want_stop_tasks;
    bool tasks_running;
    uint64_t claim_nonce; /* of the claim under way */
    int64_t epoch;        /* of our claim, -1 */
    uint32_t seq;         /* of the next proposal */
    uint32_t appends_in_flight;
    uint32_t tasks_in_flight;
    struct instant claim_at; /* after a foreign claim: not before */
    uint32_t claims_lost;
    bool writers_time; /* the log's times are those of its writers */
    int64_t claim_ms;  /* log time of our claim, and when it was read */
    struct instant claim_read;
    /* tasks */
    struct queued_task *task_first;
    struct queued_task *task_last;
    uint32_t task_n;
    int64_t task_next;   /* offset behind the last one taken in */
    int64_t task_commit; /* last committed for displays */
    /* proposals that wait for engine_next */
    struct seen *seen;
    uint32_t seen_n;
    struct shut *shut;
    char (*shut_ids)[REQUEST_ID_DEFAULT_BYTES_MAX];
    uint32_t shut_n;
    /* mark */
    bool mark_due;
    bool mark_in_flight;
    struct instant mark_at;
    struct snapshot snapshot;
    /* replies met while restoring */
    struct dispatch *replies;
    uint32_t reply_n;
    uint64_t numbers_used; /* of events, by ledgers of this partition that were dropped */
    /* tasks behind the cursor are deleted: a loss for sure when a record of this seq comes back */
    bool tasks_gone;
    uint32_t gone_seq;
    char stopped_why[512];
};

struct breaker {
    bool open;
    struct instant probe_at;
    int64_t wait_ms;
    uint32_t failures; /* calls in a row that were not sent */
};

struct clock_watch {
    bool known;         /* well enough to send */
    bool learnt;        /* from an answer */
    bool doubtful;      /* it jumped: sending waits for a second opinion */
    int64_t ahead_us;   /* the API's clock before the boot-time clock */
    int64_t offset_s;   /* and before the wall clock, when it was learnt: for displays */
    int64_t doubt_s;    /* as ahead_us, of the answer that does not fit */
    uint32_t refused_n; /* signatures refused for their time, in a row */
    uint64_t probe_call_id;
    struct instant probe_at;
};

struct engine {
    struct engine_options options;
    struct pool pool;
    struct random random;
    struct now now;
    int64_t log_ahead_us; /* the log's clock before the boot-time clock */
    struct owner *owners; /* partition_n of them */
    bool *owns;           /* by partition: ROLE_OWNER */
    struct timers timers;
    struct quota quota[CALL_ACTION_N];
    struct lane *lanes;
    uint32_t lane_n;
    struct party *parties;
    struct dispatch *dispatches;
    uint32_t dispatch_n;
    uint32_t prepared_n;  /* in DISPATCH_INTENDED */
    struct queue urgent;  /* due to be read: evidence */
    struct queue watched; /* due to be read: confirmation */
    struct look *looks;
    uint32_t look_n;
    struct lister lister;
    bool listed; /* the last read was a page of a list */
    struct breaker breaker;
    struct clock_watch clock;
    struct instant reads_after; /* reads fail: not before */
    uint32_t read_failures;
    uint64_t dispatch_count;
    uint64_t call_count;
    uint64_t append_count;
    uint64_t claim_count;
    bool draining;
    bool drained_said;
    bool full; /* memory is near its ceiling */
    struct note notes[NOTES_MAX];
    char note_texts[NOTES_MAX][512];
    uint32_t note_first;
    uint32_t note_n;
    int32_t turn; /* partition that engine_next serves first */
    struct instant wake;
    /* for stats */
    uint64_t batches_n;
    uint64_t batched_n;
    uint64_t throttled_n;
    /* What actions point to, until the next call. */
    struct folded folded;
    struct record record;
    struct outcome outcome;
    struct call call;
    struct view call_ids[CALL_REBOOT_INSTANCES_MAX];
    struct image_room *images; /* NULL before the first snapshot */
    struct task_op ops[RECORD_OPS_MAX];
    struct member members[CALL_REBOOT_INSTANCES_MAX];
    struct queued_task *spent; /* tasks whose texts the last action borrowed */
};

/* The present on the log's clock, which is one for the pool (a worker's own may be wrong): what is
 * due, over or decided now, and every absolute time in the ledger. It lags by as long as the last
 * claim took to be read back. */
static inline int64_t now_ms(const struct engine *eng)
{
    return (eng->now.at.us + eng->log_ahead_us) / 1000;
}

static inline bool owner_can_propose(const struct owner *owner)
{
    return owner->role == ROLE_OWNER;
}

/* owner.c */
void owner_assigned(struct engine *eng, struct owner *owner, bool assigned);
void owner_record(struct engine *eng, struct owner *owner, const struct event *ev);
void owner_ledger_end(struct engine *eng, struct owner *owner);
void owner_appended(struct engine *eng, struct owner *owner, uint64_t ticket);
void owner_restart(struct engine *eng, struct owner *owner);
void owner_stop(struct engine *eng, struct owner *owner, struct view why);
/* News for the time when the partition is ours; frees it when there are too many. */
void owner_keep_reply(struct engine *eng, struct owner *owner, struct dispatch *reply);
void owner_tasks_gone(struct engine *eng, struct owner *owner, struct view why);
void owner_tick(struct engine *eng, struct owner *owner);
bool owner_next(struct engine *eng, struct owner *owner, struct action *act);
/* What the log's clock shows at least, for ages of intents. */
int64_t owner_log_now_ms(const struct engine *eng, const struct owner *owner);

/* propose.c */
bool propose_next(struct engine *eng, struct owner *owner, struct action *act);
/* Queues one; false when the queue is full (the caller looks again later). */
bool propose_seen(struct engine *eng, struct entry *entry, struct owner *owner, struct seen seen);
bool propose_shut(struct engine *eng, struct entry *entry, struct owner *owner, struct shut shut);
void propose_take_task(struct engine *eng, struct owner *owner, const struct event *ev);
void propose_forget(struct engine *eng, struct owner *owner);

/* snapshot.c */
/* A task was taken. */
void snapshot_count_task(struct owner *owner, int64_t bytes);
/* A record of the partition was folded and valid. */
void snapshot_count(struct engine *eng, struct owner *owner, const struct record *record,
                    int64_t bytes);
/* Nothing else may be proposed now. */
bool snapshot_holds(struct engine *eng, struct owner *owner);
/* The next record of the snapshot, in eng->record; false: not now. */
bool snapshot_next(struct engine *eng, struct owner *owner);
bool snapshot_next_trim(const struct engine *eng, struct owner *owner, struct action *act);

/* judge.c */
void judge_task(const struct engine_options *options, const struct queued_task *queued,
                struct task_op *out);

/* review.c */
void review_entry(struct engine *eng, struct owner *owner, struct entry *entry);
struct hint *hint_need(struct engine *eng, struct entry *entry);
/* A flight begins: what was seen of an earlier one says nothing about it. */
void hint_begin_flight(struct entry *entry);
/* Takes the entry out of every volatile place. */
void entry_unwatch(struct engine *eng, struct entry *entry);

/* lane.c */
void lane_add(struct engine *eng, struct entry *entry);
struct party *party_make(struct engine *eng, const struct dispatch *dispatch);
void party_join(struct engine *eng, struct party *party, struct entry *entry);
void party_leave(struct engine *eng, struct entry *entry);
/* Forms batches while they are due and there is room. */
void lanes_form(struct engine *eng);
struct instant lanes_wake(const struct engine *eng);
struct lane *lane_find(struct engine *eng, struct view region, enum reboot_kind kind, bool suspect);
/* The region an entry is due for. */
struct view entry_region(const struct entry *entry);

/* dispatch.c */
struct dispatch *dispatch_make(struct engine *eng, enum reboot_kind kind, struct view region);
/* Members of one partition are boarded one after the other. */
void dispatch_board(struct engine *eng, struct dispatch *dispatch, int32_t partition,
                    struct view id);
void dispatch_folded_intent(struct engine *eng, struct owner *owner, const struct record *record);
void dispatch_folded_answer(struct engine *eng, struct owner *owner, const struct record *record);
void dispatch_appended(struct engine *eng, uint64_t ticket);
bool dispatch_next_call(struct engine *eng, struct action *act);
/* The partition is no longer ours: legs of it turn to replies or are left out. */
void dispatch_lost_partition(struct engine *eng, struct owner *owner);
/* Are there REPLY records of the partition that are not decided upon yet? */
bool dispatch_has_replies(const struct engine *eng, int32_t partition);
void dispatch_free(struct engine *eng, struct dispatch *dispatch);
/* Frees what is done. */
void dispatch_sweep(struct engine *eng);
/* Is its flight one of our dispatches, with an answer to come? (A REPLY makes a dispatch of one
 * partition's part; other parts with the same id are not its business.) */
bool dispatch_carries(const struct engine *eng, const struct entry *entry);
struct instant dispatch_wake(const struct engine *eng);
/* Puts it behind the others. */
void dispatch_link(struct engine *eng, struct dispatch *dispatch);
/* The member's entry, NULL when there is none here. */
struct entry *dispatch_entry(struct engine *eng, const struct aboard *aboard);

/* dispatch_answer.c */
void dispatch_answer(struct engine *eng, struct dispatch *dispatch, const struct answer *answer);
/* What the answer means for member i. */
struct member dispatch_member(struct engine *eng, const struct dispatch *dispatch,
                              const struct entry *entry, uint32_t i);
/* The answer to a call that another owner of the partition made; not linked. */
struct dispatch *dispatch_of_reply(struct engine *eng, struct owner *owner,
                                   const struct record *record);
void dispatch_begin_reply(struct engine *eng, struct owner *owner, struct dispatch *dispatch);

/* breaker.c */
/* Opens it; when it is open, the next probe waits twice as long. */
void breaker_open(struct engine *eng, struct view code);
void breaker_judge(struct engine *eng, enum verdict verdict, bool probe, struct view code);

/* api_clock.c */
/* The time to sign with now, unix seconds, by the API's clock. */
int64_t clock_sign_s(const struct engine *eng);
void clock_learn(struct engine *eng, const struct answer *answer);
bool clock_next_call(struct engine *eng, struct action *act);
struct instant clock_wake(const struct engine *eng);

/* look.c */
bool look_next_call(struct engine *eng, struct action *act);
bool look_answer(struct engine *eng, uint64_t call_id, const struct answer *answer);
/* When the entry is to be read next: in the past means now. INT64_MAX: not at all. */
int64_t look_due_ms(struct engine *eng, struct owner *owner, struct entry *entry);
void look_enqueue(struct engine *eng, struct entry *entry);
/* Can a lost call of its flight have no effect any more? */
bool look_past_horizon(const struct engine *eng, const struct owner *owner,
                       const struct entry *entry);
/* True when a read failed; the next ones wait. */
bool look_read_failed(struct engine *eng, const struct answer *answer);
struct instant look_wake(const struct engine *eng);

/* lister.c */
bool lister_next_call(struct engine *eng, struct action *act);
bool lister_answer(struct engine *eng, uint64_t call_id, const struct answer *answer);
void lister_tick(struct engine *eng);
struct instant lister_wake(const struct engine *eng);

/* engine.c */
struct owner *engine_owner_of(struct engine *eng, struct entry *entry);
void engine_note(struct engine *eng, struct note note);
void engine_wake_at(struct engine *eng, struct instant when);
/* Uses up a slot for a call of this action; false: not now. */
bool engine_take_slot(struct engine *eng, enum call_action action);
/* When a slot may be had. */
struct instant engine_slot_wake(const struct engine *eng, enum call_action action);

#endif
