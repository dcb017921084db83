/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/credentials.h: the first place that has some, whole or not at all, never shown.
 */
#include "config_fixture.h"

#include <sys/stat.h>

#include "shell/credentials.h"

static const char *const variables[] = {
    "TENCENTCLOUD_SECRET_ID",      "TENCENTCLOUD_SECRET_KEY",    "TENCENTCLOUD_TOKEN",
    "TENCENTCLOUD_SECURITY_TOKEN", "TENCENTCLOUD_SESSION_TOKEN", "TENCENTCLOUD_CREDENTIALS_FILE",
};

static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        (void)unsetenv(variables[i]);
    return setenv("HOME", "/nonexistent", 1);
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void assert_found(const char *id, const char *key, const char *token, const char *from)
{
    struct credential_store store;
    struct fault fault;
    if (credentials_load(&store, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
    assert_true(view_is(store.credentials.secret_id, id));
    assert_true(view_is(store.credentials.secret_key, key));
    assert_true(view_is(store.credentials.token, token));
    assert_string_equal(store.from, from);
    assert_null(store.warning);
    credentials_release(&store);
    assert_int_equal(store.credentials.secret_key.n, 0);
}

static void assert_refused(const char *says)
{
    struct credential_store store;
    struct fault fault;
    assert_int_equal(credentials_load(&store, &fault), ERR_CONFIG);
    assert_contains(fault.text, says);
    assert_null(strstr(fault.text, "hunter")); /* what every secret here begins with */
    assert_int_equal(store.credentials.secret_id.n, 0);
    assert_int_equal(store.credentials.secret_key.n, 0);
    credentials_release(&store);
}

static void the_environment_comes_first(void **state)
{
    (void)state;
    char *path = file_of("[default]\nsecret_id=file-id\nsecret_key=file-key\n");
    set("TENCENTCLOUD_CREDENTIALS_FILE", path);
    assert_found("file-id", "file-key", "", "profile file");
    set("TENCENTCLOUD_SECRET_ID", "id");
    set("TENCENTCLOUD_SECRET_KEY", "key");
    assert_found("id", "key", "", "environment");
    set("TENCENTCLOUD_SECRET_ID", ""); /* set and empty is not set */
    set("TENCENTCLOUD_SECRET_KEY", "");
    set("TENCENTCLOUD_TOKEN", "not the file's");
    assert_found("file-id", "file-key", "", "profile file");
    file_end(path);
}

static void the_token_has_three_names(void **state)
{
    (void)state;
    set("TENCENTCLOUD_SECRET_ID", "id");
    set("TENCENTCLOUD_SECRET_KEY", "key");
    for (int i = 2; i < 5; i++) {
        set(variables[i], "token");
        assert_found("id", "key", "token", "environment");
        assert_int_equal(unsetenv(variables[i]), 0);
    }
    for (int i = 2; i < 5; i++) /* all the same */
        set(variables[i], "token");
    assert_found("id", "key", "token", "environment");
}

static void tokens_that_differ_are_told(void **state)
{
    (void)state;
    struct credential_store store;
    struct fault fault;
    set("TENCENTCLOUD_SECRET_ID", "id");
    set("TENCENTCLOUD_SECRET_KEY", "key");
    set("TENCENTCLOUD_SECURITY_TOKEN", "hunter-second");
    set("TENCENTCLOUD_SESSION_TOKEN", "hunter-third");
    assert_int_equal(credentials_load(&store, &fault), ERR_OK);
    assert_true(view_is(store.credentials.token, "hunter-second"));
    assert_non_null(store.warning);
    assert_contains(store.warning, "TENCENTCLOUD_SESSION_TOKEN");
    assert_null(strstr(store.warning, "hunter"));
    credentials_release(&store);
}

static void half_of_them_is_an_error(void **state)
{
    (void)state;
    set("TENCENTCLOUD_SECRET_KEY", "hunter2");
    assert_refused("TENCENTCLOUD_SECRET_ID");
    (void)clear(NULL);
    set("TENCENTCLOUD_SECRET_ID", "hunter2");
    assert_refused("TENCENTCLOUD_SECRET_KEY");
}

static void what_cannot_stand_in_a_header_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"hunter2\n", "hunter\r\nX-Evil: 1", "hunter\x01",
                                      "hunter\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set("TENCENTCLOUD_SECRET_ID", bad[i]);
        set("TENCENTCLOUD_SECRET_KEY", "hunter2");
        assert_refused("secret");
        set("TENCENTCLOUD_SECRET_ID", "id");
        set("TENCENTCLOUD_TOKEN", bad[i]);
        assert_refused("token");
        (void)clear(NULL);
    }
    char *huge = calloc(1, CREDENTIALS_VALUE_BYTES_MAX + 2);
    assert_non_null(huge);
    memset(huge, 'h', CREDENTIALS_VALUE_BYTES_MAX + 1);
    set("TENCENTCLOUD_SECRET_ID", "id");
    set("TENCENTCLOUD_SECRET_KEY", huge);
    assert_refused("longer than");
    free(huge);
}

