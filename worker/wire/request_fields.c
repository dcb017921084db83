/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of a request: one table with a row for each, in the order in which they are judged.
 * schemas/reboot-request.schema.json says the same; tests/schemas holds both to it. */
#include <jansson.h>
#include <stddef.h>

#include "wire/request_impl.h"
#include "wire/timestamp.h"

struct rule {
    struct request_rule says;
    bool (*take)(const json_t *value, void *to);
    size_t at; /* in struct request_fields */
};

static struct view text_of(const json_t *value)
{
    return (struct view){json_string_value(value), json_string_length(value)};
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool consists_of(struct view text, const char *others)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_alnum(text.p[i]) && (text.p[i] == '\0' || strchr(others, text.p[i]) == NULL))
            return false;
    return true;
}

bool request_id_fits(struct view text)
{
    return text.n >= 1 && text.n <= REQUEST_ID_BYTES_MAX && consists_of(text, "._:/-");
}

static bool take_request_id(const json_t *value, void *to)
{
    if (!json_is_string(value) || !request_id_fits(text_of(value)))
        return false;
    *(struct view *)to = text_of(value);
    return true;
}

static bool take_region(const json_t *value, void *to)
{
    if (!json_is_string(value))
        return false;
    struct view text = text_of(value);
    if (text.n > REGION_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!is_alnum(text.p[i]) && text.p[i] != '-')
            return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 'A' && text.p[i] <= 'Z')
            return false;
    *(struct view *)to = text.n > 0 ? text : VIEW_NONE;
    return true;
}

/* UTF-8 is known to be valid: every byte but the continuations begins a character. */
static size_t char_n(struct view text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

static bool take_note(const json_t *value, void *to)
{
    if (!json_is_string(value) || char_n(text_of(value)) > NOTE_CHARS_MAX)
        return false;
    *(struct view *)to = text_of(value).n > 0 ? text_of(value) : VIEW_NONE;
    return true;
}

static bool take_stop_type(const json_t *value, void *to)
{
    if (!json_is_string(value))
        return false;
    struct view text = text_of(value);
    *(struct view *)to = text;
    return view_is(text, "SOFT") || view_is(text, "HARD") || view_is(text, "SOFT_FIRST");
}

static bool take_bool(const json_t *value, void *to)
{
    *(bool *)to = json_is_true(value);
    return json_is_boolean(value);
}

static bool take_time(const json_t *value, void *to)
{
    return json_is_string(value) && timestamp_parse(text_of(value), to) == ERR_OK;
}

/* Fowler, Noll, Vo: FNV-1a. */
static uint32_t hash(struct view text)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (unsigned char)text.p[i]) * 16777619u;
    return h;
}

enum { SLOT_N = 2048 };
_Static_assert(SLOT_N >= 2 * INSTANCES_PER_REQUEST_MAX, "open addressing needs free slots");

/* Adds it unless it is there already. */
static void add_id(struct request_fields *fields, uint16_t slots[SLOT_N], struct view id)
{
    uint32_t i = hash(id) % SLOT_N;
    for (; slots[i] != 0; i = (i + 1) % SLOT_N)
        if (view_equals(fields->instance_ids[slots[i] - 1], id))
            return;
    fields->instance_ids[fields->instance_n++] = id;
    slots[i] = (uint16_t)fields->instance_n;
}

static bool is_instance_id(const json_t *value)
{
    if (!json_is_string(value))
        return false;
    struct view text = text_of(value);
    return text.n >= 1 && text.n <= INSTANCE_ID_BYTES_MAX && consists_of(text, "_-");
}

static bool take_instance_ids(const json_t *value, void *to)
{
    struct request_fields *fields = to;
    size_t n = json_array_size(value); /* 0 for what is no array */
    if (n < 1 || n > INSTANCES_PER_REQUEST_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_instance_id(json_array_get(value, i)))
            return false;
    uint16_t slots[SLOT_N] = {0};
    for (size_t i = 0; i < n; i++)
        add_id(fields, slots, text_of(json_array_get(value, i)));
    return true;
}

#define AT(member) offsetof(struct request_fields, member)

static const struct rule rules[] = {
    {{"instanceIds", "an array of 1 to 1000 texts, each of 1 to 64 of [A-Za-z0-9_-]",
      PRESENCE_REQUIRED},
     take_instance_ids,
     0},
    {{"requestId", "a text of 1 to 128 of [A-Za-z0-9._:/-]", PRESENCE_REQUIRED_TO_CANCEL},
     take_request_id,
     AT(request_id)},
    {{"region", "a text of at most 64 of [a-z0-9-]", 0}, take_region, AT(region)},
    {{"stopType", "SOFT, HARD or SOFT_FIRST", 0}, take_stop_type, AT(stop_type)},
    {{"forceReboot", "true or false", 0}, take_bool, AT(force_reboot)},
    {{"requestedAt", "an RFC 3339 time", 0}, take_time, AT(requested_ms)},
    {{"notBefore", "an RFC 3339 time", 0}, take_time, AT(not_before_ms)},
    {{"expiresAt", "an RFC 3339 time", 0}, take_time, AT(expires_ms)},
    {{"requestedBy", "a text of at most 256 characters", 0}, take_note, AT(requested_by)},
    {{"reason", "a text of at most 256 characters", 0}, take_note, AT(reason)},
    {{"allowRepeat", "true or false", 0}, take_bool, AT(allow_repeat)},
    {{"cancel", "true or false", 0}, take_bool, AT(cancel)},
};
enum { RULE_N = sizeof rules / sizeof rules[0] };

const struct request_rule *request_rule(unsigned i)
{
    return i < RULE_N ? &rules[i].says : NULL;
}

static bool may_be_missing(const struct request_rule *says, const json_t *object)
{
    if (says->presence == PRESENCE_REQUIRED_TO_CANCEL)
        return !json_is_true(json_object_get(object, "cancel"));
    return says->presence == PRESENCE_OPTIONAL;
}

static enum err explain(const struct request_rule *says, bool missing, struct fault *fault)
{
    if (!missing)
        return fault_set(fault, ERR_INVALID, "%s does not fit: it must be %s", says->name,
                         says->must);
    if (says->presence == PRESENCE_REQUIRED_TO_CANCEL)
        return fault_set(fault, ERR_INVALID,
                         "%s is missing: cancel needs the one that it withdraws", says->name);
    return fault_set(fault, ERR_INVALID, "%s is missing: it must be %s", says->name, says->must);
}

enum err request_fields_read(const json_t *object, struct request_fields *fields,
                             const char **field_out, struct fault *fault)
{
    enum err err = ERR_OK;
    struct view *ids = fields->instance_ids;
    *fields = (struct request_fields){.instance_ids = ids,
                                      .requested_ms = TIME_NONE,
                                      .not_before_ms = TIME_NONE,
                                      .expires_ms = TIME_NONE};
    *field_out = NULL;
    for (int i = 0; i < RULE_N; i++) {
        const struct request_rule *says = &rules[i].says;
        const json_t *value = json_object_get(object, says->name);
        bool fits = value == NULL ? may_be_missing(says, object)
                                  : rules[i].take(value, (char *)fields + rules[i].at);
        if (fits || err != ERR_OK)
            continue;
        *field_out = says->name;
        err = explain(says, value == NULL, fault);
    }
    return err;
}
