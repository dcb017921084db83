/* SPDX-License-Identifier: Apache-2.0
 *
 * The API: instances in the state that the story gives them, reads answered from that at once, and
 * RebootInstances answered when and how the story says. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "world.h"

struct instance *api_instance(const char *id)
{
    for (uint32_t i = 0; i < world.instance_n; i++)
        if (strcmp(world.instances[i].id, id) == 0)
            return &world.instances[i];
    if (world.instance_n == INSTANCES_MAX)
        world_fail("too many instances");
    struct instance *instance = &world.instances[world.instance_n++];
    (void)snprintf(instance->id, sizeof instance->id, "%s", id);
    instance->state = INSTANCE_RUNNING;
    return instance;
}

int api_dispatch_number(struct dispatch_id id)
{
    for (int i = 1; i <= world.dispatch_n; i++)
        if (dispatch_id_equals(world.dispatches[i], id))
            return i;
    CHECK(world.dispatch_n + 1 < CALLS_MAX);
    world.dispatches[++world.dispatch_n] = id;
    return world.dispatch_n;
}

void api_call(int w, const struct call *call)
{
    if (world.call_n == CALLS_MAX)
        world_fail("too many calls");
    struct sent *sent = &world.calls[world.call_n++];
    *sent = (struct sent){.worker = w,
                          .call_id = call->id,
                          .action = call->action,
                          .id_n = call->instance_n,
                          .is_list = call->action == CALL_DESCRIBE && call->instance_n == 0,
                          .state_n = call->state_n,
                          .offset = call->offset};
    for (uint32_t i = 0; i < call->instance_n; i++)
        (void)snprintf(sent->ids[i], NAME_BYTES, "%.*s", VIEW_FMT(call->instance_ids[i]));
    if (call->state_n > 0)
        memcpy(sent->states, call->states, sizeof *call->states * call->state_n);
    if (call->action != CALL_REBOOT)
        return;
    sent->dispatch = api_dispatch_number(call->dispatch);
    show_call(w, call, sent->dispatch);
}

static int64_t date_s(void)
{
    return world.api_clock_untold ? TIME_NONE : (world_wall_ms() + world.api_skew_ms) / 1000;
}

static void hand_over(struct sent *sent, const struct answer *answer)
{
    sent->answered = true;
    if (world.workers[sent->worker].engine == NULL)
        return;
    world_step(sent->worker,
               &(struct event){.type = EV_ANSWER, .ticket = sent->call_id, .answer = answer});
}

/* ---- reads ---- */

static struct sighting sight(const struct instance *instance)
{
    return (struct sighting){.instance_id = view_of(instance->id),
                             .state = instance->state,
                             .latest_operation = view_of(instance->operation),
                             .latest_operation_state = view_of(instance->operation_state)};
}

static bool is_listed(const struct sent *sent, const struct instance *instance)
{
    for (uint32_t i = 0; i < sent->state_n; i++)
        if (!instance->gone && sent->states[i] == instance->state)
            return true;
    return false;
}

static enum kind kind_of(const struct sent *sent)
{
    return !sent->is_list ? SHOW_LOOK : sent->state_n == 1 ? SHOW_PROBE : SHOW_LIST;
}

/* Appends "ID STATE" to a line. */
static void say(char *text, size_t bytes, const struct instance *instance)
{
    size_t n = strlen(text);
    const char *state = instance->gone ? "gone" : instance_state_name(instance->state);
    (void)snprintf(text + n, bytes - n, "%s%s %s", n > 0 ? ", " : "", instance->id, state);
}

static void answer_look(struct sent *sent)
{
    struct sighting sightings[CALL_FILTER_VALUES_MAX];
    char text[512] = "";
    uint32_t n = 0;
    for (uint32_t i = 0; i < sent->id_n; i++) {
        const struct instance *instance = api_instance(sent->ids[i]);
        say(text, sizeof text, instance);
        if (!instance->gone)
            sightings[n++] = sight(instance);
    }
    show_line(SHOW_LOOK, sent->worker, "look: %s", text);
    hand_over(sent, &(struct answer){.kind = ANSWER_API,
                                     .date_s = date_s(),
                                     .total_n = n,
                                     .sightings = sightings,
                                     .sighting_n = n});
}

static void answer_list(struct sent *sent)
{
    static struct sighting sightings[CALL_PAGE_MAX];
    char text[512] = "";
    uint32_t n = 0;
    int64_t total = 0;
    for (uint32_t i = 0; i < world.instance_n; i++) {
        if (!is_listed(sent, &world.instances[i]))
            continue;
        if (total++ < sent->offset || n == CALL_PAGE_MAX)
            continue;
        say(text, sizeof text, &world.instances[i]);
        sightings[n++] = sight(&world.instances[i]);
    }
    show_line(kind_of(sent), sent->worker, "list of %s and %u more: %s",
              instance_state_name(sent->states[0]), sent->state_n - 1, n > 0 ? text : "none");
    hand_over(sent, &(struct answer){.kind = ANSWER_API,
                                     .date_s = date_s(),
                                     .total_n = total,
                                     .sightings = sightings,
                                     .sighting_n = n});
}

static void fail_read(struct sent *sent)
{
    show_line(kind_of(sent), sent->worker, "%s: no answer", sent->is_list ? "list" : "look");
    hand_over(sent, &(struct answer){.kind = ANSWER_LOST,
                                     .code = VIEW_LIT("network.timeout"),
                                     .date_s = TIME_NONE,
                                     .total_n = TIME_NONE});
}

bool api_answer_reads(void)
{
    bool busy = false;
    for (uint32_t i = 0; i < world.call_n; i++) {
        struct sent *sent = &world.calls[i];
        if (sent->answered || sent->action != CALL_DESCRIBE ||
            world.workers[sent->worker].suspended)
            continue;
        busy = true;
        if (world.reads_fail)
            fail_read(sent);
        else if (sent->is_list)
            answer_list(sent);
        else
            answer_look(sent);
    }
    return busy;
}

/* ---- RebootInstances ---- */

static const struct {
    const char *word;
    enum answer_kind kind;
    const char *code;
} mishaps[] = {
    {"lost", ANSWER_LOST, "network.timeout"},
    {"unreadable", ANSWER_UNREADABLE, "network.http_502"},
    {"not-sent", ANSWER_NOT_SENT, "network.not_sent"},
};

void api_answer(int dispatch, const char *code, const char *message)
{
    struct sent *sent = NULL;
    for (uint32_t i = 0; i < world.call_n; i++)
        if (world.calls[i].dispatch == dispatch && !world.calls[i].answered)
            sent = &world.calls[i];
    if (sent == NULL)
        world_fail("call %d is not in the air", dispatch);
    char request_id[32];
    (void)snprintf(request_id, sizeof request_id, "api-%d", dispatch);
    struct answer answer = {.kind = ANSWER_API,
                            .code = view_of(code),
                            .message = view_of(message),
                            .api_request_id = view_of(request_id),
                            .date_s = date_s(),
                            .total_n = TIME_NONE};
    if (strcmp(code, "ok") == 0)
        answer.code = VIEW_NONE;
    for (size_t i = 0; i < sizeof mishaps / sizeof mishaps[0]; i++)
        if (strcmp(code, mishaps[i].word) == 0)
            answer = (struct answer){.kind = mishaps[i].kind,
                                     .code = view_of(mishaps[i].code),
                                     .date_s = TIME_NONE,
                                     .total_n = TIME_NONE};
    hand_over(sent, &answer);
}
