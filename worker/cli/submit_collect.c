/* SPDX-License-Identifier: Apache-2.0
 *
 * From arguments and a file to records of the requests topic. Every record is judged by
 * wire/request.c, as every worker will; nothing is published unless all of them pass.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "cli/submit.h"
#include "wire/request.h"
#include "wire/timestamp.h"

enum { VALUE_BYTES_MAX = 16 * 1024 * 1024, UUID_TEXT_MAX = 37 };

struct id {
    struct view text;
    size_t line; /* of the file; 0: an argument */
    size_t order;
};

struct collector {
    const struct submit_input *input;
    struct submit *submit;
    struct request_reading *reading;
    struct id *ids; /* room for as many as there are arguments and lines */
    size_t id_n;
    struct fault *fault;
};

/* ---- options as fields ---- */

static const struct {
    const char *flag;
    const char *name;
    size_t at;
    bool is_moment; /* a duration means: from now on */
} texts[] = {
    {"request-id", "requestId", offsetof(struct submit_fields, request_id), false},
    {"region", "region", offsetof(struct submit_fields, region), false},
    {"stop-type", "stopType", offsetof(struct submit_fields, stop_type), false},
    {"requested-at", "requestedAt", offsetof(struct submit_fields, requested_at), false},
    {"not-before", "notBefore", offsetof(struct submit_fields, not_before), true},
    {"expires-at", "expiresAt", offsetof(struct submit_fields, expires_at), true},
    {"requested-by", "requestedBy", offsetof(struct submit_fields, requested_by), false},
    {"reason", "reason", offsetof(struct submit_fields, reason), false},
};
enum { TEXT_N = sizeof texts / sizeof texts[0] };

static const char *text_at(const struct submit_fields *fields, int i)
{
    return *(const char *const *)((const char *)fields + texts[i].at);
}

static const char *flag_given(const struct submit_fields *fields)
{
    for (int i = 0; i < TEXT_N; i++)
        if (text_at(fields, i) != NULL)
            return texts[i].flag;
    return fields->force_reboot   ? "force-reboot"
           : fields->allow_repeat ? "allow-repeat"
           : fields->cancel       ? "cancel"
                                  : NULL;
}

static enum err set_text(const struct collector *collector, json_t *object, int i)
{
    const char *text = text_at(collector->input->fields, i);
    char moment[TIMESTAMP_TEXT_MAX];
    int64_t ms;
    if (text == NULL)
        return ERR_OK;
    if (texts[i].is_moment && config_parse_duration(view_of(text), &ms)) {
        timestamp_format(collector->input->now_ms + ms, moment);
        text = moment;
    }
    json_t *value = json_string(text);
    if (value == NULL)
        return fault_set(collector->fault, ERR_INVALID, "request.encoding: --%s is not UTF-8",
                         texts[i].flag);
    (void)json_object_set_new(object, texts[i].name, value);
    return ERR_OK;
}

static enum err set_fields(const struct collector *collector, json_t *object)
{
    const struct submit_fields *fields = collector->input->fields;
    enum err err = ERR_OK;
    for (int i = 0; i < TEXT_N && err == ERR_OK; i++)
        err = set_text(collector, object, i);
    if (fields->force_reboot)
        (void)json_object_set_new(object, "forceReboot", json_true());
    if (fields->allow_repeat)
        (void)json_object_set_new(object, "allowRepeat", json_true());
    if (fields->cancel)
        (void)json_object_set_new(object, "cancel", json_true());
    return err;
}

/* ---- judging, and keeping what passes ---- */

static bool passes(const struct collector *collector, struct view value)
{
    const struct config *config = collector->input->config;
    const struct request_record record = {
        .topic = view_of(config->topics[TOPIC_REQUESTS]),
        .timestamp_ms = collector->input->now_ms,
        .value = value,
        .bytes_max = config->request_max_bytes,
    };
    request_read(&record, collector->reading);
    return collector->reading->refusal == REFUSAL_NONE;
}

/* "FILE:12: ", or nothing. */
static void place_of(const struct collector *collector, size_t line, char out[300])
{
    out[0] = '\0';
    if (line > 0)
        (void)snprintf(out, 300, "%s:%zu: ", collector->input->file_name, line);
}

static enum err refused(const struct collector *collector, size_t line, struct view which)
{
    const struct request_reading *reading = collector->reading;
    char place[300];
    place_of(collector, line, place);
    return fault_set(collector->fault, ERR_INVALID, "%s%s: %s%s%.*s%s", place, reading->error_code,
                     reading->error_message, which.p != NULL ? ": \"" : "", VIEW_FMT(which),
                     which.p != NULL ? "\"" : "");
}

