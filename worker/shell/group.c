/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/group.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shell/group_position.h"

enum { ASK_AGAIN_MS = 500, ASK_TIMEOUT_MS = 5000, LEAVING_LOOK_MS = 20, FENCED_MS = 60000 };

/* Between being assigned and being revoked. An entry that is gone stays until it has been told. */
struct entry {
    struct reader_at at;
    bool known; /* `offset` is known: it may be told */
    bool told;  /* GROUP_ASSIGNED was handed out */
    bool gone;  /* revoked: GROUP_REVOKED is to be handed out, if it was told */
    bool dirty; /* `commit` is to be committed */
    int64_t offset;
    int64_t commit;
};

enum asking { ASK_NOTHING = 0, ASK_DUE, ASK_SENT };

struct group {
    struct group_options options;
    struct kafka_client client;
    rd_kafka_queue_t *answers; /* committed offsets asked for, commits done */
    struct entry *entries;
    size_t entry_n;
    size_t entry_cap;
    enum asking asking; /* for the committed offsets of what is not known */
    struct instant ask_at;
    struct instant commit_at; /* not before, to keep a pace */
    struct instant look_at;   /* while leaving: nothing wakes us when it is done */
    bool dirty;               /* some entry is */
    bool committing;
    bool member;
    bool leaving;
    bool lost; /* GROUP_LOST, GROUP_ERROR, GROUP_LEFT: to be handed out */
    bool error;
    bool left;
    bool told_left;
    bool fenced;                /* just now */
    struct instant fenced_calm; /* before that it was by somebody else */
    enum err err;
    struct fault fault;
};

static enum err subscribe(struct group *group, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(2);
    (void)rd_kafka_topic_partition_list_add(topics, group->options.requests, RD_KAFKA_PARTITION_UA);
    (void)rd_kafka_topic_partition_list_add(topics, group->options.tasks, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(group->client.rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fault_set(fault, ERR_CONFIG, "subscribing %s, %s: %s", group->options.requests,
                         group->options.tasks, rd_kafka_err2str(code));
    return ERR_OK;
}

static enum err join(struct group *group, struct fault *fault)
{
    const struct group_options *options = &group->options;
    rd_kafka_conf_t *conf = NULL;
    enum err err = kafka_conf_build_group(options->kafka.properties, options->group_id,
                                          options->instance_id, &conf, fault);
    if (err != ERR_OK)
        return err;
    err = kafka_client_open_conf(&group->client, &options->kafka, conf, KAFKA_GROUP, fault);
    if (err != ERR_OK)
        return err;
    group->answers = kafka_client_queue(&group->client);
    return group->answers != NULL ? subscribe(group, fault)
                                  : fault_set(fault, ERR_SYSTEM, "group: no memory");
}

enum err group_open(const struct group_options *options, struct group **group_out,
                    struct fault *fault)
{
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return fault_set(fault, ERR_SYSTEM, "group: no memory");
    group->options = *options;
    group->ask_at = INSTANT_NEVER;
    enum err err = join(group, fault);
    if (err != ERR_OK) {
        group_close(group, 1000);
        return err;
    }
    *group_out = group;
    return ERR_OK;
}

static void report(struct group *group, enum err err, const char *text)
{
    group->error = true;
    group->err = err;
    (void)fault_set(&group->fault, err, "%s", text);
}

static bool topic_of(const struct group *group, const char *name, enum topic *topic_out)
{
    if (strcmp(name, group->options.requests) == 0)
        *topic_out = TOPIC_REQUESTS;
    else if (strcmp(name, group->options.tasks) == 0)
        *topic_out = TOPIC_TASKS;
    else
        return false;
    return true;
}

static struct entry *find(struct group *group, struct reader_at at)
{
    for (size_t i = 0; i < group->entry_n; i++) {
        struct entry *entry = &group->entries[i];
        if (!entry->gone && entry->at.topic == at.topic && entry->at.partition == at.partition)
            return entry;
    }
    return NULL;
}

/* Room for n more entries. Gone ones that nobody pulls count too. */
static bool reserve(struct group *group, size_t n)
{
    size_t need = group->entry_n + n;
    if (need <= group->entry_cap)
        return true;
    if (need > 2 * (size_t)GROUP_PARTITIONS_MAX)
        return false;
    struct entry *entries = realloc(group->entries, need * sizeof *entries);
    if (entries == NULL)
        return false;
    group->entries = entries;
    group->entry_cap = need;
    return true;
}

static void take_assigned(struct group *group, const rd_kafka_topic_partition_list_t *list)
{
    if (!reserve(group, (size_t)list->cnt)) {
        report(group, ERR_LIMIT, "the group assigned more partitions than fit");
        return;
    }
    for (int i = 0; i < list->cnt; i++) {
        struct entry entry = {.offset = GROUP_NO_OFFSET};
        if (!topic_of(group, list->elems[i].topic, &entry.at.topic))
            continue;
        entry.at.partition = list->elems[i].partition;
        entry.known = entry.at.topic == TOPIC_TASKS;
        if (!entry.known)
            group->asking = ASK_DUE;
        group->entries[group->entry_n++] = entry;
    }
    group->ask_at = (struct instant){0};
}

static void revoke_all(struct group *group)
{
    size_t kept = 0;
    for (size_t i = 0; i < group->entry_n; i++) {
        struct entry *entry = &group->entries[i];
        entry->gone = true;
        entry->dirty = false;
        if (entry->told)
            group->entries[kept++] = *entry;
    }
    group->entry_n = kept;
    group->dirty = false;
    /* An answer on its way is about the past: it finds nothing that is not known. */
    group->asking = ASK_NOTHING;
}

static void send_commits(struct group *group)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)group->entry_n + 1);
    for (size_t i = 0; i < group->entry_n; i++) {
        struct entry *entry = &group->entries[i];
        if (!entry->dirty)
            continue;
        entry->dirty = false;
        bool tasks = entry->at.topic == TOPIC_TASKS;
        rd_kafka_topic_partition_t *position = rd_kafka_topic_partition_list_add(
            list, tasks ? group->options.tasks : group->options.requests, entry->at.partition);
        position->offset = entry->commit;
        if (!tasks)
            group_position_sign(position, group->options.tasks);
    }
    group->dirty = false;
    if (list->cnt > 0 && rd_kafka_commit_queue(group->client.rk, list, group->answers, NULL,
                                               NULL) == RD_KAFKA_RESP_ERR_NO_ERROR)
        group->committing = true;
    rd_kafka_topic_partition_list_destroy(list);
}

