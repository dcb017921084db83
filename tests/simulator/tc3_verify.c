/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's side of TC3-HMAC-SHA256. Never signs anything that leaves the process.
 */
#include "tc3_verify.h"

#include "text.h"

#include "base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SIGNED_HEADERS_MAX 64
#define CANONICAL_MAX      (256u << 10)

struct credential {
    char id[128];
    char date[16];
    char service[64];
    char headers[1024];
    char signature[65];
};

static void hex_of(const unsigned char *bytes, char out[65])
{
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void sha256_hex(struct view v, char out[65])
{
    unsigned char digest[32];
    unsigned n = 0;
    CHECK(EVP_Digest(v.n ? v.p : "", v.n, digest, &n, EVP_sha256(), NULL) == 1 && n == 32);
    hex_of(digest, out);
}

static void hmac(struct view key, struct view text, unsigned char out[32])
{
    unsigned n = 0;
    CHECK(HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n) !=
              NULL &&
          n == 32);
}

static struct view digest_view(const unsigned char digest[32])
{
    return (struct view){(const char *)digest, 32};
}

/* Takes the text up to `stop` (or the end, for '\0') off the front of *rest. */
static bool take(const char **rest, char stop, char *out, size_t out_max)
{
    const char *end = stop ? strchr(*rest, stop) : *rest + strlen(*rest);
    if (!end || end == *rest || (size_t)(end - *rest) >= out_max)
        return false;
    memcpy(out, *rest, (size_t)(end - *rest));
    out[end - *rest] = '\0';
    *rest = stop ? end + 1 : end;
    return true;
}

static bool take_literal(const char **rest, const char *literal)
{
    size_t n = strlen(literal);
    if (strncmp(*rest, literal, n) != 0)
        return false;
    *rest += n;
    return true;
}

static void skip_blanks(const char **rest)
{
    while (**rest == ' ')
        (*rest)++;
}

/* "TC3-HMAC-SHA256 Credential=ID/DATE/SERVICE/tc3_request, SignedHeaders=A;B, Signature=HEX" */
static bool parse_authorization(const char *text, struct credential *out)
{
    if (!take_literal(&text, "TC3-HMAC-SHA256 "))
        return false;
    skip_blanks(&text);
    if (!take_literal(&text, "Credential=") || !take(&text, '/', out->id, sizeof out->id) ||
        !take(&text, '/', out->date, sizeof out->date) ||
        !take(&text, '/', out->service, sizeof out->service) ||
        !take_literal(&text, "tc3_request,"))
        return false;
    skip_blanks(&text);
    if (!take_literal(&text, "SignedHeaders=") ||
        !take(&text, ',', out->headers, sizeof out->headers))
        return false;
    skip_blanks(&text);
    return take_literal(&text, "Signature=") && strlen(text) == 64 &&
           take(&text, '\0', out->signature, sizeof out->signature);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Splits in place, sorts; 0 if there is an empty name, one in upper case, a repeated one, or too
 * many. */
static size_t split_headers(char *list, const char *names[SIGNED_HEADERS_MAX])
{
    size_t n = 0;
    char *rest = list;
    for (char *name = strsep(&rest, ";"); name; name = strsep(&rest, ";")) {
        if (n == SIGNED_HEADERS_MAX || name[0] == '\0')
            return 0;
        for (const char *c = name; *c; c++) {
            if (is_upper(*c) || is_blank(*c))
                return 0;
        }
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            return 0;
    }
    return n;
}

static bool has_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* name:value in lower case, value without blanks around it. */
static enum err append_header(struct buf *out, const char *name, struct view value)
{
    while (value.n > 0 && is_blank(value.p[0])) {
        value.p++;
        value.n--;
    }
    while (value.n > 0 && is_blank(value.p[value.n - 1]))
        value.n--;
    enum err err = buf_append_format(out, "%s:", name);
    for (size_t i = 0; i < value.n && err == ERR_OK; i++) {
        char c = lower_of(value.p[i]);
        err = buf_append(out, &c, 1);
    }
    return err == ERR_OK ? buf_append_text(out, "\n") : err;
}

static bool append_headers(struct buf *out, const struct request *request, char *list,
                           struct view host)
{
    const char *names[SIGNED_HEADERS_MAX];
    size_t n = split_headers(list, names);
    if (!has_name(names, n, "content-type") || !has_name(names, n, "host"))
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *value = request_header(request, names[i]);
        if (!value)
            return false;
        struct view v = strcmp(names[i], "host") == 0 ? host : view_of(value);
        if (append_header(out, names[i], v) != ERR_OK)
            return false;
    }
    return true;
}

