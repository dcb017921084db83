/* SPDX-License-Identifier: Apache-2.0
 *
 * What the signer refuses; that it signs rightly is shown by tests/vectors/tc3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/tc3.h"

static const struct credentials credentials = {.secret_id = {"AKID", 4}, .secret_key = {"KEY", 3}};

static struct tc3_header headers[TC3_HEADERS_MAX + 1];

static struct tc3_input good_input(void)
{
    headers[0] = (struct tc3_header){VIEW_LIT("Content-Type"), VIEW_LIT("application/json")};
    headers[1] = (struct tc3_header){VIEW_LIT("Host"), VIEW_LIT("ecm.tencentcloudapi.com")};
    return (struct tc3_input){
        .method = VIEW_LIT("POST"),
        .service = VIEW_LIT("ecm"),
        .time_s = 1551113065,
        .headers = headers,
        .header_n = 2,
    };
}

static enum err sign(const struct tc3_input *input, struct fault *fault)
{
    struct tc3_signed made;
    tc3_signed_init(&made);
    enum err err = tc3_sign(input, &credentials, &made, fault);
    tc3_signed_release(&made);
    return err;
}

static void expect_refused(const struct tc3_input *input)
{
    struct fault fault = {""};
    assert_int_equal(sign(input, &fault), ERR_INVALID);
    assert_true(strlen(fault.text) > 0);
}

static void headers_that_cannot_be_signed_are_refused(void **state)
{
    (void)state;
    struct fault fault;
    struct tc3_input input = good_input();
    assert_int_equal(sign(&input, &fault), ERR_OK);
    headers[1].value = VIEW_LIT("a\r\nX-Evil: 1");
    expect_refused(&input);
    input = good_input();
    input.header_n = 1;
    expect_refused(&input);
    input = good_input();
    headers[2] = (struct tc3_header){VIEW_LIT("HOST"), VIEW_LIT("other")};
    input.header_n = 3;
    expect_refused(&input);
    headers[2].name = VIEW_LIT("x y");
    expect_refused(&input);
    headers[2].name = VIEW_NONE;
    expect_refused(&input);
    input.header_n = TC3_HEADERS_MAX + 1;
    expect_refused(&input);
}

static void what_has_no_place_in_the_scope_is_refused(void **state)
{
    (void)state;
    struct tc3_input input = good_input();
    input.time_s = -1;
    expect_refused(&input);
    input.time_s = 253402300800;
    expect_refused(&input);
    input = good_input();
    input.service = VIEW_LIT("ecm/x");
    expect_refused(&input);
    input.service = VIEW_NONE;
    expect_refused(&input);
    input = good_input();
    input.method = VIEW_LIT("PUT");
    expect_refused(&input);
    input = good_input();
    input.query = VIEW_LIT("a=b\nc");
    expect_refused(&input);
}

static void order_and_case_of_headers_do_not_matter(void **state)
{
    (void)state;
    struct buf texts[2];
    struct fault fault;
    struct tc3_input input = good_input();
    for (int i = 0; i < 2; i++) {
        buf_init(&texts[i], TC3_TEXT_BYTES_MAX);
        assert_int_equal(tc3_canonical_request(&input, &texts[i], &fault), ERR_OK);
        headers[0] = (struct tc3_header){VIEW_LIT("HOST"), VIEW_LIT(" ECM.tencentcloudapi.com\t")};
        headers[1] = (struct tc3_header){VIEW_LIT("content-type"), VIEW_LIT("application/JSON")};
    }
    assert_string_equal(texts[0].p, texts[1].p);
    buf_release(&texts[0]);
    buf_release(&texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_that_cannot_be_signed_are_refused),
        cmocka_unit_test(what_has_no_place_in_the_scope_is_refused),
        cmocka_unit_test(order_and_case_of_headers_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