static enum err no_memory(const struct collector *collector)
{
    return fault_set(collector->fault, ERR_SYSTEM, "no memory");
}

static void release_record(struct submit_record *record)
{
    buf_release(&record->value);
    free(record->request_id);
    for (uint32_t i = 0; i < record->instance_n; i++)
        free(record->instance_ids[i]);
    free(record->instance_ids);
}

/* What the reading holds of the request that just passed. */
static bool copy_reading(const struct request_reading *reading, struct submit_record *record)
{
    const struct request_fields *fields = &reading->fields;
    record->cancel = fields->cancel;
    record->instance_ids = calloc(fields->instance_n, sizeof *record->instance_ids);
    if (record->instance_ids == NULL)
        return false;
    for (uint32_t i = 0; i < fields->instance_n; i++) {
        record->instance_ids[i] = view_dup(fields->instance_ids[i]);
        if (record->instance_ids[i] == NULL)
            return false;
        record->instance_n++;
    }
    if (fields->request_id.n == 0)
        return true;
    record->request_id = view_dup(fields->request_id);
    return record->request_id != NULL;
}

static enum err keep(const struct collector *collector, struct view value)
{
    struct submit *submit = collector->submit;
    if (submit->record_n == submit->room) {
        size_t room = submit->room == 0 ? 16 : 2 * submit->room;
        struct submit_record *more = reallocarray(submit->records, room, sizeof *more);
        if (more == NULL)
            return no_memory(collector);
        submit->records = more;
        submit->room = room;
    }
    struct submit_record record = {.offset = -1};
    buf_init(&record.value, VALUE_BYTES_MAX);
    if (buf_append_view(&record.value, value) != ERR_OK ||
        !copy_reading(collector->reading, &record)) {
        release_record(&record);
        return no_memory(collector);
    }
    submit->records[submit->record_n++] = record;
    return ERR_OK;
}

void submit_release(struct submit *submit)
{
    for (size_t i = 0; i < submit->record_n; i++)
        release_record(&submit->records[i]);
    free(submit->records);
    *submit = (struct submit){.records = NULL};
}

/* ---- requests made of IDs ---- */

/* The first ID that a request alone would be refused for. */
static const struct id *culprit(const struct collector *collector, const struct id *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_t *alone = json_pack("{s:[s%]}", "instanceIds", ids[i].text.p, ids[i].text.n);
        char *text = alone != NULL ? json_dumps(alone, JSON_COMPACT) : NULL;
        bool good = text != NULL && passes(collector, view_of(text));
        free(text);
        json_decref(alone);
        if (!good)
            return &ids[i];
    }
    return NULL;
}

static enum err judge_and_keep(const struct collector *collector, json_t *object,
                               const struct id *ids, size_t n)
{
    char *text = json_dumps(object, JSON_COMPACT);
    if (text == NULL)
        return no_memory(collector);
    enum err err;
    if (passes(collector, view_of(text))) {
        err = keep(collector, view_of(text));
    } else {
        bool by_id = strcmp(collector->reading->error_code, "request.field.instanceIds") == 0;
        const struct id *which = by_id ? culprit(collector, ids, n) : NULL;
        err = refused(collector, which != NULL ? which->line : 0,
                      which != NULL ? which->text : VIEW_NONE);
    }
    free(text);
    return err;
}

/* fresh: the ID of a request that was given none, or NULL. */
static enum err add_request(const struct collector *collector, const char *fresh,
                            const struct id *ids, size_t n)
{
    json_t *object = json_object();
    json_t *array = json_array();
    if (fresh != NULL)
        (void)json_object_set_new(object, "requestId", json_string(fresh));
    enum err err = set_fields(collector, object);
    (void)json_object_set_new(object, "instanceIds", array);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        json_t *id = json_stringn(ids[i].text.p, ids[i].text.n);
        char place[300];
        place_of(collector, ids[i].line, place);
        if (id == NULL)
            err = fault_set(collector->fault, ERR_INVALID,
                            "%srequest.encoding: an instance ID is not UTF-8", place);
        else if (json_array_append_new(array, id) != 0)
            err = no_memory(collector);
    }
    if (err == ERR_OK)
        err = judge_and_keep(collector, object, ids, n);
    json_decref(object);
    return err;
}

