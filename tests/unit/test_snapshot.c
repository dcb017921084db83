/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots: a reader that starts at a BEGIN knows what one knows that has read everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/image_entry.h"
#include "core/ledger.h"
#include "wire/record_codec.h"

enum { POOL_BYTES = 192 * 1024 * 1024, INSTANCES = 20 };
static const int64_t start_ms = 1700000000000;

static struct record_scratch scratch;
static struct image_room room;
static struct folded folded;

/* A log in memory: each record as its bytes, as a broker would keep it. */
struct log {
    struct buf records[64];
    int64_t n;
    uint32_t seq;
};

static void *memory_of(struct pool *pool)
{
    void *memory = aligned_alloc(4096, POOL_BYTES);
    assert_non_null(memory);
    pool_init(pool, memory, POOL_BYTES);
    return memory;
}

static void append(struct log *log, struct record record)
{
    struct fault fault;
    if (record.kind != RECORD_CLAIM)
        record.seq = log->seq++;
    assert_true(log->n < 64);
    buf_init(&log->records[log->n], RECORD_BYTES_MAX);
    assert_int_equal(record_encode(&record, &log->records[log->n], &fault), ERR_OK);
    log->n++;
}

static enum fold_result read_one(const struct log *log, int64_t offset, struct ledger *ledger)
{
    struct record record;
    struct fault fault;
    assert_int_equal(record_decode(buf_view(&log->records[offset]), &scratch, &record, &fault),
                     ERR_OK);
    return ledger_fold(ledger, offset, start_ms + offset * 1000, &record, &folded);
}

static void read_all(const struct log *log, int64_t from, struct ledger *ledger)
{
    for (int64_t offset = from; offset < log->n; offset++) {
        enum fold_result result = read_one(log, offset, ledger);
        assert_true(result == FOLD_APPLIED || result == FOLD_CLAIM);
    }
}

static void release(struct log *log)
{
    for (int64_t i = 0; i < log->n; i++)
        buf_release(&log->records[i]);
}

/* Everything that the ledger knows of one instance, as bytes. */
static void portrait(const struct ledger *ledger, struct view id, struct buf *out)
{
    struct fault fault;
    const struct entry *entry = table_find(&ledger->table, id);
    buf_clear(out);
    if (entry == NULL)
        return;
    room.image_n = room.request_n = room.closed_n = room.early_n = 0;
    assert_true(image_take(entry, &room));
    const struct record record = {.kind = RECORD_IMAGE,
                                  .u.image = {.images = room.images, .image_n = 1}};
    assert_int_equal(record_encode(&record, out, &fault), ERR_OK);
}

static struct view id_of(char text[16], int i)
{
    return (struct view){text, (size_t)snprintf(text, 16, "ein-%08d", i)};
}

static void expect_equal(const struct ledger *a, const struct ledger *b)
{
    struct buf portraits[2];
    char text[16];
    buf_init(&portraits[0], RECORD_BYTES_MAX);
    buf_init(&portraits[1], RECORD_BYTES_MAX);
    for (int i = 0; i < INSTANCES; i++) {
        portrait(a, id_of(text, i), &portraits[0]);
        portrait(b, id_of(text, i), &portraits[1]);
        if (!view_equals(buf_view(&portraits[0]), buf_view(&portraits[1])))
            fail_msg("%s differs", text);
    }
    assert_int_equal(a->table.entry_n, b->table.entry_n);
    assert_int_equal(a->cursor, b->cursor);
    assert_int_equal(a->published, b->published);
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->next_seq, b->next_seq);
    assert_memory_equal(a->phase_n, b->phase_n, sizeof a->phase_n);
    assert_memory_equal(&a->limits, &b->limits, sizeof a->limits);
    for (int32_t p = 0; p < 3; p++)
        for (int64_t offset = 0; offset < 45; offset++)
            assert_int_equal(sources_have(&a->sources, (struct source){p, offset, 0, 0}),
                             sources_have(&b->sources, (struct source){p, offset, 0, 0}));
    buf_release(&portraits[0]);
    buf_release(&portraits[1]);
}

/* ---- a history ---- */

static void claim(struct log *log)
{
    append(log, (struct record){.kind = RECORD_CLAIM,
                                .u.claim = {.pool = VIEW_LIT("pool"),
                                            .worker = VIEW_LIT("w"),
                                            .limits = {4, 4, 256 * 1024}}});
}

