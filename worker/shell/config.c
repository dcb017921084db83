/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "shell/endpoint.h"

void config_release(struct config *config)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const struct option_row *option = config_option(i);
        if (option_is_text(option))
            free(*(char **)((char *)config + option->at));
    }
    config_release_properties(config);
    memset(config, 0, sizeof *config);
}

enum err config_init(struct config *config, struct fault *fault)
{
    memset(config, 0, sizeof *config);
    enum err err = config_set_property(config, VIEW_LIT("bootstrap.servers"),
                                       VIEW_LIT("localhost:9092"), fault);
    for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++) {
        const struct option_row *option = config_option(i);
        struct option_row empty = *option;
        if (option->value[0] == '\0')
            empty.min = 0; /* worked out when nobody sets it */
        err = config_set(config, &empty, view_of(option->value), fault);
    }
    if (err != ERR_OK)
        config_release(config);
    return err;
}

/* What may stand in a path of a URI as it is (RFC 3986, pchar). */
static bool is_path_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

/* The group's name in it is percent-encoded where a URI demands it. */
static enum err default_source(struct config *config, struct fault *fault)
{
    const struct option_row *option = config_find(VIEW_LIT("events.source"));
    struct buf source;
    buf_init(&source, (size_t)option->max);
    enum err err = buf_append_text(&source, "/reboot-worker/");
    for (const char *c = config->group; err == ERR_OK && *c != '\0'; c++)
        err = buf_append_format(&source, is_path_char(*c) ? "%c" : "%%%02X", (unsigned char)*c);
    if (err == ERR_OK)
        err = config_set(config, option, buf_view(&source), fault);
    else
        err = fault_set(fault, ERR_SYSTEM, "no memory");
    buf_release(&source);
    return err;
}

static enum err work_out(struct config *config, struct fault *fault)
{
    char host[256] = "";
    enum err err = ERR_OK;
    if (config->name[0] == '\0') {
        if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
            return fault_set(fault, ERR_CONFIG, "name: the host has no name; set one");
        err = config_set(config, config_find(VIEW_LIT("name")), view_of(host), fault);
    }
    if (err == ERR_OK && config->events_source[0] == '\0')
        err = default_source(config, fault);
    return err;
}

/* ---- what no single option can see ---- */

static enum err check_topics(const struct config *config, struct fault *fault)
{
    for (enum topic a = 0; a < TOPIC_N; a++) {
        const char *name = config->topics[a];
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            return fault_set(fault, ERR_CONFIG, "topics.%s: \"%s\" cannot be a topic's name",
                             topic_key(a), name);
        for (enum topic b = a + 1; b < TOPIC_N; b++)
            if (strcmp(name, config->topics[b]) == 0)
                return fault_set(fault, ERR_CONFIG, "topics.%s and topics.%s are the same topic",
                                 topic_key(a), topic_key(b));
    }
    return ERR_OK;
}

static enum err check_listen(const char *listen, struct fault *fault)
{
    const char *colon = strrchr(listen, ':');
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' ||
        strtol(colon + 1, NULL, 10) > 65535)
        return fault_set(fault, ERR_CONFIG, "admin.listen: \"%s\" is not HOST:PORT", listen);
    return ERR_OK;
}

/* CloudEvents: `source` is a URI-reference (RFC 3986: its characters, and %XX). */
static enum err check_source(const char *source, struct fault *fault)
{
    for (const char *c = source; *c != '\0'; c++) {
        bool escape = c[0] == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2]);
        if (!escape && !is_path_char(*c) && strchr("/?#[]", *c) == NULL)
            return fault_set(
                fault, ERR_CONFIG,
                "events.source: \"%s\" is no URI; write what cannot stand there as %%XX", source);
    }
    return ERR_OK;
}

static bool is_member_id(const char *name)
{
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && strchr("._-", *name) == NULL)
            return false;
    return true;
}

/* Odd but harmless: the worker runs, and says what it will do. */
static void warn_of_oddities(const struct config *config, const struct config_input *input)
{
    const struct {
        int64_t shorter_ms;
        int64_t longer_ms;
        const char *what;
    } rows[] = {
        {config->retry_initial_ms, config->retry_max_ms,
         "retry.initial is longer than retry.max, which bounds it"},
        {config->confirm_interval_ms, config->confirm_timeout_ms,
         "confirm.interval is longer than confirm.timeout: there is one look at most"},
        {config->timeout_ms, config->signature_life_ms + config->settle_ms,
         "api.timeout is longer than api.signature_life and api.settle together: a call counts as "
         "lost before it times out"},
    };
    for (size_t i = 0; input->warn != NULL && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].shorter_ms > rows[i].longer_ms)
            input->warn(input->context, rows[i].what);
}

static enum err check(const struct config *config, struct fault *fault)
{
    struct endpoint endpoint;
    enum err err = endpoint_parse(config->endpoint, &endpoint, fault);
    if (err == ERR_OK)
        err = check_topics(config, fault);
    if (err == ERR_OK)
        err = check_listen(config->admin_listen, fault);
    if (err == ERR_OK)
        err = check_source(config->events_source, fault);
    if (err == ERR_OK && config->replication_factor == 0)
        err = fault_set(fault, ERR_CONFIG, "topics.replication_factor: a topic has a replica");
    if (err == ERR_OK && config->static_membership && !is_member_id(config->name))
        err = fault_set(fault, ERR_CONFIG,
                        "name: \"%s\" cannot be a static member's id: letters, digits, . _ - only",
                        config->name);
    for (const char *c = config->region; err == ERR_OK && *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-')
            err = fault_set(fault, ERR_CONFIG, "api.region: lower-case letters, digits, - only");
    return err;
}

/* ---- loading ---- */

/* What the command line says; the fault of a property names it, as it does elsewhere. */
static enum err read_flags(struct config *config, const struct config_input *input,
                           struct fault *fault)
{
    struct fault why;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < input->property_file_n; i++)
        err = config_read_properties(config, input->property_files[i], fault);
    for (size_t i = 0; err == ERR_OK && i < input->property_n; i++)
        err = config_set_property(config, view_of(input->properties[i].name),
                                  view_of(input->properties[i].value), fault);
    for (size_t i = 0; err == ERR_OK && i < input->flag_n; i++) {
        err = config_set(config, input->flags[i].option, view_of(input->flags[i].value), &why);
        if (err != ERR_OK)
            err = fault_set(fault, err, "on the command line: %s", why.text);
    }
    return err;
}

enum err config_load(const struct config_input *input, struct config *out, struct fault *fault)
{
    enum err err = config_init(out, fault);
    if (err == ERR_OK && input->file != NULL)
        err = config_read_yaml(out, input->file, fault);
    if (err == ERR_OK && input->environment != NULL)
        err = config_read_environment(out, input, fault);
    if (err == ERR_OK)
        err = read_flags(out, input, fault);
    if (err == ERR_OK)
        err = work_out(out, fault);
    if (err == ERR_OK)
        err = check(out, fault);
    if (err == ERR_OK)
        warn_of_oddities(out, input);
    else
        config_release(out);
    return err;
}
