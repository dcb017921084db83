/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of the control topic: what the pool writes it reads, and what others write there does no
 * harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/control_json.h"

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const struct control_record records[] = {
        {.action = CONTROL_LEDGER_CLAIMED, .topic = "reboot.ledger", .partition = 11},
        {.action = CONTROL_INPUT_SEEN,
         .topic = "reboot.requests",
         .partition = 3,
         .seen = {INT64_C(1) << 40, 1700000000123, UINT32_MAX}},
        {.action = CONTROL_INPUT_RENEWED, .topic = "reboot.requests"},
        {.action = CONTROL_POOL_SEEN, .pool = {"blue \"team\"", "t", "l", "r"}},
    };
    struct buf bytes;
    struct fault fault;
    buf_init(&bytes, CONTROL_BYTES_MAX);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct control_record back;
        buf_clear(&bytes);
        assert_int_equal(control_write(&records[i], &bytes), ERR_OK);
        assert_int_equal(control_read(buf_view(&bytes), &back, &fault), ERR_OK);
        assert_int_equal(back.action, records[i].action);
        assert_string_equal(back.topic, records[i].topic);
        assert_int_equal(back.partition, records[i].partition);
        assert_int_equal(back.seen.offset, records[i].seen.offset);
        assert_int_equal(back.seen.time_ms, records[i].seen.time_ms);
        assert_int_equal(back.seen.checksum, records[i].seen.checksum);
        assert_memory_equal(&back.pool, &records[i].pool, sizeof back.pool);
    }
    buf_release(&bytes);
}

static void what_operators_write_is_let_pass(void **state)
{
    (void)state;
    static const char *const values[] = {
        "{\"action\":\"pause\",\"region\":null,\"reason\":\"x\",\"by\":\"me\",\"at\":\"now\"}",
        "{\"action\":\"resume\"}",
        "{\"action\":5}",
        "{}",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct control_record record;
        struct fault fault;
        assert_int_equal(control_read(view_of(values[i]), &record, &fault), ERR_OK);
        assert_int_equal(record.action, CONTROL_OTHER);
    }
}

static void what_lacks_a_field_or_is_no_object_is_refused(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        "{",
        "[]",
        "\"pause\"",
        "{\"action\":\"input-renewed\"}",
        "{\"action\":\"input-renewed\",\"topic\":7}",
        "{\"action\":\"ledger-claimed\",\"topic\":\"l\"}",
        "{\"action\":\"ledger-claimed\",\"topic\":\"l\",\"partition\":-1}",
        "{\"action\":\"ledger-claimed\",\"topic\":\"l\",\"partition\":2147483648}",
        "{\"action\":\"input-seen\",\"topic\":\"r\",\"partition\":0,\"offset\":1,\"time\":1}",
        "{\"action\":\"pool-seen\",\"group\":\"g\",\"tasks\":\"t\",\"ledger\":\"l\"}",
        ("{\"action\":\"input-seen\",\"topic\":\"r\",\"partition\":0,\"offset\":1,"
         "\"time\":1,\"checksum\":4294967296}"),
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct control_record record;
        struct fault fault = {""};
        if (control_read(view_of(values[i]), &record, &fault) != ERR_INVALID)
            fail_msg("%s is believed", values[i]);
        assert_true(fault.text[0] != '\0');
    }
    char topic[400];
    struct control_record record;
    struct fault fault;
    (void)snprintf(topic, sizeof topic, "{\"action\":\"input-renewed\",\"topic\":\"%0250d\"}", 0);
    assert_int_equal(control_read(view_of(topic), &record, &fault), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_operators_write_is_let_pass),
        cmocka_unit_test(what_lacks_a_field_or_is_no_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
