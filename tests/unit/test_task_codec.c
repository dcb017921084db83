/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: what is written reads back the same, and nothing else reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "wire/task_codec.h"

enum { ROUNDS = 2000 };

static struct random random_state = {.state = 11};
static char pool[4096];
static struct fault fault;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, TASK_BYTES_MAX);
    for (size_t i = 0; i < sizeof pool; i++)
        pool[i] = (char)random_next(&random_state);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static uint64_t below(uint64_t bound)
{
    return random_below(&random_state, bound);
}

static struct view some_text(size_t min, size_t max)
{
    size_t n = below(4) == 0 ? max : min + below(max - min + 1);
    return n == 0 ? VIEW_NONE : (struct view){pool + below(sizeof pool - n), n};
}

static int64_t some_time(void)
{
    return below(4) == 0 ? TIME_NONE : (int64_t)(random_next(&random_state) >> below(60));
}

static struct task some_task(void)
{
    struct task task = {
        .type = (enum task_type)(TASK_REBOOT + below(3)),
        .kind = (enum reboot_kind)below(REBOOT_KIND_N),
        .allow_repeat = below(2),
        .source = {(int32_t)below(INT32_MAX), (int64_t)(random_next(&random_state) >> 1),
                   (int32_t)below(INSTANCES_PER_REQUEST_MAX), (uint32_t)below(5)},
        .pool = (uint32_t)random_next(&random_state),
        .record_ms = some_time(),
        .requested_ms = some_time(),
        .not_before_ms = some_time(),
        .expires_ms = some_time(),
        .request_id = some_text(1, REQUEST_ID_DEFAULT_BYTES_MAX),
        .region = some_text(0, REGION_BYTES_MAX),
        .requested_by = some_text(0, NOTE_BYTES_MAX),
        .reason = some_text(0, NOTE_BYTES_MAX),
        .traceparent = some_text(0, TRACEPARENT_BYTES_MAX),
        .tracestate = some_text(0, TRACESTATE_BYTES_MAX),
    };
    bool refused = task.type == TASK_REFUSED;
    task.instance_id = some_text(refused ? 0 : 1, INSTANCE_ID_BYTES_MAX);
    if (refused) {
        task.error_code = some_text(1, 128);
        task.error_message = some_text(0, TASK_MESSAGE_BYTES_MAX);
    }
    return task;
}

static void assert_same(const struct task *a, const struct task *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->allow_repeat, b->allow_repeat);
    assert_int_equal(a->source.partition, b->source.partition);
    assert_true(a->source.offset == b->source.offset);
    assert_int_equal(a->source.index, b->source.index);
    assert_int_equal(a->source.generation, b->source.generation);
    assert_int_equal(a->pool, b->pool);
    assert_true(a->record_ms == b->record_ms && a->requested_ms == b->requested_ms);
    assert_true(a->not_before_ms == b->not_before_ms && a->expires_ms == b->expires_ms);
    assert_true(view_equals(a->request_id, b->request_id));
    assert_true(view_equals(a->instance_id, b->instance_id));
    assert_true(view_equals(a->region, b->region));
    assert_true(view_equals(a->requested_by, b->requested_by));
    assert_true(view_equals(a->reason, b->reason));
    assert_true(view_equals(a->traceparent, b->traceparent));
    assert_true(view_equals(a->tracestate, b->tracestate));
    assert_true(view_equals(a->error_code, b->error_code));
    assert_true(view_equals(a->error_message, b->error_message));
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const struct task task = some_task();
        struct task again;
        buf_clear(&out);
        assert_int_equal(task_encode(&task, &out, &fault), ERR_OK);
        assert_int_equal(task_decode(buf_view(&out), &again, &fault), ERR_OK);
        assert_same(&task, &again);
    }
}

