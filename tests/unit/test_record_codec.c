/* SPDX-License-Identifier: Apache-2.0
 *
 * Ledger records: what is written can be read back the same, and nothing else can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/instant.h"
#include "base/random.h"
#include "wire/record_codec.h"
#include "wire/record_text.h"

enum { ROUNDS = 4000, TEXT_POOL = 8192 };

/* Everything that a random record points to. */
static struct {
    struct random random;
    char text[TEXT_POOL];
    struct record_scratch arrays;
    struct record record;
} made;

static struct record_scratch scratch;

static uint32_t below(uint32_t bound)
{
    return (uint32_t)random_below(&made.random, bound);
}

static struct view some_text(size_t min, size_t max)
{
    size_t n = below(4) == 0 ? max : min + below((uint32_t)(max - min < 20 ? max - min + 1 : 20));
    return n == 0 ? VIEW_NONE : (struct view){made.text + below((uint32_t)(TEXT_POOL - n)), n};
}

static int64_t some_i64(void)
{
    uint64_t wide = random_next(&made.random);
    return (int64_t)(below(4) == 0 ? wide : wide >> (20 + below(40)));
}

static int64_t some_time(void)
{
    return below(4) == 0 ? TIME_NONE : 1700000000000 + below(1000000);
}

static int64_t some_offset(void)
{
    return (int64_t)(random_next(&made.random) >> (1 + below(60)));
}

static struct limits some_limits(void)
{
    return (struct limits){below(1000), below(1000), UINT32_MAX - below(3)};
}

static struct dispatch_id some_dispatch(void)
{
    return (struct dispatch_id){random_next(&made.random), below(100000)};
}

/* Often like the one before, as the tasks of one request are. */
static struct task_op some_op(const struct task_op *before)
{
    struct task_op op = {.task_ms = some_time()};
    if (before != NULL)
        op = *before;
    struct task *task = &op.task;
    if (before == NULL || below(2) == 0) {
        task->type = 1 + below(3);
        task->kind = below(4);
        task->allow_repeat = below(2);
        task->source.partition = (int32_t)below(100);
        task->source.offset = some_offset();
        task->record_ms = some_time();
        task->requested_ms = some_time();
        task->not_before_ms = some_time();
        task->expires_ms = some_time();
        op.serves_after_ms = some_time();
    }
    if (before == NULL || below(2) == 0) {
        task->request_id = some_text(1, REQUEST_ID_DEFAULT_BYTES_MAX);
        task->region = some_text(0, REGION_BYTES_MAX);
        task->requested_by = some_text(0, NOTE_BYTES_MAX);
        task->reason = some_text(0, NOTE_BYTES_MAX);
        task->traceparent = some_text(0, TRACEPARENT_BYTES_MAX);
        task->tracestate = some_text(0, TRACESTATE_BYTES_MAX);
        task->error_code = some_text(0, 128);
        task->error_message = some_text(0, 512);
        op.reject_code = some_text(0, 128);
        op.reject_message = some_text(0, 512);
    }
    task->source.index = (int32_t)below(1000);
    task->instance_id = some_text(task->type == TASK_REFUSED ? 0 : 1, INSTANCE_ID_BYTES_MAX);
    return op;
}

static uint32_t some_ids(void)
{
    uint32_t n = below(101);
    for (uint32_t i = 0; i < n; i++)
        made.arrays.u.instance_ids[i] = some_text(1, INSTANCE_ID_BYTES_MAX);
    return n;
}

static void fill_claim(struct record *record)
{
    record->epoch = 0;
    record->seq = 0;
    record->u.claim.pool = some_text(0, 255);
    record->u.claim.worker = some_text(0, 255);
    record->u.claim.nonce = random_next(&made.random);
    record->u.claim.format = below(5);
    record->u.claim.dry_run = below(2);
    record->u.claim.limits = some_limits();
}

static void fill_tasks(struct record *record)
{
    record->u.tasks.cursor = some_i64();
    record->u.tasks.op_n = below(below(20) == 0 ? 100 : 10);
    record->u.tasks.ops = made.arrays.u.ops;
    for (uint32_t i = 0; i < record->u.tasks.op_n; i++)
        made.arrays.u.ops[i] = some_op(i > 0 ? &made.arrays.u.ops[i - 1] : NULL);
}

