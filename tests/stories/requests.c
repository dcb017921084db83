/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests, cancels and refusals, as the tasks that intake makes of them. */
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "script.h"
#include "wire/task_codec.h"

static struct names named; /* of the line */

static int64_t next_offset; /* of the input topic */

/* Where instances stand that are not in partition 0. */
static struct {
    char ids[INSTANCES_MAX][NAME_BYTES];
    int32_t partitions[INSTANCES_MAX];
    int n;
} places;

static int32_t partition_of(const char *id)
{
    for (int i = 0; i < places.n; i++)
        if (strcmp(places.ids[i], id) == 0)
            return places.partitions[i];
    return 0;
}

bool do_place(const struct words *words, struct fault *fault)
{
    int partition;
    if (words->n != 3 || !take_number(words->at[2], world.options.partition_n - 1, &partition))
        return refuse(fault, "place INSTANCE PARTITION", words->at[0]);
    (void)snprintf(places.ids[places.n], NAME_BYTES, "%s", words->at[1]);
    places.partitions[places.n++] = partition;
    return true;
}

static bool take_kind(const char *word, enum reboot_kind *out)
{
    static const char *const names[REBOOT_KIND_N] = {"SOFT", "SOFT_FIRST", "HARD", "FORCE"};
    for (enum reboot_kind kind = REBOOT_SOFT; kind < REBOOT_KIND_N; kind++)
        if (strcmp(names[kind], word) == 0) {
            *out = kind;
            return true;
        }
    return false;
}

/* NAME=VALUE of a request. */
static bool take_attribute(const char *word, struct task *task)
{
    const struct {
        const char *name;
        int64_t *ms;
    } times[] = {
        {"requestedAt", &task->requested_ms},
        {"notBefore", &task->not_before_ms},
        {"expiresAt", &task->expires_ms},
        {"record", &task->record_ms},
    };
    const struct {
        const char *name;
        struct view *text;
    } texts[] = {{"region", &task->region}, {"reason", &task->reason}};
    const char *equals = strchr(word, '=');
    size_t n = equals == NULL ? strlen(word) : (size_t)(equals - word);
    int64_t ms;
    if (strcmp(word, "allowRepeat") == 0)
        return task->allow_repeat = true;
    if (equals == NULL)
        return false;
    if (n == strlen("kind") && strncmp(word, "kind", n) == 0)
        return take_kind(equals + 1, &task->kind);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (n == strlen(times[i].name) && strncmp(word, times[i].name, n) == 0) {
            if (!option_duration(equals + 1, &ms))
                return false;
            *times[i].ms = world_wall_ms() + ms;
            return true;
        }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (n == strlen(texts[i].name) && strncmp(word, texts[i].name, n) == 0) {
            *texts[i].text = view_of(equals + 1);
            return true;
        }
    return false;
}

static void publish_tasks(struct task *task)
{
    task->source.offset = next_offset++;
    for (int i = 0; i < named.n; i++) {
        task->source.index = i;
        task->instance_id = view_of(named.at[i]);
        log_add_task(partition_of(named.at[i]), task);
    }
}

bool do_request(const struct words *words, struct fault *fault)
{
    struct task task = {.type = words->at[0][0] == 'c' ? TASK_CANCEL : TASK_REBOOT,
                        .record_ms = world_wall_ms(),
                        .requested_ms = TIME_NONE,
                        .not_before_ms = TIME_NONE,
                        .expires_ms = TIME_NONE};
    if (words->n < 3)
        return refuse(fault, "ID INSTANCE... [NAME=VALUE...]", words->at[0]);
    task.request_id = view_of(words->at[1]);
    named.n = 0;
    for (int i = 2; i < words->n; i++) {
        bool attribute =
            strchr(words->at[i], '=') != NULL || strcmp(words->at[i], "allowRepeat") == 0;
        if (attribute ? !take_attribute(words->at[i], &task) : !take_ids(words->at[i], &named))
            return refuse(fault, "not understood", words->at[i]);
    }
    if (task.requested_ms == TIME_NONE)
        task.requested_ms = task.record_ms;
    publish_tasks(&task);
    return true;
}

bool do_refuse(const struct words *words, struct fault *fault)
{
    struct task task = {.type = TASK_REFUSED,
                        .record_ms = world_wall_ms(),
                        .requested_ms = world_wall_ms(),
                        .not_before_ms = TIME_NONE,
                        .expires_ms = TIME_NONE};
    if (words->n != 4)
        return refuse(fault, "refuse ID INSTANCE|- CODE", words->at[0]);
    task.request_id = view_of(words->at[1]);
    task.error_code = view_of(words->at[3]);
    named.n = 0;
    if (strcmp(words->at[2], "-") != 0) {
        if (!take_ids(words->at[2], &named))
            return refuse(fault, "no instance", words->at[2]);
        publish_tasks(&task);
        return true;
    }
    task.source.offset = next_offset++;
    log_add_task(0, &task);
    return true;
}

/* Another intake, or one whose offsets were lost, writes the same tasks again. */
bool do_redeliver(const struct words *words, struct fault *fault)
{
    int found = 0;
    for (int32_t p = 0; words->n == 2 && p < world.options.partition_n; p++) {
        int64_t n = world.tasks[p].n;
        for (int64_t i = 0; i < n; i++) {
            const struct stored *stored = &world.tasks[p].records[i];
            struct task task;
            if (task_decode((struct view){stored->bytes, stored->n}, &task, fault) != ERR_OK)
                return false;
            if (!view_is(task.request_id, words->at[1]))
                continue;
            log_add_task(p, &task);
            found++;
        }
    }
    return found > 0 || refuse(fault, "redeliver ID", words->at[words->n - 1]);
}