static struct task_op task_for(struct view id, int64_t offset, enum task_type type)
{
    return (struct task_op){
        .task = {.type = type,
                 .kind = offset % 3 == 0 ? REBOOT_HARD : REBOOT_SOFT,
                 .source = {(int32_t)(offset % 3), offset, 0, 0},
                 .record_ms = start_ms,
                 .requested_ms = start_ms - offset,
                 .not_before_ms = TIME_NONE,
                 .expires_ms = start_ms + 100000 + offset,
                 .request_id = VIEW_LIT("request"),
                 .instance_id = id,
                 .region = offset % 2 == 0 ? VIEW_LIT("ap-xian-ecm") : VIEW_NONE,
                 .reason = VIEW_LIT("why"),
                 .traceparent =
                     VIEW_LIT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")},
        .task_ms = start_ms + offset,
        .serves_after_ms = TIME_NONE,
    };
}

static void tasks(struct log *log, int first, int count)
{
    static struct task_op ops[INSTANCES];
    char texts[INSTANCES][16];
    for (int i = 0; i < count; i++)
        ops[i] =
            task_for(id_of(texts[i], first + i), first + i, i % 7 == 6 ? TASK_CANCEL : TASK_REBOOT);
    append(log, (struct record){
                    .kind = RECORD_TASKS,
                    .u.tasks = {.cursor = first + count, .ops = ops, .op_n = (uint32_t)count}});
}

static struct dispatch_id dispatch;

static void intent(struct log *log, enum reboot_kind kind, const struct view *ids, uint32_t n)
{
    append(log, (struct record){.kind = RECORD_INTENT,
                                .u.intent = {.dispatch = dispatch,
                                             .kind = kind,
                                             .decided_ms = start_ms,
                                             .sign_s = start_ms / 1000,
                                             .batch_size = n,
                                             .instance_ids = ids,
                                             .instance_n = n}});
}

static void answer(struct log *log, struct view id, enum member_verdict verdict)
{
    const struct member member = {
        .instance_id = id, .verdict = verdict, .flags = MEMBER_STRIKE, .next_ms = start_ms + 5};
    bool ok = verdict == MEMBER_SENT;
    append(log, (struct record){.kind = RECORD_ANSWER,
                                .u.answer = {.dispatch = dispatch,
                                             .api_request_id = VIEW_LIT("api-1"),
                                             .batch_size = 5,
                                             .max_attempts = 10,
                                             .error_source = ok ? ERROR_NONE : ERROR_API,
                                             .error_code = ok ? VIEW_NONE : VIEW_LIT("Some.Code"),
                                             .members = &member,
                                             .member_n = 1}});
}

static void saw(struct log *log, struct view id, enum finding finding)
{
    const struct seen seen = {.instance_id = id, .finding = finding};
    append(log, (struct record){.kind = RECORD_SEEN, .u.seen = {.items = &seen, .item_n = 1}});
}

/* Another one, weaker than the last. */
static void reboot_again(struct log *log, struct view id)
{
    struct task_op op = task_for(id, 40, TASK_REBOOT);
    op.task.request_id = VIEW_LIT("again");
    append(log, (struct record){.kind = RECORD_TASKS,
                                .u.tasks = {.cursor = INSTANCES, .ops = &op, .op_n = 1}});
    dispatch = (struct dispatch_id){7, 2};
    intent(log, REBOOT_SOFT, &id, 1);
    answer(log, id, MEMBER_SENT);
    saw(log, id, FOUND_RUNNING);
}

/* Entries in every phase: 0 rebooting, 1 unknown, 2 waiting again, 3 failed, 4 dispatching, 5
 * succeeded twice, 7 ended unknown, the others waiting, but for cancels that came first. */
static void history(struct log *log)
{
    static const enum member_verdict verdicts[] = {MEMBER_SENT, MEMBER_UNKNOWN, MEMBER_BACK,
                                                   MEMBER_FAILED};
    char texts[7][16];
    struct view ids[7];
    claim(log);
    tasks(log, 0, INSTANCES);
    for (int i = 0; i < 7; i++)
        ids[i] = id_of(texts[i], i < 6 ? i : 7);
    dispatch = (struct dispatch_id){7, 1};
    intent(log, REBOOT_HARD, ids, 7);
    for (int i = 0; i < 4; i++)
        answer(log, ids[i], verdicts[i]);
    answer(log, ids[5], MEMBER_SENT);
    saw(log, ids[5], FOUND_RUNNING);
    answer(log, ids[6], MEMBER_UNKNOWN);
    saw(log, ids[6], FOUND_NO_TRACE_UP);
    reboot_again(log, ids[5]);
    append(log, (struct record){.kind = RECORD_MARK, .u.mark = {.cursor = 20, .published = 4}});
}

static void begin(struct log *log, const struct ledger *ledger)
{
    append(log, (struct record){.kind = RECORD_BEGIN,
                                .u.begin = {.cursor = ledger->cursor,
                                            .published = ledger->published,
                                            .pool = {ledger->pool_name, ledger->pool_n},
                                            .worker = ledger_owner(ledger),
                                            .limits = ledger->limits,
                                            .sources = ledger->sources.at,
                                            .source_n = ledger->sources.count}});
}

static void images(struct log *log, const struct ledger *ledger, struct view but)
{
    room.image_n = room.request_n = room.closed_n = room.early_n = 0;
    for (struct entry *entry = table_next(&ledger->table, NULL); entry != NULL;
         entry = table_next(&ledger->table, entry))
        if (!view_equals(entry_id(entry), but))
            assert_true(image_take(entry, &room));
    append(log, (struct record){.kind = RECORD_IMAGE,
                                .u.image = {.images = room.images, .image_n = room.image_n}});
}

/* ---- promises ---- */

struct two {
    struct log log;
    struct ledger whole;
    struct ledger late;
    struct pool pools[2];
    void *memory[2];
};

static int open_two(void **state)
{
    struct two *two = calloc(1, sizeof *two);
    assert_non_null(two);
    for (int i = 0; i < 2; i++)
        two->memory[i] = memory_of(&two->pools[i]);
    ledger_init(&two->whole, &two->pools[0], 1, 0);
    ledger_init(&two->late, &two->pools[1], 2, 0);
    history(&two->log);
    read_all(&two->log, 0, &two->whole);
    *state = two;
    return 0;
}

static int close_two(void **state)
{
    struct two *two = *state;
    release(&two->log);
    for (int i = 0; i < 2; i++)
        free(two->memory[i]);
    free(two);
    return 0;
}

static void a_reader_from_the_begin_knows_what_one_from_the_start_knows(void **state)
{
    struct two *two = *state;
    int64_t from = two->log.n;
    char text[16];
    const struct entry *twice = table_find(&two->whole.table, id_of(text, 5));
    assert_non_null(twice->reboots->older);
    const struct entry *lost = table_find(&two->whole.table, id_of(text, 7));
    assert_non_null(lost->flight);
    begin(&two->log, &two->whole);
    images(&two->log, &two->whole, VIEW_NONE);
    append(&two->log, (struct record){.kind = RECORD_END});
    read_all(&two->log, from, &two->whole);
    read_all(&two->log, from, &two->late);
    expect_equal(&two->whole, &two->late);
    assert_int_equal(two->whole.snapshot, from);

    /* And goes on knowing it. */
    int64_t next = two->log.n;
    tasks(&two->log, 0, INSTANCES);
    claim(&two->log);
    two->log.seq = 0;
    tasks(&two->log, 20, 5);
    for (int64_t offset = next; offset < two->log.n; offset++) {
        struct record record;
        struct fault fault;
        struct view bytes = buf_view(&two->log.records[offset]);
        assert_int_equal(record_decode(bytes, &scratch, &record, &fault), ERR_OK);
        /* The new owner's decisions name its claim. */
        if (record.kind == RECORD_TASKS && offset > next + 1)
            record.epoch = next + 1;
        (void)ledger_fold(&two->whole, offset, start_ms + offset * 1000, &record, &folded);
        (void)ledger_fold(&two->late, offset, start_ms + offset * 1000, &record, &folded);
    }
    expect_equal(&two->whole, &two->late);
}

static void what_has_no_image_and_nothing_open_is_forgotten(void **state)
{
    struct two *two = *state;
    char text[16];
    struct view failed = id_of(text, 3);
    begin(&two->log, &two->whole);
    images(&two->log, &two->whole, failed);
    append(&two->log, (struct record){.kind = RECORD_END});
    uint32_t before = two->whole.table.entry_n;
    read_all(&two->log, two->log.n - 3, &two->whole);
    assert_null(table_find(&two->whole.table, failed));
    assert_int_equal(two->whole.table.entry_n, before - 1);
}

static void a_snapshot_that_lacks_an_open_request_is_not_believed(void **state)
{
    struct two *two = *state;
    char text[16];
    begin(&two->log, &two->whole);
    images(&two->log, &two->whole, id_of(text, 10));
    append(&two->log, (struct record){.kind = RECORD_END});
    int64_t end = two->log.n - 1;
    (void)read_one(&two->log, end - 2, &two->whole);
    (void)read_one(&two->log, end - 1, &two->whole);
    assert_int_equal(read_one(&two->log, end, &two->whole), FOLD_BROKEN);
}

static void a_snapshot_without_its_end_forgets_nothing(void **state)
{
    struct two *two = *state;
    char text[16];
    struct view failed = id_of(text, 3);
    begin(&two->log, &two->whole);
    images(&two->log, &two->whole, failed);
    claim(&two->log);
    read_all(&two->log, two->log.n - 3, &two->whole);
    assert_non_null(table_find(&two->whole.table, failed));
    assert_int_equal(two->whole.snapshot, -1);
    assert_int_equal(two->whole.begin, -1);
}

static void a_log_that_starts_in_the_middle_is_not_believed(void **state)
{
    struct two *two = *state;
    assert_int_equal(read_one(&two->log, 1, &two->late), FOLD_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_from_the_begin_knows_what_one_from_the_start_knows,
                                        open_two, close_two),
        cmocka_unit_test_setup_teardown(what_has_no_image_and_nothing_open_is_forgotten, open_two,
                                        close_two),
        cmocka_unit_test_setup_teardown(a_snapshot_that_lacks_an_open_request_is_not_believed,
                                        open_two, close_two),
        cmocka_unit_test_setup_teardown(a_snapshot_without_its_end_forgets_nothing, open_two,
                                        close_two),
        cmocka_unit_test_setup_teardown(a_log_that_starts_in_the_middle_is_not_believed, open_two,
                                        close_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
