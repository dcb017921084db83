/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: partitions of ledger and tasks, records on their way into them, and who reads them.
 */
#ifndef TESTS_SIM_LOG_H
#define TESTS_SIM_LOG_H

#include "core/record.h"

#include "plan.h"
#include "schedule.h"

struct sim;
struct worker;

enum topic_kind { TOPIC_LEDGER = 0, TOPIC_TASKS = 1, TOPIC_RESULTS = 2 };
enum { TOPIC_KINDS = 3, NOBODY = UINT32_MAX };

/* A record in a partition. */
struct stored {
    int64_t offset;
    int64_t log_ms;
    struct view bytes; /* of the ledger: as this release would have written them */
    uint32_t format;   /* of the ledger: how they were written */
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

/* i counts sim->appends. */
void outlet_open(struct outlet *outlet, uint32_t worker);
uint32_t append_put(struct sim *sim, struct outlet *outlet, struct append what);
void append_arrives(struct sim *sim, uint32_t i, bool again);
void append_report(struct sim *sim, uint32_t i);
/* Somebody else's record in a ledger partition, stored now. */
void append_strange(struct sim *sim, int32_t partition, struct view bytes);
/* The outlet's life ends: what is outstanding is stored late, or never. */
void outlet_break(struct sim *sim, struct outlet *outlet, bool reported);
/* No report of this life comes any more. */
void outlet_close(struct outlet *outlet);
/* By then every report of this life is in. */
int64_t outlet_quiet_us(const struct outlet *outlet);

#endif