static bool signature_for(const struct request *request, const struct tc3_rules *rules,
                          const struct credential *credential, struct view host, char out[65])
{
    char body_hash[65];
    char canonical_hash[65];
    char list[sizeof credential->headers];
    const char *unsigned_payload = request_header(request, "X-TC-Content-SHA256");
    bool is_unsigned = unsigned_payload && strcmp(unsigned_payload, "UNSIGNED-PAYLOAD") == 0;
    sha256_hex(is_unsigned ? VIEW_LIT("UNSIGNED-PAYLOAD") : request->body, body_hash);
    memcpy(list, credential->headers, sizeof list);

    struct buf text;
    buf_init(&text, CANONICAL_MAX);
    bool is_get = strcmp(request->method, "GET") == 0;
    bool ok = buf_append_format(&text, "%s\n/\n%s\n", request->method,
                                is_get ? request->query : "") == ERR_OK &&
              append_headers(&text, request, list, host) &&
              buf_append_format(&text, "\n%s\n%s", credential->headers, body_hash) == ERR_OK;
    if (!ok) {
        buf_release(&text);
        return false;
    }
    sha256_hex(buf_view(&text), canonical_hash);
    buf_clear(&text);
    CHECK(buf_append_format(&text, "TC3-HMAC-SHA256\n%s\n%s/%s/tc3_request\n%s",
                            request_header(request, "X-TC-Timestamp"), credential->date,
                            credential->service, canonical_hash) == ERR_OK);
    unsigned char key[32];
    unsigned char next[32];
    char secret[300];
    int secret_n = snprintf(secret, sizeof secret, "TC3%s", rules->secret_key);
    hmac((struct view){secret, (size_t)secret_n}, view_of(credential->date), key);
    hmac(digest_view(key), view_of(credential->service), next);
    hmac(digest_view(next), VIEW_LIT("tc3_request"), key);
    hmac(digest_view(key), buf_view(&text), next);
    hex_of(next, out);
    buf_release(&text);
    return true;
}

/* The Host as sent, or (Node's official SDK signs it so) without its port. */
static bool signature_holds(const struct request *request, const struct tc3_rules *rules,
                            const struct credential *credential)
{
    char expected[65];
    const char *host = request_header(request, "Host");
    if (!host)
        return false;
    const char *colon = strrchr(host, ':');
    struct view hosts[2] = {view_of(host), VIEW_NONE};
    if (colon && colon[strspn(colon, ":0123456789")] == '\0')
        hosts[1] = (struct view){host, (size_t)(colon - host)};
    for (int i = 0; i < 2 && hosts[i].n > 0; i++) {
        if (signature_for(request, rules, credential, hosts[i], expected) &&
            CRYPTO_memcmp(expected, credential->signature, 64) == 0)
            return true;
    }
    return false;
}

static bool check_time(const char *timestamp, const struct tc3_rules *rules, const char *date,
                       struct api_error *error_out)
{
    char *end;
    long long unix_s = strtoll(timestamp, &end, 10);
    if (!is_digit(timestamp[0]) || *end || strlen(timestamp) > 12)
        return api_refuse(error_out, "InvalidParameterValue",
                          "A value specified in `X-TC-Timestamp` is not valid, is unsupported, or "
                          "cannot be used.");
    /* Whole seconds are compared: the signer could not say more. */
    if (llabs((int64_t)unix_s - rules->now_ms / 1000) > rules->life_ms / 1000)
        return api_refuse(error_out, "AuthFailure.SignatureExpire",
                          "The signature has expired. Request timestamp %lld differs from the "
                          "server's time %lld by more than %lld seconds.",
                          unix_s, (long long)(rules->now_ms / 1000),
                          (long long)(rules->life_ms / 1000));
    char expected[16];
    struct tm tm;
    time_t seconds = (time_t)unix_s;
    gmtime_r(&seconds, &tm);
    (void)strftime(expected, sizeof expected, "%Y-%m-%d", &tm);
    if (strcmp(expected, date) != 0)
        return api_refuse(error_out, "AuthFailure.SignatureFailure",
                          "The provided credentials could not be validated because the date of "
                          "the credential scope is not the UTC date of the timestamp.");
    return true;
}

static bool check_token(const char *got, const char *wanted, struct api_error *error_out)
{
    bool fits = wanted ? got && strcmp(got, wanted) == 0 : !got || got[0] == '\0';
    return fits || api_refuse(error_out, "AuthFailure.TokenFailure",
                              "The token is invalid or does not belong to the SecretId.");
}

static const char *missing_header(const struct request *request)
{
    static const char *const needed[] = {"X-TC-Timestamp", "Authorization", "Content-Type"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!request_header(request, needed[i]))
            return needed[i];
    }
    return NULL;
}

bool tc3_verify(const struct request *request, const struct tc3_rules *rules,
                struct api_error *error_out)
{
    struct credential credential = {.id = ""};
    const char *missing = missing_header(request);
    if (missing)
        return api_refuse(error_out, "MissingParameter",
                          "The request header is missing a required common parameter `%s`.",
                          missing);
    if (!parse_authorization(request_header(request, "Authorization"), &credential))
        return api_refuse(error_out, "AuthFailure.InvalidAuthorization",
                          "The value of the Authorization header is not as the signature method "
                          "demands.");
    if (strcmp(credential.service, rules->service) != 0)
        return api_refuse(error_out, "AuthFailure.InvalidAuthorization",
                          "The service of the credential scope is not `%s`.", rules->service);
    if (strcmp(credential.id, rules->secret_id) != 0)
        return api_refuse(error_out, "AuthFailure.SecretIdNotFound",
                          "The SecretId is not found, please ensure that your SecretId is "
                          "correct.");
    if (!check_time(request_header(request, "X-TC-Timestamp"), rules, credential.date, error_out) ||
        !check_token(request_header(request, "X-TC-Token"), rules->token, error_out))
        return false;
    return signature_holds(request, rules, &credential) ||
           api_refuse(error_out, "AuthFailure.SignatureFailure",
                      "The provided credentials could not be validated. Please check your "
                      "signature is correct.");
}
