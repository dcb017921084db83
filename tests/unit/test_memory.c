/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine whose memory is at its ceiling takes no more tasks, and takes tasks again when what it
 * held is forgotten. The log gives back at once what is appended; the API never answers. */
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

enum { APPENDS_MAX = 256, PUBLISHES_MAX = 1024, AGE_MS = 60000, TEXT_BYTES = 1024 };

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
        }
    }
    return any;
}

static void come_back(struct append *append)
{
    struct record record;
    struct fault fault;
    struct view bytes = buf_view(&append->bytes);
    assert_int_equal(record_decode(bytes, &scratch, &record, &fault), ERR_OK);
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

static void feed_one(void)
{
    static char text[TEXT_BYTES];
    char id[32];
    memset(text, 'x', sizeof text);
    int n = snprintf(id, sizeof id, "ein-%08lld", (long long)rig.task_next);
    const struct task task = {.type = TASK_REBOOT,
                              .source = {0, rig.task_next, 0, 0},
                              .record_ms = rig.now.wall_us / 1000,
                              .requested_ms = TIME_NONE,
                              .not_before_ms = TIME_NONE,
                              .expires_ms = TIME_NONE,
                              .request_id = VIEW_LIT("request"),
                              .instance_id = {id, (size_t)n},
                              .requested_by = {text, sizeof text},
                              .reason = {text, sizeof text},
                              .tracestate = {text, TRACESTATE_BYTES_MAX}};
    step((struct event){.type = EV_TASK,
                        .offset = rig.task_next++,
                        .log_ms = rig.now.wall_us / 1000,
                        .task = &task});
}

/* As many tasks as it takes. */
static int64_t fill(void)
{
    int64_t before = rig.task_next;
    for (uint32_t room; (room = engine_task_room(rig.engine, 0)) > 0;) {
        while (room-- > 0)
            feed_one();
        settle();
        /* Marks are due once a second; what is not marked is kept. */
        pass(1);
    }
    return rig.task_next - before;
}

static void an_engine_that_was_full_takes_tasks_again(void **state)
{
    (void)state;
    void *memory = mmap(NULL, ENGINE_BYTES_MIN, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    const struct engine_options options = {.pool = VIEW_LIT("pool"),
                                           .worker = VIEW_LIT("w"),
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
                                           .snapshot_bytes_min = 1 << 20};
    rig.engine = engine_open(&options, memory, ENGINE_BYTES_MIN);
    rig.now = (struct now){.at = {1000000}, .wall_us = INT64_C(1767261600000000)};
    step((struct event){.type = EV_ASSIGNED});
    settle();
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_that_was_full_takes_tasks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
