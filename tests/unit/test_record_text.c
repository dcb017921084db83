/* SPDX-License-Identifier: Apache-2.0
 *
 * Ledger records as operators see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/record_text.h"

static void a_record_is_shown_with_the_fields_of_the_contract(void **state)
{
    (void)state;
    struct buf out;
    const struct view ids[] = {VIEW_LIT("ein-1"), VIEW_LIT("ein-2")};
    const struct record intent = {
        .kind = RECORD_INTENT,
        .epoch = 5,
        .seq = 2,
        .u.intent = {.dispatch = {0x1a, 3},
                     .kind = REBOOT_HARD,
                     .sign_s = 1700000000,
                     .batch_size = 7,
                     .instance_ids = ids,
                     .instance_n = 2},
    };
    struct record_line line = {.partition = 3,
                               .offset = 9,
                               .log_ms = 1700000000123,
                               .valid = true,
                               .worker = VIEW_LIT("w1"),
                               .record = &intent};
    buf_init(&out, 4096);
    assert_int_equal(record_json_write(&line, &out), ERR_OK);
    assert_string_equal(
        out.p, "{\"partition\":3,\"offset\":9,\"time\":\"2023-11-14T22:13:20.123Z\",\"epoch\":5,"
               "\"seq\":2,\"kind\":\"intent\",\"valid\":true,\"worker\":\"w1\",\"dispatchId\":"
               "\"1a-3\",\"instances\":[\"ein-1\",\"ein-2\"],\"detail\":{\"reboot\":\"HARD\","
               "\"region\":null,\"signedAt\":1700000000,\"batchSize\":7}}");
    buf_clear(&out);
    assert_int_equal(record_text_write(&line, &out), ERR_OK);
    assert_string_equal(out.p, "2023-11-14T22:13:20.123Z 3@9 valid intent epoch 5 seq 2 by w1 "
                               "dispatch 1a-3 HARD of 7: ein-1 ein-2");
    buf_clear(&out);
    const struct record claim = {
        .kind = RECORD_CLAIM,
        .u.claim = {.pool = VIEW_LIT("p"), .worker = VIEW_LIT("w2\xff"), .format = 1},
    };
    line.record = &claim;
    line.valid = false;
    assert_int_equal(record_json_write(&line, &out), ERR_OK);
    assert_non_null(strstr(out.p, "\"epoch\":9,\"seq\":null,\"kind\":\"claim\",\"valid\":false,"
                                  "\"worker\":\"(not UTF-8)\",\"dispatchId\":null,"
                                  "\"instances\":[]"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_shown_with_the_fields_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
