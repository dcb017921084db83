/* SPDX-License-Identifier: Apache-2.0
 *
 * DescribeInstances. Filters are ANDed, values of one filter ORed; each is a bitmap over all
 * places, so a page out of 100,000 instances costs some thousand words. Times of creation follow
 * the places, so descending order is walking the bits downwards.
 */
#include "api.h"

#include "view.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIMIT_DEFAULT     20
#define LIMIT_MAX         100
#define FILTERS_MAX       10
#define FILTER_VALUES_MAX 5

static const struct param specs[] = {{"Filters", PARAM_FILTERS, false},
                                     {"Offset", PARAM_INTEGER, false},
                                     {"Limit", PARAM_INTEGER, false},
                                     {"OrderByField", PARAM_STRING, false},
                                     {"OrderDirection", PARAM_INTEGER, false}};
const struct param_specs describe_params = {specs, sizeof specs / sizeof specs[0]};

/* Filters that compare an attribute. */
static const struct {
    const char *name;
    enum attr attr;
    bool fuzzy;
} attr_filters[] = {
    {"zone", ATTR_ZONE, false},
    {"zone-name", ATTR_ZONE_NAME, true},
    {"module-id", ATTR_MODULE_ID, false},
    {"module-name", ATTR_MODULE_NAME, true},
    {"instance-name", ATTR_NAME, true},
    {"ip-address", ATTR_IP, false},
    {"instance-uuid", ATTR_UUID, false},
    {"internet-service-provider", ATTR_ISP, false},
    {"instance-family", ATTR_FAMILY, false},
    {"image-id", ATTR_IMAGE_ID, false},
    {"vpc-id", ATTR_VPC_ID, false},
    {"subnet-id", ATTR_SUBNET_ID, false},
};

/* What faults make of an instance, over its real state. */
struct override {
    size_t place;
    enum state state;
};

struct query {
    const struct fleet *fleet;
    uint64_t *bits;
    size_t words_n;
    struct override *overrides;
    size_t overrides_n;
    json_int_t offset;
    json_int_t limit;
    bool ascending;
};

static void add_override(void *owner, const char *id, enum state state)
{
    struct query *query = owner;
    size_t place = fleet_find(query->fleet, id);
    if (place == INSTANCE_NONE || query->fleet->at[place]->state == STATE_GONE)
        return;
    query->overrides =
        realloc(query->overrides, (query->overrides_n + 1) * sizeof *query->overrides);
    CHECK(query->overrides != NULL);
    query->overrides[query->overrides_n++] = (struct override){place, state};
}

static enum state shown_state(const struct query *query, size_t place)
{
    for (size_t i = 0; i < query->overrides_n; i++) {
        if (query->overrides[i].place == place)
            return query->overrides[i].state;
    }
    return (enum state)query->fleet->at[place]->state;
}

static void set_bit(uint64_t *bits, size_t place, bool on)
{
    uint64_t bit = UINT64_C(1) << (place % 64);
    bits[place / 64] = on ? bits[place / 64] | bit : bits[place / 64] & ~bit;
}

static uint64_t *new_bits(const struct query *query)
{
    uint64_t *bits = calloc(query->words_n + 1, sizeof *bits);
    CHECK(bits != NULL);
    return bits;
}

/* All instances that are shown in one of these states. */
static void states_to_bits(const struct query *query, const bool wanted[STATE_N], uint64_t *bits)
{
    for (int s = 0; s < STATE_GONE; s++) {
        for (size_t w = 0; wanted[s] && w < query->words_n; w++)
            bits[w] |= query->fleet->by_state[s][w];
    }
    /* Backwards: of two overrides the first counts. */
    for (size_t i = query->overrides_n; i-- > 0;)
        set_bit(bits, query->overrides[i].place,
                query->overrides[i].state != STATE_GONE && wanted[query->overrides[i].state]);
}

