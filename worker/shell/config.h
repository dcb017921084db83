/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration: flag > environment > file > default, by one table of options.
 *
 * From the table come the parser, `check-config --print`, docs/configuration.md and the example
 * file. Adding an option is a line in config_table.c and a member here. A wrong value, and an
 * unknown key in a file or flag, is ERR_CONFIG with the place and, for keys, a suggestion; an
 * unknown environment name only warns, since Kubernetes makes some.
 */
#ifndef WORKER_SHELL_CONFIG_H
#define WORKER_SHELL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "shell/kafka_conf.h"

enum {
    CONFIG_FILE_BYTES_MAX = 1024 * 1024,
    CONFIG_VALUE_BYTES_MAX = 4096,
    CONFIG_PROPERTIES_MAX = 512, /* of Kafka */
    CONFIG_OPTIONS_MAX = 96,
};

enum config_ambiguity { AMBIGUITY_REPORT = 0, AMBIGUITY_RETRY = 1 };
enum config_log_level { LEVEL_DEBUG = 0, LEVEL_INFO = 1, LEVEL_WARN = 2, LEVEL_ERROR = 3 };
enum config_log_format { FORMAT_AUTO = 0, FORMAT_TEXT = 1, FORMAT_JSON = 2 };

/* Whole numbers are int64_t, durations in ms, sizes in bytes, texts owned and never NULL, words an
 * index into the option's list. */
struct config {
    struct kafka_properties kafka; /* owned */
    char *group;
    char *name;
    bool static_membership;
    char *topics[TOPIC_N];
    int64_t partitions;
    int64_t replication_factor; /* -1: the broker's default */
    bool create_topics;
    char *events_source;
    int64_t open_requests;
    int64_t closed_requests;
    int64_t entry_bytes;
    char *endpoint;
    char *service;
    char *version;
    char *region;
    char *language;
    bool send_region;
    double rate_limit;
    int64_t batch_size;
    int64_t linger_ms;
    int64_t timeout_ms;
    int64_t signature_life_ms;
    int64_t settle_ms;
    int64_t max_attempts;
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
    int64_t dedup_window_ms;
    int64_t request_max_age_ms;
    int64_t request_max_bytes;
    bool confirm_enabled;
    int64_t confirm_interval_ms;
    int64_t confirm_timeout_ms;
    int64_t ambiguity;
    bool allow_force;
    int64_t max_rebooting;
    int64_t max_unconfirmed;
    int64_t safety_window_ms;
    bool dry_run;
    char *admin_listen;
    int64_t log_level;
    int64_t log_format;
    int64_t drain_timeout_ms;
};

enum option_type {
    OPTION_TEXT, /* printable; min and max are its length */
    OPTION_NAME, /* letters, digits, and . _ - */
    OPTION_BOOL,
    OPTION_INT,
    OPTION_NUMBER,   /* double */
    OPTION_DURATION, /* 250ms, 10s, 5m, 24h */
    OPTION_SIZE,     /* 4096, 256KiB, 1MiB */
    OPTION_WORD,
};

struct option_row {
    const char *key; /* "api.linger" */
    enum option_type type;
    size_t at;         /* in struct config */
    const char *value; /* the default, as it is written; "" for texts that are worked out */
    double min;
    double max;
    const char *const *words; /* OPTION_WORD; NULL-terminated */
    const char *help;         /* half a sentence, for the reference page */
    bool reloads;             /* SIGHUP takes a new value */
    bool fixed;               /* no other value than the default is supported yet */
};

/* NULL behind the last. */
const struct option_row *config_option(size_t i);
/* By key as in files. */
const struct option_row *config_find(struct view key);
/* The known key or section nearest to what was written (- . _ count as the same), or nothing. */
struct view config_suggest(struct view key);
/* Whether an option is a text of ours on the heap. */
bool option_is_text(const struct option_row *option);

/* Where values come from, beside the defaults. */
struct config_input {
    const char *file; /* --config, or NULL */
    struct config_flag {
        const struct option_row *option;
        const char *value;
    } * flags;
    size_t flag_n;
    const struct kafka_property *properties; /* -X */
    size_t property_n;
    const char *const *property_files; /* --kafka-config */
    size_t property_file_n;
    char *const *environment;
    void (*warn)(void *context, const char *text); /* may be NULL */
    void *context;
};

/* On failure the config is released. ERR_CONFIG: a person must correct something; ERR_SYSTEM. */
MUST_USE enum err config_load(const struct config_input *input, struct config *out,
                              struct fault *fault);
/* The defaults alone, nothing worked out. */
MUST_USE enum err config_init(struct config *out, struct fault *fault);
void config_release(struct config *config);

/* ---- for the parts of the configuration's own modules ---- */

/* Sets one option from text; the fault names the key and what it may be. */
MUST_USE enum err config_set(struct config *config, const struct option_row *option,
                             struct view text, struct fault *fault);
/* Adds a property of librdkafka's; unknown, wrong and reserved ones are ERR_CONFIG. */
MUST_USE enum err config_set_property(struct config *config, struct view name, struct view value,
                                      struct fault *fault);
void config_release_properties(struct config *config);
bool config_is_property(const char *name);
/* Whether a property's value must not be shown. */
bool config_is_secret(const char *property);
/* A duration as options have it ("250ms", "10m"), at most 10 years; false: it is none. */
bool config_parse_duration(struct view text, int64_t *ms_out);
/* Appends the value as it would be written. */
MUST_USE enum err config_format(const struct config *config, const struct option_row *option,
                                struct buf *out);
/* What it may be: "a duration from 100ms to 5m". */
MUST_USE enum err config_allowed(const struct option_row *option, struct buf *out);

/* Looks for the candidate nearest to a name; what is not near at all does not count. */
struct config_near {
    struct view name;
    struct view best; /* none so far: empty */
    size_t distance;  /* of the best; before: what is too far */
};
struct config_near config_near_begin(struct view name);
void config_near_try(struct config_near *near, struct view candidate);
/* "; did you mean ...?" for the end of an error, or "". */
#define CONFIG_NEAR_FMT(v_)                                                                        \
    (v_).n > 0 ? "; did you mean \"" : "", VIEW_FMT(v_), (v_).n > 0 ? "\"?" : ""

/* Reads a file into memory; ERR_CONFIG when it cannot be read or is too large. */
MUST_USE enum err config_read_file(const char *path, struct buf *out, struct fault *fault);
MUST_USE enum err config_read_yaml(struct config *config, const char *path, struct fault *fault);
/* The text of a file; path is for errors. */
MUST_USE enum err config_read_yaml_text(struct config *config, const char *path, struct view text,
                                        struct fault *fault);
/* Lines of name=value; `#` begins a comment. */
MUST_USE enum err config_read_properties(struct config *config, const char *path,
                                         struct fault *fault);
MUST_USE enum err config_read_properties_text(struct config *config, const char *path,
                                              struct view text, struct fault *fault);
MUST_USE enum err config_read_environment(struct config *config, const struct config_input *input,
                                          struct fault *fault);
/* The effective configuration as YAML, secrets masked. */
MUST_USE enum err config_print(const struct config *config, struct buf *out);
/* The reference page, and the annotated example. */
MUST_USE enum err config_reference(struct buf *out);
MUST_USE enum err config_example(struct buf *out);

#endif
