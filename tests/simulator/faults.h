/* SPDX-License-Identifier: Apache-2.0
 *
 * What shall go wrong: a list of faults, set by flag or at run time, and the draws from it.
 *
 * A fault hits calls of its action (any, if it names none) that hold one of its IDs (any, if it
 * names none), with its probability, for at most `count` calls.
 */
#ifndef TESTS_SIMULATOR_FAULTS_H
#define TESTS_SIMULATOR_FAULTS_H

#include "fleet.h"

#include "base/err.h"
#include "base/random.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    /* of a call */
    FAULT_DELAY,
    FAULT_MESSAGE_STYLE,
    FAULT_LOST_BEFORE,
    FAULT_LOST_AFTER,
    FAULT_LATE_EFFECT,
    FAULT_RESET_BEFORE,
    FAULT_RESET_AFTER,
    FAULT_HTTP_BEFORE,
    FAULT_HTTP_AFTER,
    FAULT_BROKEN_BODY,
    FAULT_TRUNCATED_BODY,
    FAULT_THROTTLE,
    FAULT_INTERNAL_BEFORE,
    FAULT_INTERNAL_AFTER,
    FAULT_PARTIAL_EFFECT,
    FAULT_CODE,
    /* of an instance */
    FAULT_BUSY,
    FAULT_STOPPED,
    FAULT_MISSING,
    FAULT_DENIED,
    FAULT_INSTANCE_CODE,
    /* of a reboot */
    FAULT_REBOOT_FAILS,
    FAULT_REBOOT_STOPS,
    FAULT_REBOOT_STUCK,
    FAULT_REBOOT_SLOW,
    FAULT_KINDS_N,
};

/* What a fault touches. Delays and styles go with any other fault, so they are drawn apart. */
enum fault_scope { SCOPE_CALL, SCOPE_DELAY, SCOPE_STYLE, SCOPE_INSTANCE, SCOPE_REBOOT };

struct api_fault {
    enum fault_kind kind;
    char *action; /* NULL: any */
    char **ids;   /* sorted; NULL: any */
    size_t ids_n;
    int64_t left; /* calls that it may still hit, -1 = no limit */
    double probability;
    int64_t delay_ms; /* 0: none */
    char *code;       /* NULL: the kind's own */
    char *message;    /* NULL: the kind's own; of a style its name */
    uint64_t call;    /* the last one that it hit */
    uint64_t hits_n;
};

struct faults {
    struct api_fault *at;
    size_t n;
    size_t cap;
    uint64_t call; /* number of the current one */
    struct random *random;
};

void faults_init(struct faults *faults, struct random *random);
void faults_release(struct faults *faults);
const char *fault_kind_name(enum fault_kind kind);
/* Adds what one object or an array of them describes; kind "clear" forgets all that are there.
 * All or nothing; ERR_INVALID with the reason. */
MUST_USE enum err faults_add(struct faults *faults, json_t *json, struct fault *fault_out);
void faults_clear(struct faults *faults);
/* As an array (new). */
json_t *faults_to_json(const struct faults *faults);

/* A new call begins: what is drawn from here on counts for it. */
void faults_begin_call(struct faults *faults);
/* The first fault of this scope (call, delay or style) that hits the call; NULL if none does. Valid
 * until the list changes. */
const struct api_fault *faults_of_call(struct faults *faults, const char *action, const json_t *ids,
                                       enum fault_scope scope);
/* The first fault of this scope (instance or reboot) that hits this instance in this call. */
const struct api_fault *faults_of_instance(struct faults *faults, const char *action,
                                           const char *id, enum fault_scope scope);
/* Without drawing: what a read shows for IDs that a lasting fault makes missing or stopped.
 * Calls show(owner, id, state), state GONE or STOPPED. */
void faults_show(const struct faults *faults, const char *action,
                 void (*show)(void *owner, const char *id, enum state state), void *owner);

#endif
