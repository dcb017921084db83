/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine whose memory is at its ceiling takes no more tasks, and takes tasks again when what it
 * held is forgotten; and its topics grow with what is alive, not with what has been. The log gives
 * back at once what is appended; the API never answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "core/engine.h"
#include "wire/record_codec.h"

enum {
    APPENDS_MAX = 256,
    PUBLISHES_MAX = 1024,
    AGE_MS = 60000,
    TEXT_BYTES = 1024,
    RECORDS_MAX = 65536,
    TASK_BYTES = 3 * TEXT_BYTES, /* about */
    FLOOR_BYTES = 1 << 20,       /* what a ledger may always grow by */
};

struct append {
    struct buf bytes;
    uint64_t ticket;
};

static struct rig {
    struct engine *engine;
    struct now now;
    struct append appends[APPENDS_MAX];
    uint64_t publishes[PUBLISHES_MAX];
    int append_n;
    int publish_n;
    int64_t ledger_next;
    int64_t task_next;
    /* The ledger's bytes below each offset; where ledger and tasks begin by now; the bytes of the
     * snapshot under way, and of the largest one. */
    int64_t below[RECORDS_MAX + 1];
    int64_t ledger_first;
    int64_t task_first;
    int64_t image_bytes;
    int64_t image_bytes_max;
} rig;

static struct record_scratch scratch;

static void step(struct event ev)
{
    ev.now = rig.now;
    engine_step(rig.engine, &ev);
}

static void keep_append(const struct action *act)
{
    struct fault fault;
    assert_true(rig.append_n < APPENDS_MAX);
    struct append *append = &rig.appends[rig.append_n++];
    buf_init(&append->bytes, RECORD_BYTES_MAX);
    append->ticket = act->ticket;
    assert_int_equal(record_encode(act->record, &append->bytes, &fault), ERR_OK);
}

static bool do_actions(void)
{
    struct action act;
    bool any = false;
    for (; engine_next(rig.engine, &act); any = true) {
        if (act.type == ACT_APPEND) {
            keep_append(&act);
        } else if (act.type == ACT_PUBLISH) {
            assert_true(rig.publish_n < PUBLISHES_MAX);
            rig.publishes[rig.publish_n++] = act.ticket;
        } else if (act.type == ACT_LEDGER_READ) {
            step((struct event){.type = EV_LEDGER_END, .offset = 0});
        } else if (act.type == ACT_LEDGER_TRIM) {
            rig.ledger_first = act.offset;
        } else if (act.type == ACT_TASKS_TRIM) {
            rig.task_first = act.offset;
        }
    }
    return any;
}

static void weigh(const struct record *record, int64_t bytes)
{
    assert_true(rig.ledger_next < RECORDS_MAX);
    rig.below[rig.ledger_next + 1] = rig.below[rig.ledger_next] + bytes;
    if (record->kind == RECORD_BEGIN)
        rig.image_bytes = 0;
    if (record->kind == RECORD_IMAGE)
        rig.image_bytes += bytes;
    if (rig.image_bytes > rig.image_bytes_max)
        rig.image_bytes_max = rig.image_bytes;
}

static void come_back(struct append *append)
{
    struct record record;
    struct fault fault;
    struct view bytes = buf_view(&append->bytes);
    assert_int_equal(record_decode(bytes, &scratch, &record, &fault), ERR_OK);
    weigh(&record, (int64_t)bytes.n);
    step((struct event){.type = EV_RECORD,
                        .offset = rig.ledger_next++,
                        .log_ms = rig.now.wall_us / 1000,
                        .bytes = (int64_t)bytes.n,
                        .record = &record});
    step((struct event){.type = EV_APPENDED, .ticket = append->ticket});
    buf_release(&append->bytes);
}

/* Until nothing happens any more. */
static void settle(void)
{
    while (do_actions()) {
        int append_n = rig.append_n;
        struct append appends[APPENDS_MAX];
        memcpy(appends, rig.appends, sizeof appends);
        rig.append_n = 0;
        for (int i = 0; i < append_n; i++)
            come_back(&appends[i]);
        for (int i = 0; i < rig.publish_n; i++)
            step((struct event){.type = EV_PUBLISHED, .ticket = rig.publishes[i]});
        rig.publish_n = 0;
    }
}

static void pass(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        rig.now.at.us += 1000000;
        rig.now.wall_us += 1000000;
        step((struct event){.type = EV_TICK});
        settle();
    }
}

