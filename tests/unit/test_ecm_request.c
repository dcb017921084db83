/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of the three calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/ecm_request.h"

static const struct view ids[] = {{"ein-496721al", 12}, {"ein-438242bp", 12}};

static const struct credentials key_a = {
    .secret_id = {"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", 36},
    .secret_key = {"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", 32},
};

static struct ecm_options options_of(const char *host)
{
    return (struct ecm_options){
        .host = view_of(host),
        .service = VIEW_LIT("ecm"),
        .version = VIEW_LIT("2019-07-19"),
        .language = VIEW_LIT("en-US"),
    };
}

static void expect_body(const struct call *call, const char *want)
{
    struct buf body;
    struct fault fault;
    buf_init(&body, ECM_BODY_BYTES_MAX);
    assert_int_equal(ecm_body_write(call, &body, &fault), ERR_OK);
    assert_string_equal(body.p, want);
    buf_release(&body);
}

static void each_kind_of_reboot_says_at_most_one_thing(void **state)
{
    (void)state;
    struct call call = {.action = CALL_REBOOT, .instance_ids = ids, .instance_n = 2};
    expect_body(&call, "{\"InstanceIdSet\":[\"ein-496721al\",\"ein-438242bp\"]}");
    call.kind = REBOOT_SOFT_FIRST;
    expect_body(
        &call,
        "{\"InstanceIdSet\":[\"ein-496721al\",\"ein-438242bp\"],\"StopType\":\"SOFT_FIRST\"}");
    call.kind = REBOOT_HARD;
    expect_body(&call,
                "{\"InstanceIdSet\":[\"ein-496721al\",\"ein-438242bp\"],\"StopType\":\"HARD\"}");
    call.kind = REBOOT_FORCE;
    expect_body(&call,
                "{\"InstanceIdSet\":[\"ein-496721al\",\"ein-438242bp\"],\"ForceReboot\":true}");
}

static void reads_filter_by_id_or_by_state(void **state)
{
    (void)state;
    const enum instance_state states[] = {INSTANCE_REBOOTING, INSTANCE_STOPPED};
    struct call call = {.action = CALL_DESCRIBE, .instance_ids = ids, .instance_n = 2};
    expect_body(&call, "{\"Filters\":[{\"Name\":\"instance-id\",\"Values\":[\"ein-496721al\","
                       "\"ein-438242bp\"]}],\"Limit\":100}");
    call = (struct call){
        .action = CALL_DESCRIBE, .states = states, .state_n = 2, .offset = 300, .instance_n = 0};
    expect_body(&call, "{\"Filters\":[{\"Name\":\"instance-state\",\"Values\":[\"REBOOTING\","
                       "\"STOPPED\"]}],\"Offset\":300,\"Limit\":100,\"OrderByField\":\"timestamp\","
                       "\"OrderDirection\":1}");
    call = (struct call){
        .action = CALL_DENIED, .kind = REBOOT_HARD, .instance_ids = ids, .instance_n = 1};
    expect_body(&call, "{\"InstanceIdSet\":[\"ein-496721al\"]}");
}

static void what_the_api_cannot_take_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct view many[101];
    struct buf body;
    struct fault fault;
    for (size_t i = 0; i < 101; i++)
        many[i] = ids[0];
    struct view bad[] = {VIEW_LIT("ein-\"},x"), VIEW_LIT("a b"), VIEW_LIT("a\\"), VIEW_NONE};
    buf_init(&body, ECM_BODY_BYTES_MAX);
    assert_int_equal(buf_append_text(&body, "before"), ERR_OK);
    struct call call = {.action = CALL_REBOOT, .instance_ids = many, .instance_n = 101};
    assert_int_equal(ecm_body_write(&call, &body, &fault), ERR_INVALID);
    call.instance_n = 0;
    assert_int_equal(ecm_body_write(&call, &body, &fault), ERR_INVALID);
    call.action = CALL_DESCRIBE;
    call.instance_n = 6;
    assert_int_equal(ecm_body_write(&call, &body, &fault), ERR_INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        call = (struct call){.action = CALL_REBOOT, .instance_ids = &bad[i], .instance_n = 1};
        assert_int_equal(ecm_body_write(&call, &body, &fault), ERR_INVALID);
    }
    assert_string_equal(body.p, "before");
    buf_release(&body);
}

