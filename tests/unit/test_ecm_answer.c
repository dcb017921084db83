/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers are judged by their body, and whatever cannot be understood says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "wire/ecm_answer.h"
#include "wire/http_date.h"

static struct ecm_reading reading;

static struct answer read_answer(enum call_action action, long status, const char *body)
{
    struct answer answer;
    struct ecm_reply reply = {.status = status, .body = view_of(body)};
    ecm_answer_read(action, &reply, &reading, &answer);
    return answer;
}

static int set_up(void **state)
{
    (void)state;
    ecm_reading_init(&reading);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ecm_reading_release(&reading);
    return 0;
}

static void a_success_is_a_request_id_and_no_error(void **state)
{
    (void)state;
    struct answer answer =
        read_answer(CALL_REBOOT, 200, "{\"Response\":{\"RequestId\":\"9f1a-djl3424\"}}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.code.n, 0);
    assert_true(view_is(answer.api_request_id, "9f1a-djl3424"));
    /* The vendor's examples carry an empty one. */
    answer = read_answer(CALL_REBOOT, 200, "{\"Response\":{\"RequestId\":\"\",\"Error\":null}}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.code.n, 0);
}

static void an_error_code_counts_whatever_the_status(void **state)
{
    (void)state;
    const long statuses[] = {200, 400, 403, 502};
    for (size_t i = 0; i < 4; i++) {
        struct answer answer = read_answer(
            CALL_REBOOT, statuses[i],
            "{\"Response\":{\"Error\":{\"Code\":\"OperationDenied.InstanceOperationInProgress\","
            "\"Message\":\"\xe5\xae\x9e\xe4\xbe\x8b`['ein-1']`\\nbusy\"},\"RequestId\":\"r\"}}");
        assert_int_equal(answer.kind, ANSWER_API);
        assert_true(view_is(answer.code, "OperationDenied.InstanceOperationInProgress"));
        assert_true(view_is(answer.message, "\xe5\xae\x9e\xe4\xbe\x8b`['ein-1']`\nbusy"));
    }
}

static void what_is_not_an_answer_says_nothing(void **state)
{
    (void)state;
    const struct {
        long status;
        const char *body;
    } cases[] = {
        {200, ""},
        {200, "<html><body>502 Bad Gateway</body></html>"},
        {502, "<html></html>"},
        {502, "{\"Response\":{\"RequestId\":\"r\"}}"},
        {200, "{\"Response\":{}}"},
        {200, "{\"Response\":{\"RequestId\":7}}"},
        {200, "{\"Response\":{\"RequestId\":null}}"},
        {200, "{\"Response\":{\"RequestId\":\"r\"}"},
        {200, "{\"Response\":{\"RequestId\":\"r\"}} trailing"},
        {200, "{\"Response\":{\"RequestId\":\"r\"},\"Response\":{\"RequestId\":\"s\"}}"},
        {200, "{\"Response\":[]}"},
        {200, "[]"},
        {200, "{\"code\":4000,\"message\":\"old envelope\",\"codeDesc\":\"InternalError\"}"},
        {200, "{\"Response\":{\"Error\":{},\"RequestId\":\"r\"}}"},
        {200, "{\"Response\":{\"Error\":{\"Code\":\"\"},\"RequestId\":\"r\"}}"},
        {200, "{\"Response\":{\"Error\":\"InternalError\",\"RequestId\":\"r\"}}"},
        {200, "{\"Response\":{\"Error\":{\"Code\":\"a\\u001bb\"},\"RequestId\":\"r\"}}"},
        {200, "{\"Response\":{\"Error\":{\"Code\":5},\"RequestId\":\"r\"}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = read_answer(CALL_REBOOT, cases[i].status, cases[i].body);
        if (answer.kind != ANSWER_UNREADABLE)
            fail_msg("taken for an answer: %s", cases[i].body);
        assert_true(answer.code.n > 0 && memcmp(answer.code.p, "network.", 8) == 0);
        assert_true(answer.message.n > 0);
    }
}

static void every_prefix_of_an_answer_is_unreadable(void **state)
{
    (void)state;
    const char whole[] = "{\"Response\":{\"Error\":{\"Code\":\"InternalError\",\"Message\":\"m\"},"
                         "\"RequestId\":\"r\"}}";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct answer answer;
        struct ecm_reply reply = {.status = 200, .body = {whole, n}};
        ecm_answer_read(CALL_REBOOT, &reply, &reading, &answer);
        assert_int_equal(answer.kind, ANSWER_UNREADABLE);
    }
}

static void states_are_read_with_their_nulls(void **state)
{
    (void)state;
    struct answer answer = read_answer(
        CALL_DESCRIBE, 200,
        "{\"Response\":{\"TotalCount\":15,\"RequestId\":\"\",\"InstanceSet\":["
        "{\"InstanceId\":\"ein-1\",\"InstanceState\":\"RUNNING\",\"LatestOperation\":"
        "\"RebootInstances\",\"LatestOperationState\":\"SUCCESS\",\"Image\":null},"
        "{\"InstanceId\":\"ein-2\",\"InstanceState\":\"REBOOTING\",\"LatestOperation\":null},"
        "{\"InstanceId\":\"ein-3\",\"InstanceState\":\"MELTING\",\"LatestOperation\":\"\"},"
        "{\"InstanceId\":\"ein-4\",\"InstanceState\":null}]}}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.total_n, 15);
    assert_int_equal(answer.sighting_n, 4);
    assert_true(view_is(answer.sightings[0].instance_id, "ein-1"));
    assert_int_equal(answer.sightings[0].state, INSTANCE_RUNNING);
    assert_true(view_is(answer.sightings[0].latest_operation, "RebootInstances"));
    assert_true(view_is(answer.sightings[0].latest_operation_state, "SUCCESS"));
    assert_int_equal(answer.sightings[1].state, INSTANCE_REBOOTING);
    for (size_t i = 1; i < 4; i++) {
        assert_null(answer.sightings[i].latest_operation.p);
        assert_null(answer.sightings[i].latest_operation_state.p);
    }
    assert_int_equal(answer.sightings[2].state, INSTANCE_OTHER);
    assert_int_equal(answer.sightings[3].state, INSTANCE_OTHER);

    answer = read_answer(CALL_DESCRIBE, 200,
                         "{\"Response\":{\"TotalCount\":0,\"InstanceSet\":null,\"RequestId\":\"r\"}"
                         "}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.sighting_n, 0);
}

static void half_a_list_is_no_list(void **state)
{
    (void)state;
    const char *const bodies[] = {
        "{\"Response\":{\"InstanceSet\":[],\"RequestId\":\"r\"}}",
        "{\"Response\":{\"TotalCount\":-1,\"InstanceSet\":[],\"RequestId\":\"r\"}}",
        "{\"Response\":{\"TotalCount\":\"1\",\"InstanceSet\":[],\"RequestId\":\"r\"}}",
        "{\"Response\":{\"TotalCount\":1,\"InstanceSet\":{},\"RequestId\":\"r\"}}",
        "{\"Response\":{\"TotalCount\":1,\"InstanceSet\":[null],\"RequestId\":\"r\"}}",
        "{\"Response\":{\"TotalCount\":1,\"InstanceSet\":[{\"InstanceId\":\"\"}],\"RequestId\":"
        "\"\"}}",
        "{\"Response\":{\"TotalCount\":1,\"InstanceSet\":[{\"InstanceState\":1}],\"RequestId\":"
        "\"\"}}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_int_equal(read_answer(CALL_DESCRIBE, 200, bodies[i]).kind, ANSWER_UNREADABLE);
    struct buf body;
    buf_init(&body, ECM_ANSWER_BYTES_MAX);
    assert_int_equal(buf_append_text(&body, "{\"Response\":{\"TotalCount\":1,\"InstanceSet\":["),
                     ERR_OK);
    for (int i = 0; i < 101; i++)
        assert_int_equal(
            buf_append_text(&body, i ? ",{\"InstanceId\":\"e\"}" : "{\"InstanceId\":\"e\"}"),
            ERR_OK);
    assert_int_equal(buf_append_text(&body, "],\"RequestId\":\"r\"}}"), ERR_OK);
    assert_int_equal(read_answer(CALL_DESCRIBE, 200, body.p).kind, ANSWER_UNREADABLE);
    buf_release(&body);
}

static void denials_are_those_of_the_reboot(void **state)
{
    (void)state;
    struct answer answer = read_answer(
        CALL_DENIED, 200,
        "{\"Response\":{\"RequestId\":\"r\",\"InstanceOperatorSet\":["
        "{\"InstanceId\":\"ein-1\",\"DeniedActions\":[{\"Action\":\"StopInstances\",\"Code\":\"x\"}"
        ",{\"Action\":\"RebootInstances\",\"Code\":\"UnsupportedOperation.X\",\"Message\":\"why\"}]"
        "},{\"InstanceId\":\"ein-2\",\"DeniedActions\":null},"
        "{\"InstanceId\":\"ein-3\",\"DeniedActions\":[{\"Action\":\"RebootInstances\","
        "\"Code\":null,\"Message\":null}]}]}}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.denial_n, 2);
    assert_true(view_is(answer.denials[0].instance_id, "ein-1"));
    assert_true(view_is(answer.denials[0].code, "UnsupportedOperation.X"));
    assert_true(view_is(answer.denials[0].message, "why"));
    assert_true(view_is(answer.denials[1].instance_id, "ein-3"));
    assert_null(answer.denials[1].code.p);
    /* The vendor's example leaves the set out. */
    answer = read_answer(CALL_DENIED, 200, "{\"Response\":{\"RequestId\":\"r\"}}");
    assert_int_equal(answer.kind, ANSWER_API);
    assert_int_equal(answer.denial_n, 0);
}

static void the_date_header_is_read_strictly(void **state)
{
    (void)state;
    int64_t unix_s = 0;
    assert_int_equal(http_date_parse(VIEW_LIT("Sun, 06 Nov 1994 08:49:37 GMT"), &unix_s), ERR_OK);
    assert_int_equal(unix_s, 784111777);
    assert_int_equal(http_date_parse(VIEW_LIT("Thu, 29 Feb 2024 23:59:59 GMT"), &unix_s), ERR_OK);
    assert_int_equal(unix_s, 1709251199);
    const char *const bad[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nob 1994 08:49:37 GMT",
        "Sun, 31 Feb 2024 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(http_date_parse(view_of(bad[i]), &unix_s), ERR_INVALID);
    struct answer answer;
    struct ecm_reply reply = {.status = 502, .date = VIEW_LIT("Sun, 06 Nov 1994 08:49:37 GMT")};
    ecm_answer_read(CALL_REBOOT, &reply, &reading, &answer);
    assert_int_equal(answer.date_s, 784111777);
    assert_true(read_answer(CALL_REBOOT, 200, "").date_s == TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_is_a_request_id_and_no_error),
        cmocka_unit_test(an_error_code_counts_whatever_the_status),
        cmocka_unit_test(what_is_not_an_answer_says_nothing),
        cmocka_unit_test(every_prefix_of_an_answer_is_unreadable),
        cmocka_unit_test(states_are_read_with_their_nulls),
        cmocka_unit_test(half_a_list_is_no_list),
        cmocka_unit_test(denials_are_those_of_the_reboot),
        cmocka_unit_test(the_date_header_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
