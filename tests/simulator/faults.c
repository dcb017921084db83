/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of faults and the draws from it. Never carries one out.
 */
#include "faults.h"

#include "messages.h"
#include "text.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 10000

static const struct {
    const char *name;
    enum fault_scope scope;
} kinds[FAULT_KINDS_N] = {
    [FAULT_DELAY] = {"delay", SCOPE_DELAY},
    [FAULT_MESSAGE_STYLE] = {"message-style", SCOPE_STYLE},
    [FAULT_LOST_BEFORE] = {"lost-before", SCOPE_CALL},
    [FAULT_LOST_AFTER] = {"lost-after", SCOPE_CALL},
    [FAULT_LATE_EFFECT] = {"late-effect", SCOPE_CALL},
    [FAULT_RESET_BEFORE] = {"reset-before", SCOPE_CALL},
    [FAULT_RESET_AFTER] = {"reset-after", SCOPE_CALL},
    [FAULT_HTTP_BEFORE] = {"5xx", SCOPE_CALL},
    [FAULT_HTTP_AFTER] = {"5xx-after", SCOPE_CALL},
    [FAULT_BROKEN_BODY] = {"broken-body", SCOPE_CALL},
    [FAULT_TRUNCATED_BODY] = {"truncated-body", SCOPE_CALL},
    [FAULT_THROTTLE] = {"throttle", SCOPE_CALL},
    [FAULT_INTERNAL_BEFORE] = {"internal-error-before", SCOPE_CALL},
    [FAULT_INTERNAL_AFTER] = {"internal-error-after", SCOPE_CALL},
    [FAULT_PARTIAL_EFFECT] = {"partial-effect", SCOPE_CALL},
    [FAULT_CODE] = {"code", SCOPE_CALL},
    [FAULT_BUSY] = {"busy", SCOPE_INSTANCE},
    [FAULT_STOPPED] = {"stopped", SCOPE_INSTANCE},
    [FAULT_MISSING] = {"missing", SCOPE_INSTANCE},
    [FAULT_DENIED] = {"denied", SCOPE_INSTANCE},
    [FAULT_INSTANCE_CODE] = {"instance-code", SCOPE_INSTANCE},
    [FAULT_REBOOT_FAILS] = {"reboot-fails", SCOPE_REBOOT},
    [FAULT_REBOOT_STOPS] = {"reboot-stops", SCOPE_REBOOT},
    [FAULT_REBOOT_STUCK] = {"reboot-stuck", SCOPE_REBOOT},
    [FAULT_REBOOT_SLOW] = {"reboot-slow", SCOPE_REBOOT},
};

/* Other ways to say the same. */
static const struct {
    const char *name;
    enum fault_kind kind;
} aliases[] = {
    {"answer-lost-before", FAULT_LOST_BEFORE},
    {"answer-lost-after", FAULT_LOST_AFTER},
    {"answer-lost-before-effect", FAULT_LOST_BEFORE},
    {"answer-lost-after-effect", FAULT_LOST_AFTER},
    {"lost-before-effect", FAULT_LOST_BEFORE},
    {"lost-after-effect", FAULT_LOST_AFTER},
    {"reset", FAULT_RESET_BEFORE},
    {"5xx-before", FAULT_HTTP_BEFORE},
    {"broken", FAULT_BROKEN_BODY},
    {"truncated", FAULT_TRUNCATED_BODY},
    {"internalerror-before", FAULT_INTERNAL_BEFORE},
    {"internalerror-after", FAULT_INTERNAL_AFTER},
    {"internalerror-before-effect", FAULT_INTERNAL_BEFORE},
    {"internalerror-after-effect", FAULT_INTERNAL_AFTER},
    {"internal-error-before-effect", FAULT_INTERNAL_BEFORE},
    {"internal-error-after-effect", FAULT_INTERNAL_AFTER},
    {"partial", FAULT_PARTIAL_EFFECT},
};

const char *fault_kind_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

static enum fault_kind kind_of(const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s", text);
    for (char *c = name; *c; c++)
        *c = *c == '_' || *c == ' ' ? (char)'-' : lower_of(*c);
    for (int i = 0; i < FAULT_KINDS_N; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return (enum fault_kind)i;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].kind;
    }
    return FAULT_KINDS_N;
}

static void api_fault_release(struct api_fault *fault)
{
    for (size_t i = 0; i < fault->ids_n; i++)
        free(fault->ids[i]);
    free(fault->ids);
    free(fault->action);
    free(fault->code);
    free(fault->message);
}

void faults_init(struct faults *faults, struct random *random)
{
    *faults = (struct faults){.random = random};
}

