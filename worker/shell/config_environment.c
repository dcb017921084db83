/* SPDX-License-Identifier: Apache-2.0
 *
 * Options from the environment: REBOOT_WORKER_API_LINGER, or REBOOT_WORKER_API_LINGER_FILE for a
 * value that stands in a file. */
#include <ctype.h>

#include "shell/config.h"

static const char prefix[] = "REBOOT_WORKER_";
enum { PREFIX_N = sizeof prefix - 1, PROPERTY_BYTES_MAX = 128 };

/* What a variable stands for; nothing when it names neither. */
struct target {
    const struct option_row *option;
    char property[PROPERTY_BYTES_MAX]; /* of Kafka; else "" */
};

/* "API_LINGER" names the option "api.linger". */
static const struct option_row *option_of(struct view name)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const char *key = config_option(i)->key;
        size_t n = 0;
        while (n < name.n && key[n] != '\0' &&
               (key[n] == '.' ? '_' : toupper((unsigned char)key[n])) == name.p[n])
            n++;
        if (n == name.n && key[n] == '\0')
            return config_option(i);
    }
    return NULL;
}

/* "KAFKA_SASL_USERNAME" names librdkafka's property "sasl.username". */
static bool property_of(struct view name, char out[PROPERTY_BYTES_MAX])
{
    out[0] = '\0';
    if (name.n <= 6 || memcmp(name.p, "KAFKA_", 6) != 0 || name.n - 6 >= PROPERTY_BYTES_MAX)
        return false;
    for (size_t i = 6; i < name.n; i++)
        out[i - 6] = name.p[i] == '_' ? '.' : (char)tolower((unsigned char)name.p[i]);
    out[name.n - 6] = '\0';
    if (config_is_property(out))
        return true;
    out[0] = '\0';
    return false;
}

static bool target_of(struct view name, struct target *out)
{
    out->option = option_of(name);
    return property_of(name, out->property) || out->option != NULL;
}

/* "API_LINGER_FILE" has the stem "API_LINGER". */
static bool stem_of(struct view name, struct view *out)
{
    static const char end[] = "_FILE";
    size_t n = sizeof end - 1;
    if (name.n <= n || memcmp(name.p + name.n - n, end, n) != 0)
        return false;
    *out = (struct view){name.p, name.n - n};
    return true;
}

static bool is_set(char *const *environment, struct view name)
{
    for (; *environment != NULL; environment++) {
        const char *entry = *environment;
        if (strncmp(entry, prefix, PREFIX_N) == 0 &&
            strncmp(entry + PREFIX_N, name.p, name.n) == 0 && entry[PREFIX_N + name.n] == '=')
            return true;
    }
    return false;
}

static enum err take(struct config *config, const struct target *target, struct view value,
                     struct fault *fault)
{
    if (target->option != NULL)
        return config_set(config, target->option, value, fault);
    return config_set_property(config, view_of(target->property), value, fault);
}

static enum err take_file(struct config *config, const struct target *target, const char *path,
                          struct fault *fault)
{
    struct buf text;
    buf_init(&text, CONFIG_VALUE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    struct view value = buf_view(&text);
    if (err == ERR_OK) {
        for (const char *end = "\n\r"; *end != '\0'; end++) /* one line end, either kind */
            if (value.n > 0 && value.p[value.n - 1] == *end)
                value.n--;
        err = take(config, target, value, fault);
    }
    buf_release_secret(&text);
    return err;
}

/* The name of the variable that was probably meant. */
static struct view meant(struct view name, char room[PROPERTY_BYTES_MAX])
{
    char key[PROPERTY_BYTES_MAX];
    if (name.n > sizeof key)
        return VIEW_NONE;
    for (size_t i = 0; i < name.n; i++)
        key[i] = (char)tolower((unsigned char)name.p[i]);
    struct view near = config_suggest((struct view){key, name.n});
    if (near.n > PROPERTY_BYTES_MAX || config_find(near) == NULL)
        return VIEW_NONE;
    for (size_t i = 0; i < near.n; i++)
        room[i] = near.p[i] == '.' ? '_' : (char)toupper((unsigned char)near.p[i]);
    return (struct view){room, near.n};
}

static void warn_of(const struct config_input *input, struct view name)
{
    struct fault text;
    char room[PROPERTY_BYTES_MAX];
    if (input->warn == NULL)
        return;
    struct view near = meant(name, room);
    (void)fault_set(&text, ERR_CONFIG,
                    "the environment variable %s%.*s names no option and is ignored%s%s%.*s%s",
                    prefix, VIEW_FMT(name), near.n > 0 ? "; did you mean " : "",
                    near.n > 0 ? prefix : "", VIEW_FMT(near), near.n > 0 ? "?" : "");
    input->warn(input->context, text.text);
}

static enum err read_variable(struct config *config, const struct config_input *input,
                              struct view name, const char *value, struct fault *fault)
{
    struct target target;
    struct view stem;
    struct fault why;
    enum err err = ERR_OK;
    if (target_of(name, &target))
        err = take(config, &target, view_of(value), &why);
    else if (!stem_of(name, &stem) || !target_of(stem, &target))
        warn_of(input, name);
    else if (is_set(input->environment, stem))
        err = fault_set(&why, ERR_CONFIG, "%s%.*s is set as well; only one can be", prefix,
                        VIEW_FMT(stem));
    else
        err = take_file(config, &target, value, &why);
    if (err != ERR_OK)
        (void)fault_set(fault, err, "%s%.*s: %s", prefix, VIEW_FMT(name), why.text);
    return err;
}

enum err config_read_environment(struct config *config, const struct config_input *input,
                                 struct fault *fault)
{
    enum err err = ERR_OK;
    for (char *const *entry = input->environment; err == ERR_OK && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || strncmp(*entry, prefix, PREFIX_N) != 0)
            continue;
        const char *begin = *entry + PREFIX_N;
        struct view name = {begin, (size_t)(equals - begin)};
        err = read_variable(config, input, name, equals + 1, fault);
    }
    return err;
}
