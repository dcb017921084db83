/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured logs: one line per event on a file descriptor, JSON for machines or text for people.
 *
 *   {"@timestamp":"2026-11-23T01:15:30.123Z","log.level":"info","message":"claimed","partition":3}
 *   2026-11-23T01:15:30.123Z info  claimed partition=3
 *
 * Names follow ECS where it has one. A line has at most LOG_LINE_BYTES_MAX bytes: what does not fit
 * is cut or left out, and it stays valid JSON. Control characters and what is not UTF-8 are
 * escaped. Beyond LOG_LINES_PER_S lines of a second the rest is left out, and the next second says
 * how many. Never a secret: callers hand in facts, not requests.
 */
#ifndef WORKER_SHELL_LOG_H
#define WORKER_SHELL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/engine.h"
#include "shell/config.h"

enum { LOG_LINE_BYTES_MAX = 4096, LOG_LINES_PER_S = 500 };

struct log {
    int fd;
    enum config_log_level level; /* lines below it are left out */
    bool json;
    /* inside */
    int64_t second;
    uint32_t lines_n;  /* of this second */
    uint32_t left_out; /* of this second */
};

struct log_field {
    const char *key;
    struct view text;
    int64_t number;
    bool is_number;
};

#define LOG_TEXT(key_, text_) ((struct log_field){.key = (key_), .text = view_of(text_)})
#define LOG_VIEW(key_, view_) ((struct log_field){.key = (key_), .text = (view_)})
#define LOG_NUMBER(key_, number_)                                                                  \
    ((struct log_field){.key = (key_), .number = (number_), .is_number = true})

/* FORMAT_AUTO: text when fd is a terminal. */
void log_init(struct log *log, int fd, const struct config *config);
void log_write(struct log *log, enum config_log_level level, const char *message,
               const struct log_field *fields, size_t field_n);
/* A line without fields. */
void log_say(struct log *log, enum config_log_level level, const char *message);
/* A fact from the engine, by a table of its own. */
void log_note(struct log *log, const struct note *note);
/* A line of librdkafka's; level is syslog's. */
void log_kafka(struct log *log, int level, const char *client, const char *text);

#endif