static void a_damaged_task_is_refused_and_leaves_the_callers_alone(void **state)
{
    const struct task task = some_task();
    (void)state;
    buf_clear(&out);
    assert_int_equal(task_encode(&task, &out, &fault), ERR_OK);
    for (size_t bit = 0; bit < out.n * 8; bit++) {
        struct task kept = {.source.offset = 77};
        out.p[bit / 8] = (char)(out.p[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(task_decode(buf_view(&out), &kept, &fault), ERR_INVALID);
        assert_int_equal(kept.source.offset, 77);
        out.p[bit / 8] = (char)(out.p[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t n = 0; n < out.n; n++) {
        struct task kept;
        assert_int_equal(task_decode((struct view){out.p, n}, &kept, &fault), ERR_INVALID);
    }
}

/* The bytes with the checksum that fits them. */
static enum err decode_sealed(const void *bytes, size_t n)
{
    char sealed[64];
    struct task task;
    assert_true(n + 4 <= sizeof sealed);
    memcpy(sealed, bytes, n);
    uint32_t sum = crc32c(0, sealed, n);
    for (size_t i = 0; i < 4; i++)
        sealed[n + i] = (char)(uint8_t)(sum >> 8 * i);
    return task_decode((struct view){sealed, n + 4}, &task, &fault);
}

static const struct task least = {
    .type = TASK_REBOOT,
    .record_ms = TIME_NONE,
    .requested_ms = TIME_NONE,
    .not_before_ms = TIME_NONE,
    .expires_ms = TIME_NONE,
    .request_id = {"r", 1},
    .instance_id = {"i", 1},
};

static void what_this_program_does_not_know_is_refused_by_name(void **state)
{
    static const struct {
        size_t at;
        char value;
        const char *says;
    } rows[] = {
        {0, 2, "format 2"}, {1, 4, "type"}, {1, 0, "type"}, {2, 4, "kind"}, {3, 2, "allow"}};
    (void)state;
    buf_clear(&out);
    assert_int_equal(task_encode(&least, &out, &fault), ERR_OK);
    char bytes[64];
    size_t n = out.n - 4;
    memcpy(bytes, out.p, n);
    assert_int_equal(decode_sealed(bytes, n), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(bytes, out.p, n);
        bytes[rows[i].at] = rows[i].value;
        assert_int_equal(decode_sealed(bytes, n), ERR_INVALID);
        assert_non_null(strstr(fault.text, rows[i].says));
    }
    memcpy(bytes, out.p, n);
    bytes[n] = 0;
    assert_int_equal(decode_sealed(bytes, n + 1), ERR_INVALID);
    assert_non_null(strstr(fault.text, "follow"));
}

static void limits_hold_when_writing_too(void **state)
{
    struct task bad[] = {least, least, least, least, least, least};
    static const char *const fields[] = {"requestId", "requestId",  "instanceId",
                                         "reason",    "tracestate", "error code"};
    (void)state;
    bad[0].request_id = VIEW_NONE;
    bad[1].request_id = (struct view){pool, REQUEST_ID_DEFAULT_BYTES_MAX + 1};
    bad[2].instance_id = VIEW_NONE;
    bad[3].reason = (struct view){pool, NOTE_BYTES_MAX + 1};
    bad[4].tracestate = (struct view){pool, TRACESTATE_BYTES_MAX + 1};
    bad[5].error_code = VIEW_LIT("only refusals have one");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buf_clear(&out);
        assert_int_equal(buf_append_text(&out, "before"), ERR_OK);
        assert_int_equal(task_encode(&bad[i], &out, &fault), ERR_INVALID);
        assert_non_null(strstr(fault.text, fields[i]));
        assert_true(view_is(buf_view(&out), "before"));
    }
}

static void a_full_buffer_is_a_limit_and_stays_as_it_was(void **state)
{
    struct buf small;
    (void)state;
    buf_clear(&out);
    assert_int_equal(task_encode(&least, &out, &fault), ERR_OK);
    for (size_t room = 1; room < out.n; room++) {
        buf_init(&small, room);
        assert_int_equal(task_encode(&least, &small, &fault), ERR_LIMIT);
        assert_int_equal(small.n, 0);
        buf_release(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(a_damaged_task_is_refused_and_leaves_the_callers_alone),
        cmocka_unit_test(what_this_program_does_not_know_is_refused_by_name),
        cmocka_unit_test(limits_hold_when_writing_too),
        cmocka_unit_test(a_full_buffer_is_a_limit_and_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
