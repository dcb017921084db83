/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tc3.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "wire/timestamp.h"

static const char algorithm[] = "TC3-HMAC-SHA256";
static const char terminator[] = "tc3_request";

enum { DATE_TEXT_BYTES = 10 }; /* "2019-02-25" */

/* May stand in a header: no control characters, so no line can be smuggled in. */
static bool is_header_text(struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_printable(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= 0x20 || text.p[i] >= 0x7f)
            return false;
    return true;
}

enum err credentials_check(const struct credentials *credentials, struct fault *fault)
{
    const struct {
        const char *name;
        struct view text;
        bool needed;
    } parts[] = {
        {"secret id", credentials->secret_id, true},
        {"secret key", credentials->secret_key, true},
        {"token", credentials->token, false},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].needed && parts[i].text.n == 0)
            return fault_set(fault, ERR_DENIED, "credentials: the %s is missing", parts[i].name);
        if (parts[i].text.n > TC3_SECRET_BYTES_MAX)
            return fault_set(fault, ERR_DENIED, "credentials: the %s has over %d bytes",
                             parts[i].name, TC3_SECRET_BYTES_MAX);
        if (!is_printable(parts[i].text))
            return fault_set(fault, ERR_DENIED,
                             "credentials: the %s holds a blank or another character that does not "
                             "belong there",
                             parts[i].name);
    }
    return ERR_OK;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct view trimmed(struct view text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
        text.n--;
    return text;
}

static int compare_lowered(struct view a, struct view b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int order = (unsigned char)lower(a.p[i]) - (unsigned char)lower(b.p[i]);
        if (order != 0)
            return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

/* Values too are lowered, which matters for X-TC-Action ("Signature v3": "lowercase"). */
static enum err append_lowered(struct buf *out, struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = lower(text.p[i]);
        enum err err = buf_append(out, &c, 1);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* Insertion sort of at most TC3_HEADERS_MAX places into order_out. */
static enum err order_headers(const struct tc3_input *input, uint32_t order_out[TC3_HEADERS_MAX],
                              struct fault *fault)
{
    if (input->header_n > TC3_HEADERS_MAX)
        return fault_set(fault, ERR_INVALID, "signature: more than %d signed headers",
                         TC3_HEADERS_MAX);
    bool has_content_type = false;
    bool has_host = false;
    for (uint32_t i = 0; i < input->header_n; i++) {
        const struct tc3_header *header = &input->headers[i];
        if (header->name.n == 0 || !is_printable(header->name) || !is_header_text(header->value))
            return fault_set(fault, ERR_INVALID, "signature: header %u cannot be signed", i);
        has_content_type |= compare_lowered(header->name, VIEW_LIT("content-type")) == 0;
        has_host |= compare_lowered(header->name, VIEW_LIT("host")) == 0;
        uint32_t at = i;
        while (at > 0 &&
               compare_lowered(input->headers[order_out[at - 1]].name, header->name) > 0) {
            order_out[at] = order_out[at - 1];
            at--;
        }
        order_out[at] = i;
        if (at > 0 && compare_lowered(input->headers[order_out[at - 1]].name, header->name) == 0)
            return fault_set(fault, ERR_INVALID, "signature: header %.*s stands twice",
                             VIEW_FMT(header->name));
    }
    if (!has_content_type || !has_host)
        return fault_set(fault, ERR_INVALID,
                         "signature: content-type and host must be among the signed headers");
    return ERR_OK;
}

static enum err append_signed_names(struct buf *out, const struct tc3_input *input,
                                    const uint32_t order[TC3_HEADERS_MAX])
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < input->header_n && err == ERR_OK; i++) {
        err = i > 0 ? buf_append_text(out, ";") : ERR_OK;
        if (err == ERR_OK)
            err = append_lowered(out, input->headers[order[i]].name);
    }
    return err;
}

static enum err append_canonical_headers(struct buf *out, const struct tc3_input *input,
                                         const uint32_t order[TC3_HEADERS_MAX])
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < input->header_n && err == ERR_OK; i++) {
        const struct tc3_header *header = &input->headers[order[i]];
        err = append_lowered(out, header->name);
        if (err == ERR_OK)
            err = buf_append_text(out, ":");
        if (err == ERR_OK)
            err = append_lowered(out, trimmed(header->value));
        if (err == ERR_OK)
            err = buf_append_text(out, "\n");
    }
    return err;
}