static void filter_states(const struct query *query, const json_t *values, uint64_t *bits)
{
    bool wanted[STATE_N] = {false};
    for (size_t i = 0; i < json_array_size(values); i++) {
        enum state state = state_of(json_string_value(json_array_get(values, i)));
        if (state < STATE_GONE)
            wanted[state] = true;
    }
    states_to_bits(query, wanted, bits);
}

static void filter_ids(const struct query *query, const json_t *values, uint64_t *bits)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        size_t place = fleet_find(query->fleet, json_string_value(json_array_get(values, i)));
        if (place != INSTANCE_NONE)
            set_bit(bits, place, true);
    }
}

static bool has_tag(const json_t *tags, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        const char *k = json_string_value(json_object_get(tag, "Key"));
        const char *v = json_string_value(json_object_get(tag, "Value"));
        if (k && strcmp(k, key) == 0 && (!value || (v && strcmp(v, value) == 0)))
            return true;
    }
    return false;
}

static bool tag_fits(const struct query *query, size_t place, const char *name, const char *value)
{
    const json_t *tags = query->fleet->at[place]->tags;
    return strcmp(name, "tag-key") == 0 ? has_tag(tags, value, NULL)
                                        : has_tag(tags, name + strlen("tag:"), value);
}

static bool attr_fits(const struct query *query, size_t place, size_t filter, const char *value)
{
    char scratch[ATTR_TEXT_MAX];
    const char *text = view_attr(query->fleet, place, attr_filters[filter].attr, scratch);
    return attr_filters[filter].fuzzy ? strcasestr(text, value) != NULL : strcmp(text, value) == 0;
}

static bool is_tag_filter(const char *name)
{
    return strcmp(name, "tag-key") == 0 || (strncmp(name, "tag:", 4) == 0 && name[4] != '\0');
}

static size_t attr_filter_of(const char *name)
{
    size_t i = 0;
    while (i < sizeof attr_filters / sizeof attr_filters[0] &&
           strcmp(attr_filters[i].name, name) != 0)
        i++;
    return i;
}

/* Of what is left, the instances that fit one by one. */
static void filter_each(const struct query *query, const char *name, const json_t *values,
                        uint64_t *bits)
{
    size_t attr_filter = attr_filter_of(name);
    bool is_tag = is_tag_filter(name);
    for (size_t place = 0; place < query->fleet->n; place++) {
        if (!(query->bits[place / 64] >> (place % 64) & 1))
            continue;
        bool fits = false;
        for (size_t i = 0; !fits && i < json_array_size(values); i++) {
            const char *value = json_string_value(json_array_get(values, i));
            fits = is_tag ? tag_fits(query, place, name, value)
                          : attr_fits(query, place, attr_filter, value);
        }
        set_bit(bits, place, fits);
    }
}

static bool apply_filter(struct api_call *call, struct query *query, const json_t *filter)
{
    const char *name = json_string_value(json_object_get(filter, "Name"));
    const json_t *values = json_object_get(filter, "Values");
    if (json_array_size(values) == 0 || json_array_size(values) > FILTER_VALUES_MAX)
        return api_refuse(&call->error, "InvalidParameterValue.FilterLimitExceeded",
                          "The number of `Filter.Values` must be 1 to %d.", FILTER_VALUES_MAX);
    bool is_state = strcmp(name, "instance-state") == 0;
    bool is_id = strcmp(name, "instance-id") == 0;
    if (!is_state && !is_id && !is_tag_filter(name) &&
        attr_filter_of(name) == sizeof attr_filters / sizeof attr_filters[0])
        return api_refuse(&call->error, "InvalidParameterValue.InvalidFilter",
                          "The filter `%.100s` is invalid.", name);
    uint64_t *bits = new_bits(query);
    if (is_state)
        filter_states(query, values, bits);
    else if (is_id)
        filter_ids(query, values, bits);
    else
        filter_each(query, name, values, bits);
    for (size_t w = 0; w < query->words_n; w++)
        query->bits[w] &= bits[w];
    free(bits);
    return true;
}