static void fill_intent(struct record *record)
{
    record->u.intent.dispatch = some_dispatch();
    record->u.intent.kind = below(4);
    record->u.intent.decided_ms = some_time();
    record->u.intent.sign_s = some_i64();
    record->u.intent.batch_size = below(101);
    record->u.intent.region = some_text(0, REGION_BYTES_MAX);
    record->u.intent.instance_ids = made.arrays.u.instance_ids;
    record->u.intent.instance_n = some_ids();
}

static void fill_answer(struct record *record)
{
    record->u.answer.dispatch = some_dispatch();
    record->u.answer.api_request_id = some_text(0, 64);
    record->u.answer.batch_size = below(101);
    record->u.answer.max_attempts = below(20);
    record->u.answer.final_dispatch = below(2);
    record->u.answer.error_source = below(4);
    record->u.answer.error_code = some_text(0, 128);
    record->u.answer.error_message = some_text(0, 512);
    record->u.answer.member_n = below(101);
    record->u.answer.members = made.arrays.u.members;
    for (uint32_t i = 0; i < record->u.answer.member_n; i++)
        made.arrays.u.members[i] = (struct member){
            .instance_id = some_text(1, INSTANCE_ID_BYTES_MAX),
            .verdict = 1 + below(5),
            .flags = below(4),
            .next_ms = some_time(),
        };
}

static void fill_seen(struct record *record)
{
    record->u.seen.item_n = below(101);
    record->u.seen.items = made.arrays.u.seen;
    for (uint32_t i = 0; i < record->u.seen.item_n; i++)
        made.arrays.u.seen[i] = (struct seen){
            .instance_id = some_text(1, INSTANCE_ID_BYTES_MAX),
            .finding = FOUND_WENT + below(FOUND_NO_TRACE_UP),
            .error_code = some_text(0, 128),
            .error_message = some_text(0, 512),
        };
}

static void fill_shut(struct record *record)
{
    record->u.shut.item_n = below(101);
    record->u.shut.items = made.arrays.u.shut;
    for (uint32_t i = 0; i < record->u.shut.item_n; i++)
        made.arrays.u.shut[i] = (struct shut){
            .instance_id = some_text(1, INSTANCE_ID_BYTES_MAX),
            .request_id = some_text(1, REQUEST_ID_DEFAULT_BYTES_MAX),
            .status = OUTCOME_EXPIRED + below(2),
        };
}

static void fill_begin(struct record *record)
{
    record->u.begin.cursor = some_i64();
    record->u.begin.published = some_i64();
    record->u.begin.pool = some_text(0, 255);
    record->u.begin.worker = some_text(0, 255);
    record->u.begin.dry_run = below(2);
    record->u.begin.limits = some_limits();
    record->u.begin.source_n = below(200);
    record->u.begin.sources = made.arrays.u.sources;
    for (uint32_t i = 0; i < record->u.begin.source_n; i++)
        made.arrays.u.sources[i] = (struct source_position){(int32_t)below(200), some_offset(),
                                                            (int32_t)below(1000), below(3)};
}

static void fill_reply(struct record *record)
{
    record->epoch = 0;
    record->seq = 0;
    record->u.reply.dispatch = some_dispatch();
    record->u.reply.worker = some_text(0, 255);
    record->u.reply.sent = below(2);
    record->u.reply.error_source = below(4);
    record->u.reply.api_request_id = some_text(0, 64);
    record->u.reply.error_code = some_text(0, 128);
    record->u.reply.error_message = some_text(0, 512);
    record->u.reply.batch_size = below(101);
    record->u.reply.instance_ids = made.arrays.u.instance_ids;
    record->u.reply.instance_n = some_ids();
}

static void fill_image(struct record *record)
{
    struct image_room *room = &made.arrays.u.images;
    memset(room, 0, sizeof *room);
    room->requests[0].texts[0] = some_text(1, REQUEST_ID_DEFAULT_BYTES_MAX);
    room->image_n = 1 + below(IMAGES_MAX);
    for (uint32_t i = 0; i < room->image_n; i++) {
        bool waits = below(2);
        room->images[i] = (struct image){.instance_id = some_text(1, INSTANCE_ID_BYTES_MAX),
                                         .phase = waits,
                                         .next_ms = TIME_NONE,
                                         .requests = room->requests,
                                         .request_n = waits};
    }
    record->u.image.images = room->images;
    record->u.image.image_n = room->image_n;
}