static void feed_one(int64_t instance, int64_t expires_ms)
{
    static char text[TEXT_BYTES];
    char id[32];
    char request[32];
    memset(text, 'x', sizeof text);
    int n = snprintf(id, sizeof id, "ein-%08lld", (long long)instance);
    int request_n = snprintf(request, sizeof request, "r%lld", (long long)rig.task_next);
    const struct task task = {.type = TASK_REBOOT,
                              .source = {0, rig.task_next, 0, 0},
                              .record_ms = rig.now.wall_us / 1000,
                              .requested_ms = TIME_NONE,
                              .not_before_ms = TIME_NONE,
                              .expires_ms = expires_ms,
                              .request_id = {request, (size_t)request_n},
                              .instance_id = {id, (size_t)n},
                              .requested_by = {text, sizeof text},
                              .reason = {text, sizeof text},
                              .tracestate = {text, TRACESTATE_BYTES_MAX}};
    step((struct event){.type = EV_TASK,
                        .offset = rig.task_next++,
                        .log_ms = rig.now.wall_us / 1000,
                        .bytes = TASK_BYTES,
                        .task = &task});
}

/* As many tasks as it takes. */
static int64_t fill(void)
{
    int64_t before = rig.task_next;
    for (uint32_t room; (room = engine_task_room(rig.engine, 0)) > 0;) {
        while (room-- > 0)
            feed_one(rig.task_next, TIME_NONE);
        settle();
        /* Marks are due once a second; what is not marked is kept. */
        pass(1);
    }
    return rig.task_next - before;
}

static void begin(void *memory)
{
    static const struct engine_options options = {.pool = {"pool", 4},
                                                  .worker = {"w", 1},
                                                  .nonce = 1,
                                                  .partition_n = 1,
                                                  .limits = {4, 1, 256 * 1024},
                                                  .request_max_age_ms = 1000 * AGE_MS,
                                                  .rate_limit = 20,
                                                  .batch_size = 100,
                                                  .timeout_ms = 10000,
                                                  .signature_life_ms = 300000,
                                                  .settle_ms = 30000,
                                                  .max_attempts = 1,
                                                  .retry_initial_ms = 1000,
                                                  .retry_max_ms = 1000,
                                                  .confirm_interval_ms = 1000,
                                                  .confirm_timeout_ms = 60000,
                                                  .snapshot_bytes_min = FLOOR_BYTES};
    memset(&rig, 0, sizeof rig);
    rig.engine = engine_open(&options, memory, ENGINE_BYTES_MIN);
    rig.now = (struct now){.at = {1000000}, .wall_us = INT64_C(1767261600000000)};
    step((struct event){.type = EV_ASSIGNED});
    settle();
}

static void an_engine_that_was_full_takes_tasks_again(void **state)
{
    (void)state;
    void *memory = mmap(NULL, ENGINE_BYTES_MIN, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    begin(memory);
    int64_t first_n = fill();
    struct engine_stats stats;
    engine_stats(rig.engine, &stats);
    assert_true(stats.full);
    /* All of them expire, and a snapshot forgets them. */
    rig.now.at.us += INT64_C(1000) * 1000 * AGE_MS;
    rig.now.wall_us += INT64_C(1000) * 1000 * AGE_MS;
    pass(700);
    struct partition_stats partition;
    engine_partition_stats(rig.engine, 0, &partition);
    if (partition.role != ROLE_OWNER)
        fail_msg("it has stopped: %s", partition.stopped_why);
    assert_true(fill() > first_n / 10 * 9);
    munmap(memory, ENGINE_BYTES_MIN);
}

static void ledger_and_tasks_grow_with_what_is_alive(void **state)
{
    (void)state;
    enum { INSTANCES = 50, ROUNDS = 400, TASKS_A_ROUND = 50 };
    void *memory = mmap(NULL, ENGINE_BYTES_MIN, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    begin(memory);
    int64_t ledger_max = 0;
    int64_t tasks_max = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TASKS_A_ROUND && engine_task_room(rig.engine, 0) > 0; i++)
            feed_one(rig.task_next % INSTANCES, rig.now.wall_us / 1000 + 2000);
        settle();
        pass(1);
        int64_t ledger = rig.below[rig.ledger_next] - rig.below[rig.ledger_first];
        int64_t tasks = (rig.task_next - rig.task_first) * TASK_BYTES;
        ledger_max = ledger > ledger_max ? ledger : ledger_max;
        tasks_max = tasks > tasks_max ? tasks : tasks_max;
    }
    /* The last snapshot, what came since, the next one, and the round in which it came. */
    int64_t live = rig.image_bytes_max;
    int64_t growth = 2 * live > FLOOR_BYTES ? 2 * live : FLOOR_BYTES;
    int64_t bound = live + growth + live + (int64_t)TASKS_A_ROUND * TASK_BYTES;
    int64_t all_tasks = rig.task_next * TASK_BYTES;
    assert_true(ledger_max <= bound);
    assert_true(tasks_max <= bound);
    /* Else it would show nothing. */
    assert_true(all_tasks > 5 * bound && rig.below[rig.ledger_next] > 5 * bound);
    munmap(memory, ENGINE_BYTES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_that_was_full_takes_tasks_again),
        cmocka_unit_test(ledger_and_tasks_grow_with_what_is_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
