/* SPDX-License-Identifier: Apache-2.0
 *
 * The machines: their states, what may be seen of them, and when a reboot ends.
 *
 * An instance keeps its place (index) for good; places are in order of creation, oldest first. One
 * bitmap per state makes lists over many instances cheap. Knows nothing of the API or of faults.
 */
#ifndef TESTS_SIMULATOR_FLEET_H
#define TESTS_SIMULATOR_FLEET_H

#include "timers.h"

#include "base/random.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANCE_NONE SIZE_MAX

enum state {
    STATE_PENDING,
    STATE_LAUNCH_FAILED,
    STATE_RUNNING,
    STATE_STOPPED,
    STATE_STARTING,
    STATE_STOPPING,
    STATE_REBOOTING,
    STATE_SHUTDOWN,
    STATE_TERMINATING,
    STATE_TERMINATED, /* only in the vendor's example, not in its list of states */
    STATE_GONE,       /* removed: the API does not know it any more */
    STATE_N,
};

enum operation_state { OPERATION_NONE, OPERATION_OPERATING, OPERATION_SUCCESS, OPERATION_FAILED };

enum attr {
    ATTR_REGION,
    ATTR_ZONE,
    ATTR_ZONE_NAME,
    ATTR_NAME,
    ATTR_MODULE_ID,
    ATTR_MODULE_NAME,
    ATTR_IP,
    ATTR_UUID,
    ATTR_ISP,
    ATTR_FAMILY,
    ATTR_IMAGE_ID,
    ATTR_VPC_ID,
    ATTR_SUBNET_ID,
    ATTR_N,
};

/* How a reboot ends; everything but SUCCEEDS is asked for by a fault. */
enum reboot_end { REBOOT_SUCCEEDS, REBOOT_FAILS, REBOOT_STOPS, REBOOT_STUCK };

struct instance {
    char id[65];
    uint8_t state;
    uint8_t operation_state;
    bool busy;   /* another operation holds it, whatever its state says */
    bool denied; /* the caller may not operate it */
    uint32_t reboots_n;
    uint32_t generation; /* of its timer */
    char *operation;     /* the latest, or NULL */
    char *attrs[ATTR_N]; /* NULL: a default made from the ID */
    json_t *tags;        /* [{Key, Value}] or NULL */
    int64_t created_unix_s;
};

struct fleet {
    struct instance **at; /* by place */
    size_t n;
    size_t cap;
    size_t *slots; /* open addressing, place + 1 */
    size_t slots_n;
    uint64_t *by_state[STATE_N]; /* cap bits each */
    size_t state_n[STATE_N];
    uint64_t reboots_n;
    struct timers *timers;
    struct random *random;
    int64_t duration_min_ms;
    int64_t duration_max_ms;
};

void fleet_init(struct fleet *fleet, struct timers *timers, struct random *random);
void fleet_release(struct fleet *fleet);

bool instance_id_fits(const char *id);
const char *state_name(enum state state);
/* STATE_N if the name is none. */
enum state state_of(const char *name);
const char *operation_state_name(enum operation_state state);
/* The JSON key of a fleet file for this attribute, NULL past the last. */
const char *attr_key(enum attr attr);

/* The place of an instance, gone ones included; INSTANCE_NONE if there never was one. */
size_t fleet_find(const struct fleet *fleet, const char *id);
/* Adds a RUNNING instance created now (or brings a gone one back); the ID fits and is not there. */
size_t fleet_add(struct fleet *fleet, const char *id, int64_t created_unix_s);
/* Any state at any time; a reboot under way is forgotten. */
void fleet_set_state(struct fleet *fleet, size_t place, enum state state);
/* RUNNING -> REBOOTING now, and back when its time is over. slow_ms > 0 replaces the duration. */
void fleet_reboot(struct fleet *fleet, size_t place, enum reboot_end end, int64_t slow_ms);
/* Words of a bitmap over all places. */
size_t fleet_words(const struct fleet *fleet);

#endif