static void fill_rest(struct record *record)
{
    if (record->kind == RECORD_MARK) {
        record->u.mark.cursor = some_i64();
        record->u.mark.published = some_i64();
    }
}

static const struct record *some_record(enum record_kind kind)
{
    static void (*const fill[])(struct record *) = {
        [RECORD_CLAIM] = fill_claim,   [RECORD_TASKS] = fill_tasks, [RECORD_INTENT] = fill_intent,
        [RECORD_ANSWER] = fill_answer, [RECORD_SEEN] = fill_seen,   [RECORD_SHUT] = fill_shut,
        [RECORD_MARK] = fill_rest,     [RECORD_BEGIN] = fill_begin, [RECORD_IMAGE] = fill_image,
        [RECORD_END] = fill_rest,      [RECORD_REPLY] = fill_reply,
    };
    memset(&made.record, 0, sizeof made.record);
    made.record.kind = kind;
    made.record.epoch = some_offset();
    made.record.seq = (uint32_t)random_next(&made.random);
    fill[kind](&made.record);
    return &made.record;
}

/* Both rendered in full: every field is in one of the two, but for those that only bytes show. */
static void expect_same(const struct record *a, const struct record *b)
{
    struct buf texts[2];
    const struct record *const records[] = {a, b};
    for (int i = 0; i < 2; i++) {
        const struct record_line line = {.valid = true, .record = records[i]};
        buf_init(&texts[i], 8 * 1024 * 1024);
        assert_int_equal(record_json_write(&line, &texts[i]), ERR_OK);
        assert_int_equal(record_text_write(&line, &texts[i]), ERR_OK);
    }
    size_t at = 0;
    while (at < texts[0].n && texts[0].p[at] == texts[1].p[at])
        at++;
    if (at < texts[0].n || at < texts[1].n)
        fail_msg("%s differs: %.80s\n--- read back: %.80s", record_kind_name(a->kind),
                 texts[0].p + at, texts[1].p + at);
    buf_release(&texts[0]);
    buf_release(&texts[1]);
}

static void encode(const struct record *record, struct buf *out)
{
    struct fault fault;
    buf_init(out, RECORD_BYTES_MAX);
    if (record_encode(record, out, &fault) != ERR_OK)
        fail_msg("%s: %s", record_kind_name(record->kind), fault.text);
}

static void expect_ops_equal(const struct task_op *a, const struct task_op *b)
{
    const struct view left[] = {a->task.request_id,   a->task.instance_id, a->task.region,
                                a->task.requested_by, a->task.reason,      a->task.traceparent,
                                a->task.tracestate,   a->task.error_code,  a->task.error_message,
                                a->reject_code,       a->reject_message};
    const struct view right[] = {b->task.request_id,   b->task.instance_id, b->task.region,
                                 b->task.requested_by, b->task.reason,      b->task.traceparent,
                                 b->task.tracestate,   b->task.error_code,  b->task.error_message,
                                 b->reject_code,       b->reject_message};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        assert_true(view_equals(left[i], right[i]));
    assert_int_equal(a->task.type, b->task.type);
    assert_int_equal(a->task.kind, b->task.kind);
    assert_int_equal(a->task.allow_repeat, b->task.allow_repeat);
    assert_int_equal(a->task.source.partition, b->task.source.partition);
    assert_int_equal(a->task.source.offset, b->task.source.offset);
    assert_int_equal(a->task.source.index, b->task.source.index);
    assert_true(a->task.record_ms == b->task.record_ms);
    assert_true(a->task.requested_ms == b->task.requested_ms);
    assert_true(a->task.not_before_ms == b->task.not_before_ms);
    assert_true(a->task.expires_ms == b->task.expires_ms);
    assert_true(a->task_ms == b->task_ms);
    assert_true(a->serves_after_ms == b->serves_after_ms);
}