static bool check_paging(struct api_call *call, struct query *query)
{
    const json_t *limit = json_object_get(call->params, "Limit");
    const char *field = json_string_value(json_object_get(call->params, "OrderByField"));
    json_int_t direction = json_integer_value(json_object_get(call->params, "OrderDirection"));
    query->offset = json_integer_value(json_object_get(call->params, "Offset"));
    query->limit = limit ? json_integer_value(limit) : LIMIT_DEFAULT;
    query->ascending = direction == 1;
    if (query->offset < 0 || query->limit < 1 || query->limit > LIMIT_MAX)
        return api_refuse(&call->error, "InvalidParameterValue.InvaildPageParam",
                          "`Offset` must not be negative, `Limit` must be 1 to %d.", LIMIT_MAX);
    if (field && strcmp(field, "timestamp") != 0)
        return api_refuse(&call->error, "InvalidParameterValue.InvalidOrderByField",
                          "The value of `OrderByField` is invalid.");
    if (direction != 0 && direction != 1)
        return api_refuse(&call->error, "InvalidParameterValue",
                          "A value specified in `OrderDirection` is not valid, is unsupported, or "
                          "cannot be used.");
    if (json_array_size(json_object_get(call->params, "Filters")) > FILTERS_MAX)
        return api_refuse(&call->error, "InvalidParameterValue.FilterLimitExceeded",
                          "There may be %d filters.", FILTERS_MAX);
    return true;
}

static enum err append_page_item(const struct query *query, struct buf *out, size_t place,
                                 bool is_first)
{
    enum err err = buf_append_text(out, is_first ? "[" : ",");
    return err == ERR_OK ? view_append(out, query->fleet, place, shown_state(query, place)) : err;
}

/* Whole words are skipped by their number of bits. An empty page is null: the vendor's own data
 * type says that it may be. */
static enum err append_page(const struct query *query, struct buf *out)
{
    json_int_t skipped = 0;
    json_int_t listed = 0;
    enum err err = buf_append_text(out, "\"InstanceSet\":");
    for (size_t i = 0; i < query->words_n && listed < query->limit; i++) {
        uint64_t word = query->bits[query->ascending ? i : query->words_n - 1 - i];
        size_t base = (query->ascending ? i : query->words_n - 1 - i) * 64;
        int ones = __builtin_popcountll(word);
        if (skipped + ones <= query->offset) {
            skipped += ones;
            continue;
        }
        while (word != 0 && listed < query->limit && err == ERR_OK) {
            int bit = query->ascending ? __builtin_ctzll(word) : 63 - __builtin_clzll(word);
            word &= ~(UINT64_C(1) << bit);
            if (skipped++ < query->offset)
                continue;
            err = append_page_item(query, out, base + (size_t)bit, listed == 0);
            listed++;
        }
    }
    return err == ERR_OK ? buf_append_text(out, listed ? "]," : "null,") : err;
}

static bool run_query(struct api_call *call, struct query *query)
{
    static const bool all[STATE_N] = {true, true, true, true, true, true, true, true, true, true};
    const json_t *filters = json_object_get(call->params, "Filters");
    uint64_t total = 0;
    states_to_bits(query, all, query->bits);
    for (size_t i = 0; i < json_array_size(filters); i++) {
        if (!apply_filter(call, query, json_array_get(filters, i)))
            return false;
    }
    for (size_t w = 0; w < query->words_n; w++)
        total += (uint64_t)__builtin_popcountll(query->bits[w]);
    enum err err = buf_append_format(call->out, "\"TotalCount\":%llu,", (unsigned long long)total);
    if (err == ERR_OK)
        err = append_page(query, call->out);
    return err == ERR_OK ||
           api_refuse(&call->error, "ResponseSizeLimitExceeded", "The response is too large.");
}

bool describe_instances(struct api_call *call)
{
    struct query query = {.fleet = &call->sim->fleet, .words_n = fleet_words(&call->sim->fleet)};
    if (!check_paging(call, &query))
        return false;
    faults_show(&call->sim->faults, call->action, add_override, &query);
    query.bits = new_bits(&query);
    bool ok = run_query(call, &query);
    free(query.bits);
    free(query.overrides);
    return ok;
}
