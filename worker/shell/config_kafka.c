/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties of librdkafka in the configuration: known by name, checked one by one, so that an
 * error can name its place. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "shell/config.h"

bool config_is_property(const char *name)
{
    char why[128];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* No value: back to the default. Unlike a get, it knows aliases and topic properties. */
    bool known = rd_kafka_conf_set(conf, name, NULL, why, sizeof why) != RD_KAFKA_CONF_UNKNOWN;
    rd_kafka_conf_destroy(conf);
    return known;
}

/* librdkafka's own list of its properties: a line each, beginning with the name. */
static char *list_properties(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return NULL;
    rd_kafka_conf_properties_show(out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static enum err unknown(const char *name, struct fault *fault)
{
    char *list = list_properties();
    struct config_near near = config_near_begin(view_of(name));
    for (const char *line = list; line != NULL && *line != '\0';) {
        config_near_try(&near, (struct view){line, strcspn(line, " \n")});
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    enum err err = fault_set(fault, ERR_CONFIG, "kafka.%s: librdkafka has no such property%s%.*s%s",
                             name, CONFIG_NEAR_FMT(near.best));
    free(list);
    return err;
}

static enum err check(struct kafka_property *property, struct fault *fault)
{
    if (kafka_property_reserved(property->name) == NULL && !config_is_property(property->name))
        return unknown(property->name, fault);
    return kafka_properties_check(&(struct kafka_properties){property, 1}, fault);
}

static void property_release(const struct kafka_property *property)
{
    char *value = (char *)(uintptr_t)property->value;
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    free(value);
    free((char *)(uintptr_t)property->name);
}

enum err config_set_property(struct config *config, struct view name, struct view value,
                             struct fault *fault)
{
    struct kafka_properties *kafka = &config->kafka;
    if (kafka->n >= CONFIG_PROPERTIES_MAX)
        return fault_set(fault, ERR_CONFIG, "kafka: more than %d properties",
                         CONFIG_PROPERTIES_MAX);
    if (value.n > 0 && memchr(value.p, '\0', value.n) != NULL)
        return fault_set(fault, ERR_CONFIG, "kafka.%.*s: there is a zero byte in the value",
                         VIEW_FMT(name));
    struct kafka_property property = {view_dup(name), view_dup(value)};
    struct kafka_property *more = realloc(kafka->items, sizeof *more * (kafka->n + 1));
    if (more != NULL)
        kafka->items = more;
    enum err err = ERR_OK;
    if (property.name == NULL || property.value == NULL || more == NULL)
        err = fault_set(fault, ERR_SYSTEM, "no memory");
    else
        err = check(&property, fault);
    if (err == ERR_OK)
        kafka->items[kafka->n++] = property;
    else
        property_release(&property);
    return err;
}

void config_release_properties(struct config *config)
{
    for (size_t i = 0; i < config->kafka.n; i++)
        property_release(&config->kafka.items[i]);
    free(config->kafka.items);
    config->kafka = (struct kafka_properties){NULL, 0};
}

bool config_is_secret(const char *property)
{
    static const char *const parts[] = {"password", "secret", "key.pem", "oauthbearer.config"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(property, parts[i]) != NULL)
            return true;
    return false;
}