static void the_profile_is_ini(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *token;
    } good[] = {
        {"[default]\nsecret_id = id\nsecret_key = key\n", ""},
        {"[default]\r\nsecret_id=id\r\nsecret_key=key\r\ntoken=t\r\n", "t"},
        {"# c\n; c\n\n[other]\nsecret_id=x\nsecret_key=y\ntoken=z\n[default]\nsecret_key=key\n"
         "secret_id=id\nregion=x\nwhatever\n",
         ""},
        {"[default]\nsecret_id=id\nsecret_key=key\n[other]\nsecret_id=x\ntoken=z", ""},
        {"[default]\nsecret_id=id\nsecret_key=key\ntoken=a=b==", "a=b=="},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char *path = file_of(good[i].text);
        set("TENCENTCLOUD_CREDENTIALS_FILE", path);
        assert_found("id", "key", good[i].token, "profile file");
        file_end(path);
    }
    static const char *const bad[] = {
        "",
        "secret_id=hunter\nsecret_key=hunter2\n",
        "[other]\nsecret_id=hunter\nsecret_key=hunter2\n",
        "[default]\nsecret_id=hunter\n",
        "[default]\nsecret_id=hunter\nsecret_key=\n",
        "{\"secretId\": \"hunter\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *path = file_of(bad[i]);
        set("TENCENTCLOUD_CREDENTIALS_FILE", path);
        assert_refused("[default]");
        assert_refused(path);
        file_end(path);
    }
}

static void the_profile_stands_in_the_home_folder(void **state)
{
    (void)state;
    char home[] = "/tmp/reboot-worker-home-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(home));
    (void)snprintf(path, sizeof path, "%s/.tencentcloud", home);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/.tencentcloud/credentials", home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("[default]\nsecret_id=id\nsecret_key=key\n", file);
    assert_int_equal(fclose(file), 0);
    set("HOME", home);
    assert_found("id", "key", "", "profile file");
    assert_int_equal(unlink(path), 0);
    assert_refused("no credentials");
    (void)snprintf(path, sizeof path, "%s/.tencentcloud", home);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(home), 0);
}

static void nowhere_says_where_to_put_them(void **state)
{
    (void)state;
    assert_refused("TENCENTCLOUD_SECRET_ID");
    assert_refused("~/.tencentcloud/credentials");
    assert_int_equal(unsetenv("HOME"), 0);
    assert_refused("no credentials");
    set("TENCENTCLOUD_CREDENTIALS_FILE", "/nonexistent/file"); /* named: it must be there */
    assert_refused("/nonexistent/file: No such file");
    set("TENCENTCLOUD_CREDENTIALS_FILE", "/dev/zero");
    assert_refused("longer than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_environment_comes_first, clear),
        cmocka_unit_test_setup(the_token_has_three_names, clear),
        cmocka_unit_test_setup(tokens_that_differ_are_told, clear),
        cmocka_unit_test_setup(half_of_them_is_an_error, clear),
        cmocka_unit_test_setup(what_cannot_stand_in_a_header_is_refused, clear),
        cmocka_unit_test_setup(the_profile_is_ini, clear),
        cmocka_unit_test_setup(the_profile_stands_in_the_home_folder, clear),
        cmocka_unit_test_setup(nowhere_says_where_to_put_them, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
