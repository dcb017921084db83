/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "shell/endpoint.h"

void config_release(struct config *config)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const struct option_row *option = config_option(i);
        if (option->type == OPTION_TEXT)
            free(*(char **)((char *)config + option->at));
    }
    for (size_t i = 0; i < config->kafka.n; i++) {
        char *value = (char *)(uintptr_t)config->kafka.items[i].value;
        explicit_bzero(value, strlen(value));
        free(value);
        free((char *)(uintptr_t)config->kafka.items[i].name);
    }
    free(config->kafka.items);
    memset(config, 0, sizeof *config);
}

static enum err set_defaults(struct config *config, struct fault *fault)
{
    char host[256] = "";
    enum err err = config_set_property(config, VIEW_LIT("bootstrap.servers"),
                                       VIEW_LIT("localhost:9092"), fault);
    for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++) {
        const struct option_row *option = config_option(i);
        struct option_row empty = *option;
        if (option->value[0] == '\0')
            empty.min = 0; /* worked out when nobody sets it */
        err = config_set(config, &empty, view_of(option->value), fault);
    }
    if (err == ERR_OK && gethostname(host, sizeof host - 1) == 0 && host[0] != '\0')
        err = config_set(config, config_find(VIEW_LIT("name")), view_of(host), fault);
    return err;
}

static enum err work_out(struct config *config, struct fault *fault)
{
    char source[300];
    if (config->name[0] == '\0')
        return fault_set(fault, ERR_CONFIG, "name: the host has no name; set one");
    if (config->events_source[0] != '\0')
        return ERR_OK;
    int n = snprintf(source, sizeof source, "/reboot-worker/%s", config->group);
    struct view text = {source, (size_t)n < 255 ? (size_t)n : 255};
    return config_set(config, config_find(VIEW_LIT("events.source")), text, fault);
}

/* ---- what no single option can see ---- */

static enum err check_topics(const struct config *config, struct fault *fault)
{
    for (enum topic a = 0; a < TOPIC_N; a++)
        for (enum topic b = a + 1; b < TOPIC_N; b++)
            if (strcmp(config->topics[a], config->topics[b]) == 0)
                return fault_set(fault, ERR_CONFIG, "topics.%s and topics.%s are the same topic",
                                 topic_key(a), topic_key(b));
    return ERR_OK;
}

static enum err check(const struct config *config, struct fault *fault)
{
    struct fault why;
    struct endpoint endpoint;
    if (endpoint_parse(config->endpoint, &endpoint, &why) != ERR_OK)
        return fault_set(fault, ERR_CONFIG, "api.endpoint: %s", why.text);
    if (config->retry_initial_ms > config->retry_max_ms)
        return fault_set(fault, ERR_CONFIG, "retry.initial is longer than retry.max");
    if (config->confirm_interval_ms > config->confirm_timeout_ms)
        return fault_set(fault, ERR_CONFIG, "confirm.interval is longer than confirm.timeout");
    if (config->timeout_ms > config->signature_life_ms)
        return fault_set(fault, ERR_CONFIG, "api.timeout is longer than api.signature_life");
    if (config->dedup_window_ms > config->request_max_age_ms)
        return fault_set(fault, ERR_CONFIG, "dedup.window is longer than request.max_age");
    if (check_topics(config, fault) != ERR_OK)
        return ERR_CONFIG;
    return kafka_properties_check(&config->kafka, fault);
}

/* ---- loading ---- */

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
    memset(out, 0, sizeof *out);
    enum err err = set_defaults(out, fault);
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
    if (err != ERR_OK)
        config_release(out);
    return err;
}