static void random_records_round_trip(void **state)
{
    (void)state;
    made.random = (struct random){20190719};
    for (size_t i = 0; i < TEXT_POOL; i++)
        made.text[i] = (char)('!' + below(90));
    for (int round = 0; round < ROUNDS; round++) {
        const struct record *record = some_record(1 + (uint32_t)round % 11);
        struct buf bytes;
        struct buf again;
        struct record read;
        struct fault fault;
        encode(record, &bytes);
        if (record_decode(buf_view(&bytes), &scratch, &read, &fault) != ERR_OK)
            fail_msg("round %d, %s: %s", round, record_kind_name(record->kind), fault.text);
        expect_same(record, &read);
        if (record->kind == RECORD_TASKS)
            for (uint32_t i = 0; i < record->u.tasks.op_n; i++)
                expect_ops_equal(&record->u.tasks.ops[i], &read.u.tasks.ops[i]);
        encode(&read, &again);
        assert_true(view_equals(buf_view(&bytes), buf_view(&again)));
        buf_release(&bytes);
        buf_release(&again);
    }
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    made.random = (struct random){7};
    for (uint32_t kind = RECORD_CLAIM; kind <= RECORD_REPLY; kind++) {
        struct buf bytes;
        struct record read;
        struct fault fault;
        encode(some_record(kind), &bytes);
        for (size_t bit = 0; bit < 8 * bytes.n && bit < 16000; bit++) {
            bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ (1 << bit % 8));
            assert_int_equal(record_decode(buf_view(&bytes), &scratch, &read, &fault), ERR_INVALID);
            bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ (1 << bit % 8));
        }
        for (size_t n = 0; n < bytes.n; n++)
            assert_int_equal(record_decode((struct view){bytes.p, n}, &scratch, &read, &fault),
                             ERR_INVALID);
        buf_release(&bytes);
    }
}

/* With the checksum made right again, so that the field itself is judged. */
static enum err decode_sealed(const uint8_t *bytes, size_t n, struct fault *fault)
{
    uint8_t sealed[256];
    struct record read;
    memcpy(sealed, bytes, n);
    uint32_t sum = crc32c(0, sealed, n);
    for (int i = 0; i < 4; i++)
        sealed[n + (size_t)i] = (uint8_t)(sum >> 8 * i);
    return record_decode((struct view){(const char *)sealed, n + 4}, &scratch, &read, fault);
}

