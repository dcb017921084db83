/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON of a request. Every worker of a pool must judge a record alike, so what a JSON library
 * may leave open, or would find only if nothing else is wrong before it, is judged here and first.
 */
#include <jansson.h>
#include <stdio.h>

#include "base/check.h"
#include "base/utf8.h"
#include "wire/request_impl.h"

/* NULL: UTF-8 throughout, and no NUL in it, not even an escaped one. */
static const char *encoding_offence(struct view text)
{
    bool escaped = false;
    while (text.n > 0) {
        size_t n = utf8_n(text);
        if (n == 0)
            return "the value is not UTF-8";
        if (text.p[0] == '\0')
            return "the value holds a NUL";
        if (escaped && text.n >= 5 && memcmp(text.p, "u0000", 5) == 0)
            return "the value holds an escaped NUL";
        escaped = text.p[0] == '\\' && !escaped;
        text = (struct view){text.p + n, text.n - n};
    }
    return NULL;
}

/* NULL: of what is no text, nothing is nested too deep and no number is too long. */
static const char *size_offence(struct view text)
{
    bool quoted = false;
    bool escaped = false;
    unsigned depth = 0;
    unsigned digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool was_quoted = quoted;
        if (c == '"' && !escaped)
            quoted = !quoted;
        escaped = was_quoted && c == '\\' && !escaped;
        if (was_quoted)
            continue;
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
        digits = (c >= '0' && c <= '9') || c == '.' ? digits + 1 : 0;
        if (depth > REQUEST_DEPTH_MAX)
            return "objects and arrays are nested too deep";
        if (digits > REQUEST_DIGITS_MAX)
            return "a number is too long";
    }
    return NULL;
}

json_t *request_parse(struct request_reading *reading, struct view text)
{
    json_error_t error;
    struct fault fault;
    const char *offence = encoding_offence(text);
    if (offence != NULL) {
        (void)request_refuse(reading, REFUSAL_ENCODING, offence);
        return NULL;
    }
    offence = size_offence(text);
    if (offence != NULL) {
        (void)request_refuse(reading, REFUSAL_INVALID_JSON, offence);
        return NULL;
    }
    json_t *root = json_loadb(text.n > 0 ? text.p : "", text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL) {
        /* Without memory nothing is known about the record: to refuse it would be a lie. */
        CHECK(json_error_code(&error) != json_error_unknown);
        CHECK(json_error_code(&error) != json_error_out_of_memory);
        (void)fault_set(&fault, ERR_INVALID, "%s (line %d, column %d)", error.text, error.line,
                        error.column);
        (void)request_refuse(reading, REFUSAL_INVALID_JSON, fault.text);
        return NULL;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        (void)request_refuse(reading, REFUSAL_INVALID_JSON, "the value is not a JSON object");
        return NULL;
    }
    return root;
}