static void hex_of(const uint8_t bytes[TC3_KEY_BYTES], char out[TC3_HEX_TEXT_MAX])
{
    for (int i = 0; i < TC3_KEY_BYTES; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[2 * TC3_KEY_BYTES] = '\0';
}

/* Lower-case hex, NUL-terminated. */
static enum err sha256_hex(struct view bytes, char out[TC3_HEX_TEXT_MAX])
{
    uint8_t digest[TC3_KEY_BYTES];
    if (EVP_Digest(bytes.n > 0 ? bytes.p : "", bytes.n, digest, NULL, EVP_sha256(), NULL) != 1)
        return ERR_SYSTEM;
    hex_of(digest, out);
    return ERR_OK;
}

enum err tc3_canonical_request(const struct tc3_input *input, struct buf *out, struct fault *fault)
{
    if (!view_is(input->method, "POST") && !view_is(input->method, "GET"))
        return fault_set(fault, ERR_INVALID, "signature: the method is POST or GET");
    if (!is_printable(input->query))
        return fault_set(fault, ERR_INVALID, "signature: the query is not URL-encoded");
    uint32_t order[TC3_HEADERS_MAX] = {0};
    enum err err = order_headers(input, order, fault);
    if (err != ERR_OK)
        return err;
    char body_hash[TC3_HEX_TEXT_MAX];
    err =
        sha256_hex(input->unsigned_payload ? VIEW_LIT("UNSIGNED-PAYLOAD") : input->body, body_hash);
    if (err != ERR_OK)
        return fault_set(fault, err, "signature: the library refuses SHA-256");
    err =
        buf_append_format(out, "%.*s\n/\n%.*s\n", VIEW_FMT(input->method), VIEW_FMT(input->query));
    if (err == ERR_OK)
        err = append_canonical_headers(out, input, order);
    if (err == ERR_OK)
        err = buf_append_text(out, "\n");
    if (err == ERR_OK)
        err = append_signed_names(out, input, order);
    if (err == ERR_OK)
        err = buf_append_format(out, "\n%s", body_hash);
    return err == ERR_OK ? ERR_OK
                         : fault_set(fault, err, "signature: the canonical request is too long");
}

/* The UTC date of the input's own time: a local date fails for some hours of each day. */
static enum err date_of(const struct tc3_input *input, char date_out[DATE_TEXT_BYTES + 1],
                        struct fault *fault)
{
    const int64_t year_10000_s = 253402300800;
    if (input->time_s < 0 || input->time_s >= year_10000_s)
        return fault_set(fault, ERR_INVALID, "signature: the time is not between 1970 and 9999");
    char text[TIMESTAMP_TEXT_MAX];
    timestamp_format(input->time_s * 1000, text);
    memcpy(date_out, text, DATE_TEXT_BYTES);
    date_out[DATE_TEXT_BYTES] = '\0';
    return ERR_OK;
}

static enum err check_service(struct view service, struct fault *fault)
{
    if (service.n == 0 || !is_printable(service) || memchr(service.p, '/', service.n) != NULL)
        return fault_set(fault, ERR_INVALID, "signature: the service name is empty or malformed");
    return ERR_OK;
}

enum err tc3_string_to_sign(const struct tc3_input *input, struct view canonical_request,
                            struct buf *out, struct fault *fault)
{
    char date[DATE_TEXT_BYTES + 1];
    char hash[TC3_HEX_TEXT_MAX];
    enum err err = date_of(input, date, fault);
    if (err == ERR_OK)
        err = check_service(input->service, fault);
    if (err != ERR_OK)
        return err;
    if (sha256_hex(canonical_request, hash) != ERR_OK)
        return fault_set(fault, ERR_SYSTEM, "signature: the library refuses SHA-256");
    err = buf_append_format(out, "%s\n%lld\n%s/%.*s/%s\n%s", algorithm, (long long)input->time_s,
                            date, VIEW_FMT(input->service), terminator, hash);
    return err == ERR_OK ? ERR_OK
                         : fault_set(fault, err, "signature: the string to sign is too long");
}

static enum err mac(struct view key, struct view text, uint8_t out[TC3_KEY_BYTES])
{
    unsigned int n = 0;
    const unsigned char *mac =
        HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)(text.n > 0 ? text.p : ""),
             text.n, out, &n);
    return mac != NULL && n == TC3_KEY_BYTES ? ERR_OK : ERR_SYSTEM;
}

static struct view key_view(const uint8_t key[TC3_KEY_BYTES])
{
    return (struct view){(const char *)key, TC3_KEY_BYTES};
}

