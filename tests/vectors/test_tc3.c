/* SPDX-License-Identifier: Apache-2.0
 *
 * Signs every case of tests/vectors/tc3 and compares after each stage, so that a failure names the
 * stage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>

#include "wire/tc3.h"

enum { FILE_BYTES_MAX = 64 * 1024, CASES_MIN = 18 };

static void read_text(const char *name, const char *file, struct buf *out)
{
    char path[1024];
    char part[4096];
    (void)snprintf(path, sizeof path, "%s/%s/%s", VECTORS_DIR, name, file);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    buf_init(out, FILE_BYTES_MAX);
    for (size_t n; (n = fread(part, 1, sizeof part, in)) > 0;)
        assert_int_equal(buf_append(out, part, n), ERR_OK);
    (void)fclose(in);
}

static void expect(const char *name, const char *file, struct view got)
{
    struct buf want;
    read_text(name, file, &want);
    if (!view_equals(buf_view(&want), got))
        fail_msg("%s differs at %s:\n%.*s\n--- expected:\n%s", name, file, VIEW_FMT(got), want.p);
    buf_release(&want);
}

static struct view text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    assert_true(json_is_string(text));
    return (struct view){json_string_value(text), json_string_length(text)};
}

static void expect_keys(const char *name, const struct tc3_keys *keys)
{
    const uint8_t *const all[] = {keys->date, keys->service, keys->signing};
    char text[3 * (2 * TC3_KEY_BYTES + 1) + 1];
    size_t n = 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < TC3_KEY_BYTES; i++, n += 2)
            (void)snprintf(text + n, 3, "%02x", all[k][i]);
        text[n++] = '\n';
    }
    expect(name, "keys.txt", (struct view){text, n});
}

static void compare_stages(const char *name, const struct tc3_input *input,
                           const struct credentials *credentials)
{
    struct tc3_signed made;
    struct tc3_keys keys;
    struct fault fault;
    char signature[TC3_HEX_TEXT_MAX];
    tc3_signed_init(&made);
    assert_int_equal(tc3_canonical_request(input, &made.canonical_request, &fault), ERR_OK);
    struct view canonical = buf_view(&made.canonical_request);
    expect(name, "canonical-request.txt", canonical);
    assert_int_equal(tc3_string_to_sign(input, canonical, &made.string_to_sign, &fault), ERR_OK);
    expect(name, "string-to-sign.txt", buf_view(&made.string_to_sign));
    assert_int_equal(tc3_keys_derive(input, credentials->secret_key, &keys, &fault), ERR_OK);
    expect_keys(name, &keys);
    assert_int_equal(tc3_signature(&keys, buf_view(&made.string_to_sign), signature), ERR_OK);
    expect(name, "signature.txt", view_of(signature));
    assert_int_equal(
        tc3_authorization(input, credentials->secret_id, signature, &made.authorization, &fault),
        ERR_OK);
    expect(name, "authorization.txt", buf_view(&made.authorization));
    tc3_keys_wipe(&keys);

    assert_int_equal(tc3_sign(input, credentials, &made, &fault), ERR_OK);
    expect(name, "canonical-request.txt", buf_view(&made.canonical_request));
    expect(name, "string-to-sign.txt", buf_view(&made.string_to_sign));
    expect(name, "authorization.txt", buf_view(&made.authorization));
    tc3_signed_release(&made);
}

static void run_case(const char *name)
{
    struct buf file;
    struct tc3_header headers[TC3_HEADERS_MAX];
    read_text(name, "request.json", &file);
    json_t *request = json_loadb(file.p, file.n, 0, NULL);
    assert_non_null(request);
    const json_t *list = json_object_get(request, "headers");
    size_t header_n = json_array_size(list);
    assert_in_range(header_n, 2, TC3_HEADERS_MAX);
    for (size_t i = 0; i < header_n; i++) {
        const json_t *pair = json_array_get(list, i);
        headers[i].name = view_of(json_string_value(json_array_get(pair, 0)));
        headers[i].value = view_of(json_string_value(json_array_get(pair, 1)));
    }
    struct tc3_input input = {
        .method = text_of(request, "method"),
        .query = text_of(request, "query"),
        .body = text_of(request, "body"),
        .service = text_of(request, "service"),
        .time_s = json_integer_value(json_object_get(request, "time")),
        .unsigned_payload = json_is_true(json_object_get(request, "unsignedPayload")),
        .headers = headers,
        .header_n = (uint32_t)header_n,
    };
    struct credentials credentials = {
        .secret_id = text_of(request, "secretId"),
        .secret_key = text_of(request, "secretKey"),
    };
    compare_stages(name, &input, &credentials);
    json_decref(request);
    buf_release(&file);
}

static void every_stage_of_every_case_matches(void **state)
{
    (void)state;
    DIR *folder = opendir(VECTORS_DIR);
    assert_non_null(folder);
    int case_n = 0;
    for (struct dirent *item; (item = readdir(folder)) != NULL;) {
        if (item->d_name[0] == '.' || strchr(item->d_name, '.') != NULL || item->d_name[0] == '_')
            continue;
        run_case(item->d_name);
        case_n++;
    }
    (void)closedir(folder);
    assert_in_range(case_n, CASES_MIN, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_of_every_case_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
