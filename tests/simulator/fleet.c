/* SPDX-License-Identifier: Apache-2.0
 *
 * The machines and their states. Never answers a call and never refuses one: whether an operation
 * is allowed is the caller's business.
 */
#include "fleet.h"

#include "clock.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[STATE_N] = {
    "PENDING",   "LAUNCH_FAILED", "RUNNING",     "STOPPED",    "STARTING", "STOPPING",
    "REBOOTING", "SHUTDOWN",      "TERMINATING", "TERMINATED", "GONE",
};

static const char *const attr_keys[ATTR_N] = {
    "region", "zone", "zoneName", "name",    "moduleId", "moduleName", "ip",
    "uuid",   "isp",  "family",   "imageId", "vpcId",    "subnetId",
};

const char *state_name(enum state state)
{
    return state_names[state];
}

enum state state_of(const char *name)
{
    for (int i = 0; i < STATE_N; i++) {
        if (strcmp(state_names[i], name) == 0)
            return (enum state)i;
    }
    return STATE_N;
}

const char *operation_state_name(enum operation_state state)
{
    static const char *const names[] = {NULL, "OPERATING", "SUCCESS", "FAILED"};
    return names[state];
}

const char *attr_key(enum attr attr)
{
    return attr < ATTR_N ? attr_keys[attr] : NULL;
}

bool instance_id_fits(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n >= 1 && n <= 64 && id[n] == '\0';
}

void fleet_init(struct fleet *fleet, struct timers *timers, struct random *random)
{
    *fleet = (struct fleet){.timers = timers, .random = random};
}

void fleet_release(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n; i++) {
        struct instance *instance = fleet->at[i];
        for (int a = 0; a < ATTR_N; a++)
            free(instance->attrs[a]);
        free(instance->operation);
        json_decref(instance->tags);
        free(instance);
    }
    for (int s = 0; s < STATE_N; s++)
        free(fleet->by_state[s]);
    free(fleet->at);
    free(fleet->slots);
    *fleet = (struct fleet){0};
}

size_t fleet_words(const struct fleet *fleet)
{
    return (fleet->n + 63) / 64;
}

/* FNV-1a */
static size_t hash_of(const char *id)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *id; id++)
        h = (h ^ (uint8_t)*id) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

static size_t *slot_of(const struct fleet *fleet, const char *id)
{
    for (size_t i = hash_of(id);; i++) {
        size_t *slot = &fleet->slots[i & (fleet->slots_n - 1)];
        if (*slot == 0 || strcmp(fleet->at[*slot - 1]->id, id) == 0)
            return slot;
    }
}

size_t fleet_find(const struct fleet *fleet, const char *id)
{
    if (fleet->slots_n == 0)
        return INSTANCE_NONE;
    size_t slot = *slot_of(fleet, id);
    return slot == 0 ? INSTANCE_NONE : slot - 1;
}

static void grow(struct fleet *fleet)
{
    size_t cap = fleet->cap ? fleet->cap * 2 : 64;
    fleet->at = realloc(fleet->at, cap * sizeof(struct instance *));
    CHECK(fleet->at != NULL);
    for (int s = 0; s < STATE_N; s++) {
        uint64_t *bits = calloc(cap / 64, sizeof *bits);
        CHECK(bits != NULL);
        if (fleet->cap > 0)
            memcpy(bits, fleet->by_state[s], fleet->cap / 8);
        free(fleet->by_state[s]);
        fleet->by_state[s] = bits;
    }
    free(fleet->slots);
    fleet->cap = cap;
    fleet->slots_n = cap * 2;
    fleet->slots = calloc(fleet->slots_n, sizeof *fleet->slots);
    CHECK(fleet->slots != NULL);
    for (size_t i = 0; i < fleet->n; i++)
        *slot_of(fleet, fleet->at[i]->id) = i + 1;
}

static void place_in_state(struct fleet *fleet, size_t place, enum state state)
{
    fleet->at[place]->state = (uint8_t)state;
    fleet->by_state[state][place / 64] |= UINT64_C(1) << (place % 64);
    fleet->state_n[state]++;
}

static void move(struct fleet *fleet, size_t place, enum state state)
{
    enum state old = (enum state)fleet->at[place]->state;
    fleet->by_state[old][place / 64] &= ~(UINT64_C(1) << (place % 64));
    fleet->state_n[old]--;
    place_in_state(fleet, place, state);
}

size_t fleet_add(struct fleet *fleet, const char *id, int64_t created_unix_s)
{
    PRE(instance_id_fits(id));
    size_t place = fleet_find(fleet, id);
    if (place != INSTANCE_NONE) {
        fleet_set_state(fleet, place, STATE_RUNNING);
        return place;
    }
    if (fleet->n == fleet->cap)
        grow(fleet);
    struct instance *instance = calloc(1, sizeof *instance);
    CHECK(instance != NULL);
    memcpy(instance->id, id, strlen(id) + 1);
    instance->created_unix_s = created_unix_s;
    *slot_of(fleet, id) = fleet->n + 1;
    place = fleet->n++;
    fleet->at[place] = instance;
    place_in_state(fleet, place, STATE_RUNNING);
    return place;
}

void fleet_set_state(struct fleet *fleet, size_t place, enum state state)
{
    fleet->at[place]->generation++;
    move(fleet, place, state);
}

static void set_operation(struct instance *instance, const char *name)
{
    free(instance->operation);
    instance->operation = strdup(name);
    CHECK(instance->operation != NULL);
}

/* The owner of the timer is the fleet; `what` is the place with the end in its lowest two bits. */
static void reboot_over(const struct timer *timer)
{
    struct fleet *fleet = timer->owner;
    size_t place = (size_t)(timer->what / 4);
    struct instance *instance = fleet->at[place];
    if (instance->generation != timer->generation)
        return;
    enum reboot_end end = (enum reboot_end)(timer->what % 4);
    instance->operation_state = end == REBOOT_SUCCEEDS ? OPERATION_SUCCESS : OPERATION_FAILED;
    move(fleet, place, end == REBOOT_STOPS ? STATE_STOPPED : STATE_RUNNING);
}

void fleet_reboot(struct fleet *fleet, size_t place, enum reboot_end end, int64_t slow_ms)
{
    struct instance *instance = fleet->at[place];
    instance->reboots_n++;
    fleet->reboots_n++;
    instance->generation++;
    instance->operation_state = OPERATION_OPERATING;
    set_operation(instance, "RebootInstances");
    move(fleet, place, STATE_REBOOTING);
    if (end == REBOOT_STUCK)
        return;
    uint64_t span = (uint64_t)(fleet->duration_max_ms - fleet->duration_min_ms) + 1;
    int64_t drawn_ms = fleet->duration_min_ms + (int64_t)random_below(fleet->random, span);
    timers_add(fleet->timers,
               &(struct timer){.due_ms = clock_mono_ms() + (slow_ms > 0 ? slow_ms : drawn_ms),
                               .fn = reboot_over,
                               .owner = fleet,
                               .what = (uint64_t)place * 4 + end,
                               .generation = instance->generation});
}
