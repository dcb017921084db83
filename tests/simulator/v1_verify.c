/* SPDX-License-Identifier: Apache-2.0
 *
 * The older signature. Never signs anything that leaves the process.
 *
 * String to sign: METHOD, host, "/?", and all parameters but Signature, sorted by name, joined by
 * '&', decoded (the vendor's page "Signature v1").
 */
#include "v1_verify.h"

#include "params.h"

#include "base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (2u << 20)

struct pair {
    char *text; /* name=value, decoded */
    size_t name_n;
};

struct pairs {
    struct pair *at;
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    size_t n = x->name_n < y->name_n ? x->name_n : y->name_n;
    int order = memcmp(x->text, y->text, n);
    if (order != 0)
        return order;
    return x->name_n < y->name_n ? -1 : x->name_n > y->name_n;
}

static void pairs_release(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++)
        free(pairs->at[i].text);
    free(pairs->at);
}

static bool pairs_read(struct pairs *pairs, const char *form)
{
    char name[QUERY_PART_MAX];
    char value[QUERY_PART_MAX];
    int got;
    while ((got = query_next(&form, name, value)) == 1) {
        if (strcmp(name, "Signature") == 0)
            continue;
        pairs->at = realloc(pairs->at, (pairs->n + 1) * sizeof *pairs->at);
        CHECK(pairs->at != NULL);
        struct pair *pair = &pairs->at[pairs->n++];
        pair->name_n = strlen(name);
        CHECK(asprintf(&pair->text, "%s=%s", name, value) >= 0);
    }
    return got == 0;
}

static bool string_to_sign(const struct request *request, const char *form, struct buf *out)
{
    struct pairs pairs = {0};
    const char *host = request_header(request, "Host");
    bool ok = pairs_read(&pairs, form) && host &&
              buf_append_format(out, "%s%s/?", request->method, host) == ERR_OK;
    if (pairs.n > 0)
        qsort(pairs.at, pairs.n, sizeof *pairs.at, by_name);
    for (size_t i = 0; ok && i < pairs.n; i++)
        ok = buf_append_format(out, "%s%s", i ? "&" : "", pairs.at[i].text) == ERR_OK;
    pairs_release(&pairs);
    return ok;
}

static bool signature_holds(const struct request *request, const char *form,
                            const struct tc3_rules *rules, const EVP_MD *hash)
{
    char got[128];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned char expected[128];
    unsigned mac_n = 0;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    bool ok = query_value(form, "Signature", got, sizeof got) &&
              string_to_sign(request, form, &text) &&
              HMAC(hash, rules->secret_key, (int)strlen(rules->secret_key),
                   (const unsigned char *)text.p, text.n, mac, &mac_n) != NULL;
    buf_release(&text);
    if (!ok)
        return false;
    int n = EVP_EncodeBlock(expected, mac, (int)mac_n);
    return strlen(got) == (size_t)n && CRYPTO_memcmp(expected, got, (size_t)n) == 0;
}

static bool check_time(const char *form, const struct tc3_rules *rules, struct api_error *error_out)
{
    char timestamp[24];
    char nonce[32];
    if (!query_value(form, "Timestamp", timestamp, sizeof timestamp))
        return api_refuse(error_out, "MissingParameter",
                          "The request is missing a required parameter `Timestamp`.");
    if (!query_value(form, "Nonce", nonce, sizeof nonce))
        return api_refuse(error_out, "MissingParameter",
                          "The request is missing a required parameter `Nonce`.");
    long long away_s = strtoll(timestamp, NULL, 10) - rules->now_ms / 1000;
    return llabs(away_s) <= rules->life_ms / 1000 ||
           api_refuse(error_out, "AuthFailure.SignatureExpire", "The signature has expired.");
}

static const EVP_MD *hash_of(const char *form)
{
    char method[32] = "HmacSHA1";
    (void)query_value(form, "SignatureMethod", method, sizeof method);
    if (strcmp(method, "HmacSHA1") == 0)
        return EVP_sha1();
    return strcmp(method, "HmacSHA256") == 0 ? EVP_sha256() : NULL;
}

bool v1_verify(const struct request *request, const char *form, const struct tc3_rules *rules,
               struct api_error *error_out)
{
    char id[128] = "";
    char token[2048];
    bool has_token = query_value(form, "Token", token, sizeof token);
    const EVP_MD *hash = hash_of(form);
    (void)query_value(form, "SecretId", id, sizeof id);
    if (strcmp(id, rules->secret_id) != 0)
        return api_refuse(error_out, "AuthFailure.SecretIdNotFound",
                          "The SecretId is not found, please ensure that your SecretId is "
                          "correct.");
    if (!check_time(form, rules, error_out))
        return false;
    if (has_token != (rules->token != NULL) || (has_token && strcmp(token, rules->token) != 0))
        return api_refuse(error_out, "AuthFailure.TokenFailure",
                          "The token is invalid or does not belong to the SecretId.");
    return (hash && signature_holds(request, form, rules, hash)) ||
           api_refuse(error_out, "AuthFailure.SignatureFailure",
                      "The provided credentials could not be validated. Please check your "
                      "signature is correct.");
}
