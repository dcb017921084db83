/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of `reboot-worker submit`: collect the records and judge them with the worker's own
 * parser, publish them, wait for their outcomes.
 */
#ifndef WORKER_CLI_SUBMIT_H
#define WORKER_CLI_SUBMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/consume.h"

enum { SUBMIT_FILE_BYTES_MAX = 64 * 1024 * 1024 };

/* What the command line says about a request; NULL, false: nothing. */
struct submit_fields {
    const char *request_id;
    const char *region;
    const char *stop_type;
    const char *requested_at;
    const char *not_before; /* this and the next: a time, or a duration from now on */
    const char *expires_at;
    const char *requested_by;
    const char *reason;
    bool force_reboot;
    bool allow_repeat;
    bool cancel;
};

struct submit_record {
    struct buf value;
    char *request_id; /* NULL until it is stored: the request names none, its place is its ID */
    char **instance_ids;
    uint32_t instance_n;
    bool cancel;
    int32_t partition; /* where it is stored */
    int64_t offset;    /* -1: not known to be stored */
};

struct submit {
    struct submit_record *records;
    size_t record_n;
    size_t room;
};

struct submit_input {
    const struct submit_fields *fields;
    const char *const *ids;
    size_t id_n;
    struct view file;      /* lines: an ID, or a whole request (JSON) */
    const char *file_name; /* for errors */
    const struct config *config;
    int64_t now_ms;
};

/* Nothing is collected on failure. ERR_INVALID: something breaks a rule, and the fault says where,
 * which (the worker's own error code) and why; ERR_SYSTEM: no memory. */
MUST_USE enum err submit_collect(const struct submit_input *input, struct submit *out,
                                 struct fault *fault);
void submit_release(struct submit *submit);

/* Publishes everything. On failure, ERR_UNAVAILABLE for want of a broker, some records may be
 * stored all the same; those known to be have an offset. */
MUST_USE enum err submit_publish(struct submit *submit, const struct config *config,
                                 struct fault *fault);

struct submit_wait {
    const struct cli_command *command;
    const struct submit *submit;
    struct consume *results; /* begins before the records were published */
    int64_t timeout_ms;      /* TIME_NONE: none */
    bool json;
};

/* Until every instance has its final event, the time is up, or a signal comes; returns the exit
 * code. */
int submit_wait(const struct submit_wait *wait);

#endif