static enum err derive(struct view secret_key, const char *date, struct view service,
                       struct tc3_keys *out)
{
    char key[3 + TC3_SECRET_BYTES_MAX] = {'T', 'C', '3'};
    if (secret_key.n == 0 || secret_key.n > TC3_SECRET_BYTES_MAX)
        return ERR_INVALID;
    memcpy(key + 3, secret_key.p, secret_key.n);
    enum err err = mac((struct view){key, 3 + secret_key.n}, view_of(date), out->date);
    explicit_bzero(key, sizeof key);
    if (err == ERR_OK)
        err = mac(key_view(out->date), service, out->service);
    if (err == ERR_OK)
        err = mac(key_view(out->service), view_of(terminator), out->signing);
    return err;
}

enum err tc3_keys_derive(const struct tc3_input *input, struct view secret_key,
                         struct tc3_keys *keys_out, struct fault *fault)
{
    char date[DATE_TEXT_BYTES + 1];
    enum err err = date_of(input, date, fault);
    if (err == ERR_OK)
        err = check_service(input->service, fault);
    if (err != ERR_OK)
        return err;
    err = derive(secret_key, date, input->service, keys_out);
    if (err == ERR_OK)
        return ERR_OK;
    tc3_keys_wipe(keys_out);
    return fault_set(fault, err, "signature: the signing key cannot be derived");
}

void tc3_keys_wipe(struct tc3_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
}

enum err tc3_signature(const struct tc3_keys *keys, struct view string_to_sign,
                       char out[TC3_HEX_TEXT_MAX])
{
    uint8_t bytes[TC3_KEY_BYTES];
    enum err err = mac(key_view(keys->signing), string_to_sign, bytes);
    if (err == ERR_OK)
        hex_of(bytes, out);
    return err;
}

enum err tc3_authorization(const struct tc3_input *input, struct view secret_id,
                           const char signature[TC3_HEX_TEXT_MAX], struct buf *out,
                           struct fault *fault)
{
    char date[DATE_TEXT_BYTES + 1];
    uint32_t order[TC3_HEADERS_MAX] = {0};
    enum err err = date_of(input, date, fault);
    if (err == ERR_OK)
        err = check_service(input->service, fault);
    if (err == ERR_OK)
        err = order_headers(input, order, fault);
    if (err != ERR_OK)
        return err;
    err = buf_append_format(out, "%s Credential=%.*s/%s/%.*s/%s, SignedHeaders=", algorithm,
                            VIEW_FMT(secret_id), date, VIEW_FMT(input->service), terminator);
    if (err == ERR_OK)
        err = append_signed_names(out, input, order);
    if (err == ERR_OK)
        err = buf_append_format(out, ", Signature=%s", signature);
    return err == ERR_OK ? ERR_OK
                         : fault_set(fault, err, "signature: the authorization is too long");
}

void tc3_signed_init(struct tc3_signed *made)
{
    buf_init(&made->canonical_request, TC3_TEXT_BYTES_MAX);
    buf_init(&made->string_to_sign, TC3_TEXT_BYTES_MAX);
    buf_init(&made->authorization, TC3_TEXT_BYTES_MAX);
}

void tc3_signed_release(struct tc3_signed *made)
{
    buf_release(&made->canonical_request);
    buf_release(&made->string_to_sign);
    buf_release(&made->authorization);
}

enum err tc3_sign(const struct tc3_input *input, const struct credentials *credentials,
                  struct tc3_signed *made, struct fault *fault)
{
    struct tc3_keys keys;
    char signature[TC3_HEX_TEXT_MAX];
    buf_clear(&made->canonical_request);
    buf_clear(&made->string_to_sign);
    buf_clear(&made->authorization);
    enum err err = credentials_check(credentials, fault);
    if (err == ERR_OK)
        err = tc3_canonical_request(input, &made->canonical_request, fault);
    if (err == ERR_OK)
        err = tc3_string_to_sign(input, buf_view(&made->canonical_request), &made->string_to_sign,
                                 fault);
    if (err == ERR_OK)
        err = tc3_keys_derive(input, credentials->secret_key, &keys, fault);
    if (err != ERR_OK)
        return err;
    err = tc3_signature(&keys, buf_view(&made->string_to_sign), signature);
    tc3_keys_wipe(&keys);
    if (err != ERR_OK)
        return fault_set(fault, err, "signature: the library refuses HMAC-SHA256");
    return tc3_authorization(input, credentials->secret_id, signature, &made->authorization, fault);
}
