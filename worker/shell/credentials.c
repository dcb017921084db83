/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/credentials.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/config.h"

enum { PATH_BYTES_MAX = 4096 };

/* What a source says; views of the environment or of the file's bytes. */
struct found {
    struct view secret_id;
    struct view secret_key;
    struct view token;
};

void credentials_release(struct credential_store *store)
{
    buf_release_secret(&store->bytes);
    store->credentials = (struct credentials){VIEW_NONE, VIEW_NONE, VIEW_NONE};
    store->from = NULL;
    store->warning = NULL;
}

static struct view env_view(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? VIEW_NONE : view_of(value);
}

/* ---- profile file ---- */

static struct view trim(struct view text)
{
    while (text.n > 0 && isspace((unsigned char)text.p[0]))
        text = (struct view){text.p + 1, text.n - 1};
    while (text.n > 0 && isspace((unsigned char)text.p[text.n - 1]))
        text.n--;
    return text;
}

static void take_line(struct view line, bool *in_default, struct found *found)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
        return;
    if (line.p[0] == '[') {
        *in_default = view_is(line, "[default]");
        return;
    }
    const char *equals = memchr(line.p, '=', line.n);
    if (!*in_default || equals == NULL)
        return;
    size_t n = (size_t)(equals - line.p);
    struct view name = trim((struct view){line.p, n});
    struct view value = trim((struct view){equals + 1, line.n - n - 1});
    if (view_is(name, "secret_id"))
        found->secret_id = value;
    else if (view_is(name, "secret_key"))
        found->secret_key = value;
    else if (view_is(name, "token"))
        found->token = value;
}

static struct found read_profile(struct view text)
{
    struct found found = {VIEW_NONE, VIEW_NONE, VIEW_NONE};
    bool in_default = false;
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);
        take_line((struct view){text.p, n}, &in_default, &found);
        n += end != NULL;
        text = (struct view){text.p + n, text.n - n};
    }
    return found;
}

/* False: there is nowhere to look. */
static bool profile_path(char path[PATH_BYTES_MAX], bool *named_out)
{
    const char *named = getenv("TENCENTCLOUD_CREDENTIALS_FILE");
    const char *home = getenv("HOME");
    *named_out = named != NULL && named[0] != '\0';
    int n = *named_out     ? snprintf(path, PATH_BYTES_MAX, "%s", named)
            : home != NULL ? snprintf(path, PATH_BYTES_MAX, "%s/.tencentcloud/credentials", home)
                           : -1;
    return n > 0 && n < PATH_BYTES_MAX;
}

/* ---- loading ---- */

/* Copies into one block, so that views stay valid: it is as large as it gets before the first. */
static enum err keep(struct credential_store *store, const struct found *found, const char *from,
                     struct fault *fault)
{
    const struct view parts[] = {found->secret_id, found->secret_key, found->token};
    struct view *const to[] = {&store->credentials.secret_id, &store->credentials.secret_key,
                               &store->credentials.token};
    struct buf bytes;
    enum err err;
    buf_init(&bytes, 3 * CREDENTIALS_VALUE_BYTES_MAX);
    err = buf_reserve(&bytes, parts[0].n + parts[1].n + parts[2].n);
    for (int i = 0; i < 3 && err == ERR_OK; i++)
        err = parts[i].n > CREDENTIALS_VALUE_BYTES_MAX ? ERR_LIMIT
                                                       : buf_append_view(&bytes, parts[i]);
    if (err != ERR_OK) {
        buf_release_secret(&bytes);
        return fault_set(fault, ERR_CONFIG, "%s: a value is longer than %d bytes", from,
                         CREDENTIALS_VALUE_BYTES_MAX);
    }
    buf_release_secret(&store->bytes);
    store->bytes = bytes;
    const char *at = bytes.p;
    for (int i = 0; i < 3; i++) {
        *to[i] = parts[i].n > 0 ? (struct view){at, parts[i].n} : VIEW_NONE;
        at += parts[i].n;
    }
    store->from = from;
    if (credentials_check(&store->credentials, fault) == ERR_OK)
        return ERR_OK;
    credentials_release(store);
    return ERR_CONFIG;
}

static enum err load_profile(struct credential_store *store, struct fault *fault)
{
    char path[PATH_BYTES_MAX];
    bool named;
    struct buf text;
    struct fault why;
    bool somewhere = profile_path(path, &named);
    buf_init(&text, CREDENTIALS_FILE_BYTES_MAX);
    enum err err = somewhere ? config_read_file(path, &text, &why) : ERR_CONFIG;
    if (err != ERR_OK) {
        buf_release_secret(&text);
        if (somewhere && (named || access(path, F_OK) == 0 || errno == EACCES))
            return fault_set(fault, ERR_CONFIG, "credentials: %s", why.text);
        return fault_set(fault, ERR_CONFIG,
                         "no credentials: set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, "
                         "or write ~/.tencentcloud/credentials (section [default]: secret_id, "
                         "secret_key)");
    }
    struct found found = read_profile(buf_view(&text));
    if (found.secret_id.n == 0 || found.secret_key.n == 0)
        err = fault_set(fault, ERR_CONFIG,
                        "credentials: %s has no secret_id and secret_key under [default]", path);
    else
        err = keep(store, &found, "profile file", fault);
    buf_release_secret(&text);
    return err;
}

/* The token under any of its names. True: they say the same. */
static bool find_token(struct view *out)
{
    static const char *const names[] = {"TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN",
                                        "TENCENTCLOUD_SESSION_TOKEN"};
    bool same = true;
    *out = VIEW_NONE;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct view token = env_view(names[i]);
        if (out->n == 0)
            *out = token;
        same = same && (token.n == 0 || view_equals(token, *out));
    }
    return same;
}

enum err credentials_load(struct credential_store *out, struct fault *fault)
{
    struct found found = {.secret_id = env_view("TENCENTCLOUD_SECRET_ID"),
                          .secret_key = env_view("TENCENTCLOUD_SECRET_KEY")};
    bool same = find_token(&found.token);
    *out = (struct credential_store){.from = NULL};
    if (found.secret_id.n == 0 && found.secret_key.n == 0)
        return load_profile(out, fault);
    if (found.secret_id.n == 0 || found.secret_key.n == 0)
        return fault_set(fault, ERR_CONFIG,
                         "credentials: of TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY one "
                         "is missing");
    enum err err = keep(out, &found, "environment", fault);
    if (err == ERR_OK && !same)
        out->warning = "of TENCENTCLOUD_TOKEN, TENCENTCLOUD_SECURITY_TOKEN and "
                       "TENCENTCLOUD_SESSION_TOKEN more than one is set, and they differ; the "
                       "first of them in this order is used";
    return err;
}