static void rebalance(struct group *group, rd_kafka_event_t *event)
{
    rd_kafka_t *rk = group->client.rk;
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        take_assigned(group, rd_kafka_event_topic_partition_list(event));
        /* Agree, but have librdkafka fetch nothing: records are the reader's business. */
        rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(rk, none);
        rd_kafka_topic_partition_list_destroy(none);
        group->member = true;
        group->client.up = true;
        return;
    }
    if (rd_kafka_assignment_lost(rk)) {
        group->lost = true;
        (void)fault_set(&group->fault, ERR_UNAVAILABLE, "the group took the membership away%s%s",
                        group->client.last_error.text[0] != '\0' ? "; last error: " : "",
                        group->client.last_error.text);
    } else {
        send_commits(group);
    }
    revoke_all(group);
    (void)rd_kafka_assign(rk, NULL);
    group->member = false;
}

static void ask_offsets(struct group *group, struct instant now)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)group->entry_n + 1);
    for (size_t i = 0; i < group->entry_n; i++) {
        const struct entry *entry = &group->entries[i];
        if (!entry->known && !entry->gone)
            (void)rd_kafka_topic_partition_list_add(list, group->options.requests,
                                                    entry->at.partition);
    }
    group->asking = ASK_NOTHING;
    if (list->cnt > 0) {
        rd_kafka_AdminOptions_t *options =
            rd_kafka_AdminOptions_new(group->client.rk, RD_KAFKA_ADMIN_OP_ANY);
        char why[128];
        (void)rd_kafka_AdminOptions_set_request_timeout(options, ASK_TIMEOUT_MS, why, sizeof why);
        rd_kafka_ListConsumerGroupOffsets_t *ask =
            rd_kafka_ListConsumerGroupOffsets_new(group->options.group_id, list);
        rd_kafka_ListConsumerGroupOffsets(group->client.rk, &ask, 1, options, group->answers);
        rd_kafka_ListConsumerGroupOffsets_destroy(ask);
        rd_kafka_AdminOptions_destroy(options);
        group->asking = ASK_SENT;
    }
    rd_kafka_topic_partition_list_destroy(list);
    group->ask_at = instant_after_ms(now, ASK_AGAIN_MS);
}