static void what_breaks_a_limit_is_refused_with_its_name(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[32];
        size_t n;
        const char *says; /* NULL: good */
    } cases[] = {
        {{1, RECORD_END, 10, 3}, 4, NULL},
        {{2, RECORD_END, 10, 3}, 4, "format 2"},
        {{0, RECORD_END, 10, 3}, 4, "format 0"},
        {{1, 0, 10, 3}, 4, "kind 0"},
        {{1, 12, 10, 3}, 4, "kind 12"},
        {{1, RECORD_END, 10, 3, 0}, 5, "follow its end"},
        {{1, RECORD_END, 9, 3}, 4, "epoch"},          /* -5 */
        {{1, RECORD_END, 0x8a, 0x00, 3}, 5, "epoch"}, /* 10 in two bytes */
        {{1, RECORD_END, 10, 0xff, 0xff, 0xff, 0xff, 0x1f}, 8, "seq"},
        {{1, RECORD_TASKS, 10, 3, 0, 0x81, 0x04}, 7, "tasks"}, /* 513 */
        {{1, RECORD_SEEN, 10, 3, 1, 0, 1, 0, 0}, 9, "instanceId"},
        {{1, RECORD_SEEN, 10, 3, 1, 1, 'a', FOUND_NO_TRACE_UP + 1, 0, 0}, 10, "finding"},
        {{1, RECORD_SEEN, 10, 3, 1, 1, 'a', 8, 0, 0}, 10, NULL},
        {{1, RECORD_SEEN, 10, 3, 2, 1, 'a', 8, 0, 0}, 10, "instanceId"},
        {{1, RECORD_SHUT, 10, 3, 1, 1, 'a', 1, 'r', 8}, 10, NULL},
        {{1, RECORD_SHUT, 10, 3, 1, 1, 'a', 1, 'r', 7}, 10, "status"},
        {{1, RECORD_SHUT, 10, 3, 1, 1, 'a', 5, 'r', 8}, 10, "requestId"},
        {{1, RECORD_IMAGE, 10, 3, 0}, 5, "images"},
        {{1, RECORD_IMAGE, 10, 3, 1, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16, NULL},
        {{1, RECORD_IMAGE, 10, 3, 1, 1, 'a', 5, 0, 0, 0, 0, 0, 0, 0, 0}, 16, "phase"},
        {{1, RECORD_IMAGE, 10, 3, 1, 1, 'a', 1, 0, 0, 0, 0, 0, 0, 0, 0}, 16, "phase"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault fault = {""};
        enum err err = decode_sealed(cases[i].bytes, cases[i].n, &fault);
        if (err != (cases[i].says == NULL ? ERR_OK : ERR_INVALID))
            fail_msg("case %zu: %s", i, fault.text);
        if (cases[i].says != NULL && strstr(fault.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, fault.text);
    }
}

static void what_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    struct buf out;
    struct fault fault;
    static char long_text[NOTE_BYTES_MAX + RECORD_OPS_MAX];
    static struct task_op ops[RECORD_OPS_MAX];
    for (size_t i = 0; i < sizeof long_text; i++)
        long_text[i] = (char)('a' + i % 23);
    for (uint32_t i = 0; i < RECORD_OPS_MAX; i++)
        ops[i] = (struct task_op){.task = {.type = TASK_REBOOT,
                                           .request_id = VIEW_LIT("r"),
                                           .instance_id = VIEW_LIT("i"),
                                           .requested_by = {long_text + i, NOTE_BYTES_MAX},
                                           .reason = {long_text + i, NOTE_BYTES_MAX}}};
    const struct view long_id = {long_text, INSTANCE_ID_BYTES_MAX + 1};
    buf_init(&out, 2 * 1024 * 1024);
    assert_int_equal(buf_append_text(&out, "before"), ERR_OK);
    struct record record = {.kind = RECORD_INTENT,
                            .u.intent = {.instance_ids = &long_id, .instance_n = 1}};
    assert_int_equal(record_encode(&record, &out, &fault), ERR_INVALID);
    record = (struct record){.kind = RECORD_MARK, .epoch = -1};
    assert_int_equal(record_encode(&record, &out, &fault), ERR_INVALID);
    record = (struct record){.kind = RECORD_TASKS, .u.tasks = {.ops = ops, .op_n = RECORD_OPS_MAX}};
    assert_int_equal(record_encode(&record, &out, &fault), ERR_LIMIT);
    assert_string_equal(out.p, "before");
    assert_int_equal(out.n, 6);
    buf_release(&out);
    buf_init(&out, 20);
    record.u.tasks.op_n = 1;
    assert_int_equal(record_encode(&record, &out, &fault), ERR_LIMIT);
    assert_int_equal(out.n, 0);
    buf_release(&out);
}

static void the_tasks_of_one_request_are_small_together(void **state)
{
    (void)state;
    struct buf bytes;
    struct record record = {.kind = RECORD_TASKS, .epoch = 1000000, .seq = 17};
    static char ids[RECORD_OPS_MAX][13];
    record.u.tasks.ops = made.arrays.u.ops;
    record.u.tasks.op_n = RECORD_OPS_MAX;
    for (uint32_t i = 0; i < RECORD_OPS_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "ein-%08x", i);
        made.arrays.u.ops[i] = (struct task_op){
            .task = {.type = TASK_REBOOT,
                     .source = {3, 123456, (int32_t)i, 0},
                     .record_ms = 1700000000000,
                     .requested_ms = 1699999999000,
                     .not_before_ms = TIME_NONE,
                     .expires_ms = 1700086400000,
                     .request_id = VIEW_LIT("0b1f9c1e-6a6d-4b0e-9f57-3f2f0c6d7a11"),
                     .instance_id = {ids[i], 12},
                     .region = VIEW_LIT("ap-xian-ecm"),
                     .reason = VIEW_LIT("health check failed")},
            .task_ms = 1700000000100 + i / 50,
            .serves_after_ms = 1699999699000,
        };
    }
    encode(&record, &bytes);
    assert_in_range(bytes.n, 1, RECORD_OPS_MAX * 25);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_records_round_trip),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(what_breaks_a_limit_is_refused_with_its_name),
        cmocka_unit_test(what_cannot_be_read_is_not_written),
        cmocka_unit_test(the_tasks_of_one_request_are_small_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
