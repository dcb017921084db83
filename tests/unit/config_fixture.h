/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the configuration: sources in memory, values by key. Fails a test on failure. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "shell/config.h"

/* A file with this text; the caller unlinks and frees its path. */
static inline char *file_of(const char *text)
{
    char *path = strdup("/tmp/reboot-worker-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
    return path;
}

static inline void file_end(char *path)
{
    (void)unlink(path);
    free(path);
}

static inline void config_of(const struct config_input *input, struct config *out)
{
    struct fault fault;
    if (config_load(input, out, &fault) != ERR_OK)
        fail_msg("%s", fault.text);
}

static inline const struct option_row *option(const char *key)
{
    const struct option_row *found = config_find(view_of(key));
    if (found == NULL)
        fail_msg("no option is called %s", key);
    return found;
}

/* An option's value is this text. */
static inline void assert_value(const struct config *config, const char *key, const char *value)
{
    struct buf text;
    buf_init(&text, CONFIG_VALUE_BYTES_MAX);
    assert_int_equal(config_format(config, option(key), &text), ERR_OK);
    if (!view_is(buf_view(&text), value))
        fail_msg("%s is %.*s, not %s", key, VIEW_FMT(buf_view(&text)), value);
    buf_release(&text);
}

/* The value of a Kafka property: its last one. NULL: it is not set. */
static inline const char *property(const struct config *config, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < config->kafka.n; i++)
        if (strcmp(config->kafka.items[i].name, name) == 0)
            value = config->kafka.items[i].value;
    return value;
}

static inline void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

#endif