static bool has_header(const struct ecm_request *request, const char *line)
{
    for (size_t at = 0; at < request->headers.n; at += strlen(request->headers.p + at) + 1)
        if (strcmp(request->headers.p + at, line) == 0)
            return true;
    return false;
}

static bool mentions(const struct ecm_request *request, const char *name)
{
    for (size_t at = 0; at < request->headers.n; at += strlen(request->headers.p + at) + 1)
        if (strncmp(request->headers.p + at, name, strlen(name)) == 0)
            return true;
    return false;
}

static void a_request_is_signed_over_the_host_it_is_sent_to(void **state)
{
    (void)state;
    struct ecm_request request;
    struct fault fault;
    struct ecm_options options = options_of("ecm.intl.tencentcloudapi.com");
    struct call call = {.action = CALL_REBOOT,
                        .kind = REBOOT_SOFT_FIRST,
                        .instance_ids = ids,
                        .instance_n = 2,
                        .region = VIEW_LIT("ap-xian-ecm"),
                        .sign_s = 1551113065};
    ecm_request_init(&request);
    assert_int_equal(ecm_request_write(&options, &call, &key_a, &request, &fault), ERR_OK);
    /* The published vector ecm-03. */
    assert_true(has_header(
        &request, "Authorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/"
                  "2019-02-25/ecm/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
                  "Signature=e9fbc02f94f7f220bc8b8c700afa6ccc0df931a01b33e35c968d53d80bb3803e"));
    assert_true(has_header(&request, "Host: ecm.intl.tencentcloudapi.com"));
    assert_true(has_header(&request, "Content-Type: application/json"));
    assert_true(has_header(&request, "X-TC-Action: RebootInstances"));
    assert_true(has_header(&request, "X-TC-Version: 2019-07-19"));
    assert_true(has_header(&request, "X-TC-Timestamp: 1551113065"));
    assert_true(has_header(&request, "X-TC-Language: en-US"));
    assert_false(mentions(&request, "X-TC-Region"));
    assert_false(mentions(&request, "X-TC-Token"));

    struct credentials temporary = key_a;
    temporary.token = VIEW_LIT("session");
    options.send_region = true;
    assert_int_equal(ecm_request_write(&options, &call, &temporary, &request, &fault), ERR_OK);
    assert_true(has_header(&request, "X-TC-Region: ap-xian-ecm"));
    assert_true(has_header(&request, "X-TC-Token: session"));
    ecm_request_release(&request);
}

static void a_secret_never_shows_in_a_fault(void **state)
{
    (void)state;
    struct ecm_request request;
    struct ecm_options options = options_of("ecm.tencentcloudapi.com");
    struct call call = {.action = CALL_REBOOT, .instance_ids = ids, .instance_n = 1};
    struct credentials broken[] = {
        {.secret_id = VIEW_LIT("IDTEXT"), .secret_key = VIEW_LIT("KEYTEXT ")},
        {.secret_id = VIEW_LIT("IDTEXT\n"), .secret_key = VIEW_LIT("KEYTEXT")},
        {.secret_id = VIEW_NONE, .secret_key = VIEW_LIT("KEYTEXT")},
        {.secret_id = VIEW_LIT("IDTEXT"), .secret_key = VIEW_NONE},
        {.secret_id = VIEW_LIT("IDTEXT"),
         .secret_key = VIEW_LIT("KEYTEXT"),
         .token = VIEW_LIT("TOKEN\r\nX-Evil: 1")},
    };
    ecm_request_init(&request);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct fault fault = {""};
        assert_int_equal(ecm_request_write(&options, &call, &broken[i], &request, &fault),
                         ERR_DENIED);
        assert_null(strstr(fault.text, "TEXT"));
        assert_null(strstr(fault.text, "TOKEN"));
        assert_true(strlen(fault.text) > 0);
    }
    ecm_request_release(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_reboot_says_at_most_one_thing),
        cmocka_unit_test(reads_filter_by_id_or_by_state),
        cmocka_unit_test(what_the_api_cannot_take_is_refused_and_changes_nothing),
        cmocka_unit_test(a_request_is_signed_over_the_host_it_is_sent_to),
        cmocka_unit_test(a_secret_never_shows_in_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