static void learn_offsets(struct group *group, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *elem = &list->elems[i];
        enum topic topic;
        if (elem->err != RD_KAFKA_RESP_ERR_NO_ERROR || !topic_of(group, elem->topic, &topic))
            continue;
        struct entry *entry = find(group, (struct reader_at){topic, elem->partition});
        if (entry == NULL || entry->known)
            continue;
        struct fault fault;
        if (group_position_check(elem, group->options.group_id, group->options.tasks, &fault) !=
            ERR_OK) {
            report(group, ERR_CONFIG, fault.text);
            continue;
        }
        entry->known = true;
        entry->offset = elem->offset >= 0 ? elem->offset : GROUP_NO_OFFSET;
    }
}

static void hear_offsets(struct group *group, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    size_t n = 0;
    const rd_kafka_group_result_t **results =
        code == RD_KAFKA_RESP_ERR_NO_ERROR
            ? rd_kafka_ListConsumerGroupOffsets_result_groups(
                  rd_kafka_event_ListConsumerGroupOffsets_result(event), &n)
            : NULL;
    const char *text = rd_kafka_event_error_string(event);
    if (n == 1) {
        const rd_kafka_error_t *error = rd_kafka_group_result_error(results[0]);
        if (error == NULL) {
            learn_offsets(group, rd_kafka_group_result_partitions(results[0]));
        } else {
            code = rd_kafka_error_code(error);
            text = rd_kafka_error_string(error);
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        report(group, kafka_err(code) == ERR_DENIED ? ERR_DENIED : ERR_UNAVAILABLE, text);
    /* Whatever is still not known is asked again. */
    group->asking = ASK_NOTHING;
    for (size_t i = 0; i < group->entry_n; i++) {
        if (!group->entries[i].known && !group->entries[i].gone)
            group->asking = ASK_DUE;
    }
}

/* What was refused is noted again, unless something newer was. */
static void hear_commit(struct group *group, rd_kafka_event_t *event)
{
    group->committing = false;
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *elem = &list->elems[i];
        enum topic topic;
        if ((code == RD_KAFKA_RESP_ERR_NO_ERROR && elem->err == RD_KAFKA_RESP_ERR_NO_ERROR) ||
            !topic_of(group, elem->topic, &topic))
            continue;
        struct entry *entry = find(group, (struct reader_at){topic, elem->partition});
        if (entry != NULL && !entry->dirty) {
            entry->dirty = true;
            entry->commit = elem->offset;
            group->dirty = true;
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        (void)fault_set(&group->client.last_error, kafka_err(code), "commit: %s",
                        rd_kafka_err2str(code));
}

static void hear_error(struct group *group, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    (void)kafka_client_handle(&group->client, event);
    group->fenced =
        rd_kafka_fatal_error(group->client.rk, NULL, 0) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    if (group->fenced || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
        code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE)
        return;
    enum err err = group->client.fatal ? ERR_CONFIG : kafka_err(code);
    report(group, err, group->client.last_error.text);
}

static void serve(struct group *group, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_REBALANCE:
        rebalance(group, event);
        break;
    case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT:
        hear_offsets(group, event);
        break;
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
        hear_commit(group, event);
        break;
    case RD_KAFKA_EVENT_ERROR:
        hear_error(group, event);
        break;
    default:
        (void)kafka_client_handle(&group->client, event);
        break;
    }
    rd_kafka_event_destroy(event);
}

/* A static member is fenced by another one of its name; or by its own past, when a commit that has
 * waited for a broker arrives behind its new membership. The former would happen again. */
static void join_anew(struct group *group, struct instant now)
{
    struct fault fault = group->client.last_error;
    bool again = group->leaving || !instant_reached(now, group->fenced_calm);
    group->fenced = false;
    group->fenced_calm = instant_after_ms(now, FENCED_MS);
    if (!again) {
        revoke_all(group);
        group->member = group->committing = false;
        group->lost = true;
        group->fault = fault;
        rd_kafka_queue_destroy(group->answers);
        group->answers = NULL;
        kafka_client_close(&group->client, 0);
        again = join(group, &fault) != ERR_OK;
    }
    if (again)
        report(group, ERR_CONFIG, fault.text);
}

static void serve_all(struct group *group, struct instant now)
{
    rd_kafka_event_t *event = NULL;
    if (group->answers == NULL)
        return; /* the end was reported */
    while ((event = rd_kafka_queue_poll(group->client.queue, 0)) != NULL)
        serve(group, event);
    while ((event = rd_kafka_queue_poll(group->answers, 0)) != NULL)
        serve(group, event);
    if (group->fenced)
        join_anew(group, now);
    if (group->asking == ASK_DUE && instant_reached(now, group->ask_at))
        ask_offsets(group, now);
    if (group->dirty && !group->committing && instant_reached(now, group->commit_at)) {
        send_commits(group);
        group->commit_at = instant_after_ms(now, GROUP_COMMIT_MS);
    }
    if (group->leaving && !group->told_left && rd_kafka_consumer_closed(group->client.rk) != 0)
        group->left = true;
}

/* The next thing to tell: first what ended, then what began. */
static bool tell(struct group *group, struct group_event *out)
{
    *out = (struct group_event){.offset = GROUP_NO_OFFSET, .err = ERR_OK};
    for (size_t i = 0; i < group->entry_n; i++) {
        if (!group->entries[i].gone)
            continue;
        out->type = GROUP_REVOKED;
        out->at = group->entries[i].at;
        group->entries[i] = group->entries[--group->entry_n];
        return true;
    }
    if (group->lost || group->error) {
        out->type = group->lost ? GROUP_LOST : GROUP_ERROR;
        out->err = group->lost ? ERR_UNAVAILABLE : group->err;
        out->fault = group->fault;
        group->lost = false;
        group->error = false;
        return true;
    }
    for (size_t i = 0; i < group->entry_n; i++) {
        struct entry *entry = &group->entries[i];
        if (entry->told || !entry->known)
            continue;
        out->type = GROUP_ASSIGNED;
        out->at = entry->at;
        out->offset = entry->offset;
        entry->told = true;
        return true;
    }
    if (group->left) {
        out->type = GROUP_LEFT;
        group->left = false;
        group->told_left = true;
        return true;
    }
    return false;
}

bool group_next(struct group *group, struct instant now, struct group_event *event_out)
{
    serve_all(group, now);
    group->look_at = instant_after_ms(now, LEAVING_LOOK_MS);
    return tell(group, event_out);
}

void group_commit(struct group *group, struct reader_at at, int64_t offset)
{
    PRE(offset >= 0);
    struct entry *entry = find(group, at);
    if (entry == NULL)
        return;
    entry->commit = offset;
    entry->dirty = true;
    group->dirty = true;
}

void group_leave(struct group *group)
{
    if (group->leaving)
        return;
    group->leaving = true;
    send_commits(group);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(group->client.rk, group->client.queue);
    if (error != NULL) {
        /* Fatal before: there is no membership to end. */
        rd_kafka_error_destroy(error);
        revoke_all(group);
        group->left = true;
    }
}

struct instant group_wake(const struct group *group)
{
    if (group->leaving && !group->told_left)
        return group->look_at;
    struct instant wake = group->dirty && !group->committing ? group->commit_at : INSTANT_NEVER;
    if (group->asking == ASK_DUE)
        wake = instant_earlier(wake, group->ask_at);
    return wake;
}

bool group_is_member(const struct group *group)
{
    return group->member;
}

void group_close(struct group *group, int timeout_ms)
{
    if (group == NULL)
        return;
    if (group->answers != NULL)
        rd_kafka_queue_destroy(group->answers);
    kafka_client_close(&group->client, timeout_ms);
    free(group->entries);
    free(group);
}