void faults_clear(struct faults *faults)
{
    for (size_t i = 0; i < faults->n; i++)
        api_fault_release(&faults->at[i]);
    faults->n = 0;
}

void faults_release(struct faults *faults)
{
    faults_clear(faults);
    free(faults->at);
    faults->at = NULL;
    faults->cap = 0;
}

static char *copy_of(const json_t *value)
{
    char number[32];
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        text = number;
    }
    char *copy = text ? strdup(text) : NULL;
    CHECK(!text || copy);
    return copy;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool copy_ids(const json_t *ids, struct api_fault *out)
{
    size_t n = json_array_size(ids);
    if (ids && !json_is_null(ids) && !json_is_array(ids))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!json_is_string(json_array_get(ids, i)))
            return false;
    }
    if (n == 0)
        return true;
    out->ids = calloc(n, sizeof(char *));
    CHECK(out->ids != NULL);
    for (size_t i = 0; i < n; i++)
        out->ids[i] = copy_of(json_array_get(ids, i));
    out->ids_n = n;
    qsort(out->ids, n, sizeof(char *), by_text);
    return true;
}

static const char *unknown_key(json_t *json)
{
    static const char *const known[] = {"action",      "ids",     "kind", "count",
                                        "probability", "delayMs", "code", "message"};
    for (void *it = json_object_iter(json); it; it = json_object_iter_next(json, it)) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || strcmp(known[i], json_object_iter_key(it)) == 0;
        if (!found)
            return json_object_iter_key(it);
    }
    return NULL;
}

static bool is_absent(const json_t *value)
{
    return !value || json_is_null(value);
}

/* Numbers of a fault; false if one is out of range. */
static bool read_numbers(const json_t *json, struct api_fault *out)
{
    const json_t *count = json_object_get(json, "count");
    const json_t *probability = json_object_get(json, "probability");
    const json_t *delay = json_object_get(json, "delayMs");
    out->left = is_absent(count) ? -1 : json_integer_value(count);
    out->probability = is_absent(probability) ? 1 : json_number_value(probability);
    out->delay_ms = json_integer_value(delay);
    return (is_absent(count) || (json_is_integer(count) && out->left >= 0)) &&
           (is_absent(probability) || json_is_number(probability)) && out->probability >= 0 &&
           out->probability <= 1 && (is_absent(delay) || json_is_integer(delay)) &&
           out->delay_ms >= 0 && out->delay_ms <= 86400000;
}

static enum err api_fault_read(json_t *json, struct api_fault *out, struct fault *fault_out)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    *out = (struct api_fault){.kind = FAULT_KINDS_N};
    if (!json_is_object(json))
        return fault_set(fault_out, ERR_INVALID, "a fault is an object");
    if (unknown_key(json))
        return fault_set(fault_out, ERR_INVALID, "unknown field '%s'", unknown_key(json));
    if (!kind || (out->kind = kind_of(kind)) == FAULT_KINDS_N)
        return fault_set(fault_out, ERR_INVALID, "unknown kind '%s'", kind ? kind : "");
    if (!read_numbers(json, out))
        return fault_set(fault_out, ERR_INVALID, "count, probability or delayMs does not fit");
    if (!copy_ids(json_object_get(json, "ids"), out))
        return fault_set(fault_out, ERR_INVALID, "ids is an array of strings");
    if (out->kind == FAULT_CODE && out->ids_n > 0)
        out->kind = FAULT_INSTANCE_CODE;
    out->action = copy_of(json_object_get(json, "action"));
    out->code = copy_of(json_object_get(json, "code"));
    out->message = copy_of(json_object_get(json, "message"));
    enum err err = ERR_OK;
    if ((out->kind == FAULT_CODE || out->kind == FAULT_INSTANCE_CODE) && !out->code)
        err = fault_set(fault_out, ERR_INVALID, "kind 'code' needs a code");
    enum message_style style;
    if (out->kind == FAULT_MESSAGE_STYLE &&
        (!out->message || !message_style_of(out->message, &style)))
        err = fault_set(fault_out, ERR_INVALID, "kind 'message-style' needs one as its message");
    if (out->kind == FAULT_REBOOT_SLOW && out->delay_ms == 0)
        err = fault_set(fault_out, ERR_INVALID, "kind 'reboot-slow' needs delayMs");
    if (err != ERR_OK)
        api_fault_release(out);
    return err;
}

static void append(struct faults *faults, const struct api_fault *fault)
{
    if (faults->n == faults->cap) {
        faults->cap = faults->cap ? faults->cap * 2 : 16;
        faults->at = realloc(faults->at, faults->cap * sizeof *faults->at);
        CHECK(faults->at != NULL);
    }
    faults->at[faults->n++] = *fault;
}