static int by_text(const void *a, const void *b)
{
    const struct id *one = a;
    const struct id *other = b;
    size_t n = one->text.n < other->text.n ? one->text.n : other->text.n;
    int order = n > 0 ? memcmp(one->text.p, other->text.p, n) : 0;
    if (order == 0)
        order = (one->text.n > other->text.n) - (one->text.n < other->text.n);
    return order != 0 ? order : (one->order > other->order) - (one->order < other->order);
}

static int by_order(const void *a, const void *b)
{
    const struct id *one = a;
    const struct id *other = b;
    return (one->order > other->order) - (one->order < other->order);
}

/* A request counts a repeated ID once; so do we, across the records of one. */
static void drop_repeated(struct collector *collector)
{
    struct id *ids = collector->ids;
    size_t kept = 0;
    qsort(ids, collector->id_n, sizeof *ids, by_text);
    for (size_t i = 0; i < collector->id_n; i++)
        if (kept == 0 || !view_equals(ids[kept - 1].text, ids[i].text))
            ids[kept++] = ids[i];
    qsort(ids, kept, sizeof *ids, by_order);
    collector->id_n = kept;
}

/* One request; of more IDs than a record may hold it becomes several records. */
static enum err make_request(struct collector *collector)
{
    const struct submit_fields *fields = collector->input->fields;
    bool named = fields->request_id != NULL || fields->cancel; /* a cancel must name one */
    char fresh[UUID_TEXT_MAX];
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, fresh);
    drop_repeated(collector);
    enum err err = ERR_OK;
    for (size_t i = 0; i < collector->id_n && err == ERR_OK; i += INSTANCES_PER_REQUEST_MAX) {
        size_t rest = collector->id_n - i;
        size_t n = rest < INSTANCES_PER_REQUEST_MAX ? rest : INSTANCES_PER_REQUEST_MAX;
        err = add_request(collector, named ? NULL : fresh, collector->ids + i, n);
    }
    return err;
}

/* ---- the file ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct view trimmed(struct view line)
{
    while (line.n > 0 && is_blank(line.p[0]))
        line = (struct view){line.p + 1, line.n - 1};
    while (line.n > 0 && is_blank(line.p[line.n - 1]))
        line.n--;
    return line;
}

static void add_id(struct collector *collector, struct view text, size_t line)
{
    collector->ids[collector->id_n] = (struct id){text, line, collector->id_n};
    collector->id_n++;
}

static enum err take_line(struct collector *collector, struct view text, size_t line)
{
    if (text.n == 0 || text.p[0] == '#')
        return ERR_OK;
    if (text.p[0] != '{') {
        add_id(collector, text, line);
        return ERR_OK;
    }
    const char *flag = flag_given(collector->input->fields);
    if (flag != NULL)
        return fault_set(collector->fault, ERR_INVALID,
                         "%s:%zu: a whole request is published as it is; --%s is for IDs",
                         collector->input->file_name, line, flag);
    return passes(collector, text) ? keep(collector, text) : refused(collector, line, VIEW_NONE);
}

static enum err take_file(struct collector *collector)
{
    struct view rest = collector->input->file;
    enum err err = ERR_OK;
    for (size_t line = 1; rest.n > 0 && err == ERR_OK; line++) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.n;
        err = take_line(collector, trimmed((struct view){rest.p, n}), line);
        n += end != NULL;
        rest = (struct view){rest.p + n, rest.n - n};
    }
    return err;
}

static size_t count_lines(struct view text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static enum err collect(struct collector *collector)
{
    const struct submit_input *input = collector->input;
    for (size_t i = 0; i < input->id_n; i++)
        add_id(collector, view_of(input->ids[i]), 0);
    enum err err = take_file(collector);
    if (err == ERR_OK && collector->id_n > 0)
        err = make_request(collector);
    if (err == ERR_OK && collector->submit->record_n == 0)
        err =
            fault_set(collector->fault, ERR_INVALID, "no instance IDs: name some, or --file FILE");
    return err;
}

enum err submit_collect(const struct submit_input *input, struct submit *out, struct fault *fault)
{
    *out = (struct submit){.records = NULL};
    struct collector collector = {
        .input = input,
        .submit = out,
        .reading = malloc(sizeof *collector.reading),
        .ids = calloc(input->id_n + count_lines(input->file), sizeof *collector.ids),
        .fault = fault,
    };
    enum err err;
    if (collector.reading == NULL || collector.ids == NULL) {
        err = no_memory(&collector);
    } else {
        request_reading_init(collector.reading);
        err = collect(&collector);
        request_reading_release(collector.reading);
    }
    free(collector.reading);
    free(collector.ids);
    if (err != ERR_OK)
        submit_release(out);
    return err;
}
