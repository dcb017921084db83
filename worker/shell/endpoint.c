/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/endpoint.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct parts {
    char *scheme;
    char *host;
    char *port;
    char *path;
    char *user;
    char *query;
    char *fragment;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t end_n = strlen(end);
    return n >= end_n && strcasecmp(text + n - end_n, end) == 0;
}

/* libcurl itself resolves localhost and *.localhost to the loopback address. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcasecmp(host, "localhost") == 0 || ends_with(host, ".localhost") ||
           strcmp(host, "[::1]") == 0;
}

static enum err check(const struct parts *parts, const char *text, struct fault *fault)
{
    if (parts->scheme == NULL || parts->host == NULL || parts->host[0] == '\0')
        return fault_set(fault, ERR_CONFIG,
                         "api.endpoint: \"%s\" is not a URL; write "
                         "https://HOST[:PORT]",
                         strchr(text, '@') != NULL ? "***" : text);
    if (parts->user != NULL || parts->query != NULL || parts->fragment != NULL ||
        (parts->path != NULL && strcmp(parts->path, "/") != 0))
        return fault_set(fault, ERR_CONFIG,
                         "api.endpoint: only https://HOST[:PORT], without user, path or query");
    if (strcmp(parts->scheme, "https") == 0)
        return ERR_OK;
    if (strcmp(parts->scheme, "http") != 0)
        return fault_set(fault, ERR_CONFIG, "api.endpoint: the scheme is https, not \"%s\"",
                         parts->scheme);
    if (!is_loopback(parts->host))
        return fault_set(fault, ERR_CONFIG,
                         "api.endpoint: http:// is for loopback hosts only; write https://%s",
                         parts->host);
    return ERR_OK;
}

/* Absent parts stay NULL. */
static void take_parts(CURLU *url, struct parts *parts)
{
    (void)curl_url_get(url, CURLUPART_SCHEME, &parts->scheme, 0);
    (void)curl_url_get(url, CURLUPART_HOST, &parts->host, 0);
    (void)curl_url_get(url, CURLUPART_PORT, &parts->port, CURLU_NO_DEFAULT_PORT);
    (void)curl_url_get(url, CURLUPART_PATH, &parts->path, 0);
    (void)curl_url_get(url, CURLUPART_USER, &parts->user, 0);
    (void)curl_url_get(url, CURLUPART_QUERY, &parts->query, 0);
    (void)curl_url_get(url, CURLUPART_FRAGMENT, &parts->fragment, 0);
}

static void free_parts(struct parts *parts)
{
    char *const all[] = {parts->scheme, parts->host,  parts->port,    parts->path,
                         parts->user,   parts->query, parts->fragment};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        curl_free(all[i]);
}

enum err endpoint_parse(const char *text, struct endpoint *out, struct fault *fault)
{
    struct parts parts = {.scheme = NULL};
    CURLU *url = curl_url();
    if (url == NULL)
        return fault_set(fault, ERR_SYSTEM, "api.endpoint: no memory");
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        take_parts(url, &parts);
    enum err err = check(&parts, text, fault);
    if (err == ERR_OK) {
        CHECK(parts.scheme != NULL);
        const char *colon = parts.port != NULL ? ":" : "";
        const char *port = parts.port != NULL ? parts.port : "";
        int host_n = snprintf(out->host, sizeof out->host, "%s%s%s", parts.host, colon, port);
        int url_n = snprintf(out->url, sizeof out->url, "%s://%s/", parts.scheme, out->host);
        out->tls = strcmp(parts.scheme, "https") == 0;
        if (host_n < 0 || url_n < 0 || (size_t)url_n >= sizeof out->url)
            err = fault_set(fault, ERR_CONFIG, "api.endpoint: the URL is too long");
    }
    free_parts(&parts);
    curl_url_cleanup(url);
    return err;
}