static bool is_clear(const json_t *json)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    return kind && strcmp(kind, "clear") == 0;
}

enum err faults_add(struct faults *faults, json_t *json, struct fault *fault_out)
{
    size_t n = json_is_array(json) ? json_array_size(json) : 1;
    if (n > FAULTS_MAX - faults->n)
        return fault_set(fault_out, ERR_LIMIT, "more than %d faults", FAULTS_MAX);
    struct faults added;
    faults_init(&added, NULL);
    bool clear = false;
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        json_t *item = json_is_array(json) ? json_array_get(json, i) : json;
        struct api_fault fault;
        if (is_clear(item)) {
            clear = true;
            faults_clear(&added);
            continue;
        }
        err = api_fault_read(item, &fault, fault_out);
        if (err == ERR_OK)
            append(&added, &fault);
    }
    if (err == ERR_OK) {
        if (clear)
            faults_clear(faults);
        for (size_t i = 0; i < added.n; i++)
            append(faults, &added.at[i]);
        added.n = 0;
    }
    faults_release(&added);
    return err;
}

json_t *faults_to_json(const struct faults *faults)
{
    json_t *out = json_array();
    for (size_t i = 0; i < faults->n; i++) {
        const struct api_fault *fault = &faults->at[i];
        json_t *ids = json_array();
        for (size_t k = 0; k < fault->ids_n; k++)
            json_array_append_new(ids, json_string(fault->ids[k]));
        json_array_append_new(
            out, json_pack("{ss ss? so sI sf sI ss? ss? sI}", "kind", fault_kind_name(fault->kind),
                           "action", fault->action, "ids", ids, "left", (json_int_t)fault->left,
                           "probability", fault->probability, "delayMs",
                           (json_int_t)fault->delay_ms, "code", fault->code, "message",
                           fault->message, "hits", (json_int_t)fault->hits_n));
    }
    return out;
}

void faults_begin_call(struct faults *faults)
{
    faults->call++;
}

static bool names_id(const struct api_fault *fault, const char *id)
{
    return fault->ids_n == 0 ||
           bsearch(&id, fault->ids, fault->ids_n, sizeof(char *), by_text) != NULL;
}

static bool names_any(const struct api_fault *fault, const json_t *ids)
{
    for (size_t i = 0; fault->ids_n > 0 && i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (id && names_id(fault, id))
            return true;
    }
    return fault->ids_n == 0;
}

static bool hits_action(const struct api_fault *fault, const char *action)
{
    return !fault->action || strcmp(fault->action, action) == 0;
}

/* Chance and count; what already hit this call hits it for no further count. */
static bool draw(struct faults *faults, struct api_fault *fault)
{
    bool again = fault->call == faults->call;
    if (fault->left == 0 && !again)
        return false;
    double chance = (double)(random_next(faults->random) >> 11) / 9007199254740992.0;
    if (fault->probability < 1 && chance >= fault->probability)
        return false;
    if (!again && fault->left > 0)
        fault->left--;
    fault->hits_n += !again;
    fault->call = faults->call;
    return true;
}

const struct api_fault *faults_of_call(struct faults *faults, const char *action, const json_t *ids,
                                       enum fault_scope scope)
{
    for (size_t i = 0; i < faults->n; i++) {
        struct api_fault *fault = &faults->at[i];
        if (kinds[fault->kind].scope == scope && hits_action(fault, action) &&
            names_any(fault, ids) && draw(faults, fault))
            return fault;
    }
    return NULL;
}

const struct api_fault *faults_of_instance(struct faults *faults, const char *action,
                                           const char *id, enum fault_scope scope)
{
    for (size_t i = 0; i < faults->n; i++) {
        struct api_fault *fault = &faults->at[i];
        if (kinds[fault->kind].scope == scope && hits_action(fault, action) &&
            names_id(fault, id) && draw(faults, fault))
            return fault;
    }
    return NULL;
}

void faults_show(const struct faults *faults, const char *action,
                 void (*show)(void *owner, const char *id, enum state state), void *owner)
{
    for (size_t i = 0; i < faults->n; i++) {
        const struct api_fault *fault = &faults->at[i];
        bool shows = fault->kind == FAULT_MISSING || fault->kind == FAULT_STOPPED;
        if (!shows || fault->left == 0 || fault->probability < 1 || !hits_action(fault, action))
            continue;
        for (size_t k = 0; k < fault->ids_n; k++)
            show(owner, fault->ids[k], fault->kind == FAULT_MISSING ? STATE_GONE : STATE_STOPPED);
    }
}
