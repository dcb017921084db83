/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration for a person: effective values, reference page, annotated example. */
#include <ctype.h>

#include "shell/config.h"

static const char mask[] = "********";

/* ---- YAML ---- */

static bool is_plain(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.p[i]) && strchr("-_./", text.p[i]) == NULL)
            return false;
    return text.n > 0 && text.p[0] != '-';
}

static enum err append_scalar(struct buf *out, struct view text)
{
    if (is_plain(text))
        return buf_append_view(out, text);
    enum err err = buf_append_text(out, "'");
    for (size_t i = 0; err == ERR_OK && i < text.n; i++)
        err = buf_append_format(out, "%s%c", text.p[i] == '\'' ? "'" : "", text.p[i]);
    return err == ERR_OK ? buf_append_text(out, "'") : err;
}

static bool is_secret(const char *name)
{
    static const char *const words[] = {"password", "secret", "key.pem", "oauthbearer.config"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

/* "api" of "api.linger"; empty for a key on the top level. */
static struct view section_of(const char *key)
{
    const char *dot = strchr(key, '.');
    return (struct view){key, dot == NULL ? 0 : (size_t)(dot - key)};
}

/* Opens the section of a key, when it is another one than before. */
static enum err open_section(struct buf *out, struct view *section, const char *key)
{
    struct view next = section_of(key);
    bool same = view_equals(*section, next);
    *section = next;
    return same || next.n == 0 ? ERR_OK : buf_append_format(out, "%.*s:\n", VIEW_FMT(next));
}

static enum err print_option(const struct config *config, const struct option_row *option,
                             struct buf *out)
{
    struct view section = section_of(option->key);
    struct buf value;
    buf_init(&value, CONFIG_VALUE_BYTES_MAX);
    enum err err = config_format(config, option, &value);
    if (err == ERR_OK)
        err = buf_append_format(out, "%s%s: ", section.n > 0 ? "  " : "",
                                option->key + (section.n > 0 ? section.n + 1 : 0));
    if (err == ERR_OK)
        err = append_scalar(out, buf_view(&value));
    buf_release(&value);
    return err == ERR_OK ? buf_append_text(out, "\n") : err;
}

static enum err print_kafka(const struct config *config, struct buf *out)
{
    const struct kafka_properties *kafka = &config->kafka;
    enum err err = buf_append_text(out, "kafka:\n");
    for (size_t i = 0; err == ERR_OK && i < kafka->n; i++) {
        bool overridden = false;
        for (size_t j = i + 1; j < kafka->n; j++)
            overridden = overridden || strcmp(kafka->items[i].name, kafka->items[j].name) == 0;
        if (overridden)
            continue;
        err = buf_append_format(out, "  %s: ", kafka->items[i].name);
        if (err == ERR_OK)
            err = append_scalar(
                out, view_of(is_secret(kafka->items[i].name) ? mask : kafka->items[i].value));
        if (err == ERR_OK)
            err = buf_append_text(out, "\n");
    }
    return err;
}

enum err config_print(const struct config *config, struct buf *out)
{
    struct view section = VIEW_NONE;
    enum err err = print_kafka(config, out);
    /* Keys on the top level first: behind a section they would belong to it. */
    for (int nested = 0; nested < 2; nested++) {
        for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++) {
            const struct option_row *option = config_option(i);
            if ((section_of(option->key).n > 0) != (nested == 1))
                continue;
            err = open_section(out, &section, option->key);
            if (err == ERR_OK)
                err = print_option(config, option, out);
        }
    }
    return err;
}

/* ---- reference ---- */

static const char *const type_names[] = {
    [OPTION_TEXT] = "text",     [OPTION_BOOL] = "true, false",  [OPTION_INT] = "number",
    [OPTION_NUMBER] = "number", [OPTION_DURATION] = "duration", [OPTION_SIZE] = "size",
    [OPTION_WORD] = "word",
};

static enum err describe_range(const struct option_row *option, struct buf *out)
{
    switch (option->type) {
    case OPTION_INT:
    case OPTION_NUMBER:
        return buf_append_format(out, "%s, %.15g to %.15g", type_names[option->type], option->min,
                                 option->max);
    case OPTION_DURATION:
        return buf_append_format(out, "duration, %.15gms to %.15gms", option->min, option->max);
    case OPTION_SIZE:
        return buf_append_format(out, "size, %.15g to %.15g bytes", option->min, option->max);
    case OPTION_TEXT:
    case OPTION_BOOL:
    case OPTION_WORD:
        break;
    }
    return buf_append_text(out, type_names[option->type]);
}

static enum err describe(const struct option_row *option, struct buf *out)
{
    enum err err = buf_append_format(out, "| `%s` | %s%s%s | ", option->key,
                                     option->value[0] != '\0' ? "`" : "", option->value,
                                     option->value[0] != '\0' ? "`" : "");
    if (err == ERR_OK)
        err = describe_range(option, out);
    if (err == ERR_OK)
        err = buf_append_format(out, " | %s%s%s |\n", option->help,
                                option->reloads ? "; SIGHUP reads it again" : "",
                                option->fixed ? "; no other value is supported yet" : "");
    return err;
}

enum err config_reference(struct buf *out)
{
    enum err err = buf_append_text(
        out,
        "# Configuration\n\n"
        "Made by `reboot-worker check-config --reference` from the option table; do not edit.\n\n"
        "Flag before environment before file before default. A flag is `--` and the key, with `-`\n"
        "for `.` and `_` (`--api-linger 0s`). The file (`--config FILE`) is YAML, nested as the\n"
        "keys read. The environment variable is `REBOOT_WORKER_` and the key in upper case, with\n"
        "`_` for `.` (`REBOOT_WORKER_API_LINGER`); with `_FILE` behind it the value is read from\n"
        "the file that it names. Durations are written `250ms`, `10s`, `5m`, `24h`, sizes `4096`,\n"
        "`256KiB`, `1MiB`.\n\n"
        "Kafka's own properties are librdkafka's, verbatim: the map `kafka:` in the file,\n"
        "`-X property=value`, `--kafka-config FILE` (lines of `property=value`), and variables\n"
        "such as `REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS`. The default of `bootstrap.servers` is\n"
        "`localhost:9092`. Those that the worker's promises depend on cannot be set, and say "
        "so.\n\n"
        "| key | default | values | |\n|---|---|---|---|\n");
    for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++)
        err = describe(config_option(i), out);
    return err;
}

enum err config_example(struct buf *out)
{
    struct view section = VIEW_NONE;
    enum err err = buf_append_text(
        out, "# Every option with its default; made by `reboot-worker check-config --example`.\n"
             "kafka:\n  bootstrap.servers: localhost:9092\n\n");
    for (int nested = 0; nested < 2; nested++) {
        for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++) {
            const struct option_row *option = config_option(i);
            struct view of = section_of(option->key);
            if ((of.n > 0) != (nested == 1))
                continue;
            bool first = of.n > 0 && !view_equals(section, of);
            err = first ? buf_append_text(out, "\n") : ERR_OK;
            if (err == ERR_OK)
                err = open_section(out, &section, option->key);
            const char *indent = of.n > 0 ? "  " : "";
            if (err == ERR_OK)
                err = buf_append_format(out, "%s# %s\n%s%s%s: ", indent, option->help, indent,
                                        option->value[0] != '\0' ? "" : "# ",
                                        option->key + (of.n > 0 ? of.n + 1 : 0));
            if (err == ERR_OK)
                err = append_scalar(out, view_of(option->value));
            if (err == ERR_OK)
                err = buf_append_text(out, "\n");
        }
    }
    return err;
}
