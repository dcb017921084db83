/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration for a person: effective values, reference page, annotated example. */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/utf8.h"
#include "shell/config.h"

static const char mask[] = "********";

/* ---- YAML ---- */

/* Whether any reader of YAML takes it for a text without quotes. */
static bool is_plain(struct view text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n"};
    if (text.n == 0 || (!isalpha((unsigned char)text.p[0]) && text.p[0] != '/') ||
        text.p[text.n - 1] == ':')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.p[i]) && strchr("-_./:", text.p[i]) == NULL)
            return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text.n == strlen(words[i]) && strncasecmp(text.p, words[i], text.n) == 0)
            return false;
    return true;
}

/* How YAML's double quotes write the character that text begins with; "": as it is. Line ends of
 * every kind, and what YAML counts as not printable, need it. Returns the character's length. */
static size_t escape_of(struct view text, char out[8])
{
    const unsigned char *p = (const unsigned char *)text.p;
    size_t n = utf8_n(text);
    out[0] = '\0';
    if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) { /* U+0080 to U+009F */
        (void)snprintf(out, 8, "\\x%02x", p[1]);
    } else if (n == 3) {
        unsigned point = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        if (point == 0x2028 || point == 0x2029 || point == 0xfeff || point >= 0xfffe)
            (void)snprintf(out, 8, "\\u%04x", point);
    } else if (n == 0 || p[0] < 0x20 || p[0] == 0x7f) {
        (void)snprintf(out, 8, "\\x%02x", p[0]); /* other bytes than UTF-8 show as Latin-1 */
        n = 1;
    }
    return n;
}

static bool needs_escape(struct view text)
{
    char escape[8] = "";
    while (text.n > 0 && escape[0] == '\0') {
        size_t n = escape_of(text, escape);
        text = (struct view){text.p + n, text.n - n};
    }
    return escape[0] != '\0';
}

/* Single quotes, where the quote itself is doubled, unless something must be escaped. */
static enum err append_quoted(struct buf *out, struct view text)
{
    bool escaping = needs_escape(text);
    const char quote = escaping ? '"' : '\'';
    enum err err = buf_append(out, &quote, 1);
    while (err == ERR_OK && text.n > 0) {
        char escape[8];
        char c = text.p[0];
        size_t n = escape_of(text, escape);
        if (escape[0] != '\0')
            err = buf_append_text(out, escape);
        else if (escaping && (c == '"' || c == '\\'))
            err = buf_append_format(out, "\\%c", c);
        else if (!escaping && c == '\'')
            err = buf_append_text(out, "''");
        else
            err = buf_append(out, text.p, n);
        text = (struct view){text.p + n, text.n - n};
    }
    return err == ERR_OK ? buf_append(out, &quote, 1) : err;
}

static enum err append_scalar(struct buf *out, struct view text)
{
    return is_plain(text) ? buf_append_view(out, text) : append_quoted(out, text);
}

static enum err append_value(const struct option_row *option, struct view text, struct buf *out)
{
    return option_is_text(option) ? append_scalar(out, text) : buf_append_view(out, text);
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
        err = append_value(option, buf_view(&value), out);
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
                out,
                view_of(config_is_secret(kafka->items[i].name) ? mask : kafka->items[i].value));
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

/* The help, and what the option's marks mean. */
static enum err append_help(const struct option_row *option, struct buf *out)
{
    return buf_append_format(out, "%s%s%s", option->help,
                             option->reloads ? "; SIGHUP reads it again" : "",
                             option->fixed ? "; no other value is supported yet" : "");
}

static enum err describe(const struct option_row *option, struct buf *out)
{
    const char *quote = option->value[0] != '\0' ? "`" : "";
    enum err err =
        buf_append_format(out, "| `%s` | %s%s%s | ", option->key, quote, option->value, quote);
    if (err == ERR_OK)
        err = config_allowed(option, out);
    if (err == ERR_OK)
        err = buf_append_text(out, " | ");
    if (err == ERR_OK)
        err = append_help(option, out);
    return err == ERR_OK ? buf_append_text(out, " |\n") : err;
}

static const char page[] =
    "# Configuration\n\n"
    "Made by `reboot-worker check-config --reference` from the table of options\n"
    "(`worker/shell/config_table.c`); do not edit.\n\n"
    "Flag before environment before file before default.\n\n"
    "- **Flags** are `--` and the key, with `-` for `.` and `_`: `--api-linger 0s`.\n"
    "- **The file** (`--config FILE`) is YAML, nested as the keys read;\n"
    "  [reboot-worker.yaml](reboot-worker.yaml) has every option with its default.\n"
    "- **Environment**: `REBOOT_WORKER_` and the key in upper case, with `_` for `.`:\n"
    "  `REBOOT_WORKER_API_LINGER`. With `_FILE` behind the name the value is read from the file\n"
    "  that the variable names. A name that means nothing is a warning.\n"
    "- **Durations** are written `250ms`, `10s`, `5m`, `24h`; **sizes** `4096`, `256KiB`, `1MiB`.\n"
    "\n"
    "Kafka's own properties are librdkafka's, verbatim: the map `kafka:` in the file, where names\n"
    "keep their dots, `-X property=value`, `--kafka-config FILE` (lines of `property=value`), and\n"
    "variables such as `REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS`. The default of "
    "`bootstrap.servers`\n"
    "is `localhost:9092`. Those that the worker's promises depend on cannot be set, and say so.\n\n"
    "`reboot-worker check-config` says whether a configuration fits, with line and column of what\n"
    "does not; `check-config --print` shows the effective one, secrets masked. SIGHUP reads the\n"
    "options that say so again, and the credentials; a change of another is logged and needs a\n"
    "restart. A wrong configuration ends the worker with exit code 78.\n\n"
    "The API's credentials are no options: they come from `TENCENTCLOUD_SECRET_ID` and\n"
    "`TENCENTCLOUD_SECRET_KEY` (and `TENCENTCLOUD_TOKEN`, `TENCENTCLOUD_SECURITY_TOKEN` or\n"
    "`TENCENTCLOUD_SESSION_TOKEN`), else from the section `[default]` of\n"
    "`~/.tencentcloud/credentials` or of the file that `TENCENTCLOUD_CREDENTIALS_FILE` names\n"
    "(`secret_id`, `secret_key`, `token`).\n\n"
    "TLS towards the API is always verified: against the system's authorities, or those in the\n"
    "file (PEM) that `SSL_CERT_FILE` names. Kafka's are set with `ssl.ca.location`.\n\n"
    "| key | default | values | |\n|---|---|---|---|\n";

enum err config_reference(struct buf *out)
{
    enum err err = buf_append_text(out, page);
    for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++)
        err = describe(config_option(i), out);
    return err;
}

/* ---- example ---- */

/* As lines of a comment, broken between words. */
static enum err append_comment(struct buf *out, const char *indent, struct view text)
{
    enum { WIDTH = 74 }; /* + indent and mark: the 80 of yamllint */
    enum err err = ERR_OK;
    while (err == ERR_OK && text.n > 0) {
        size_t n = text.n < WIDTH ? text.n : WIDTH;
        while (n < text.n && n > 1 && text.p[n] != ' ')
            n--;
        err = buf_append_format(out, "%s# %.*s\n", indent, (int)n, text.p);
        n += n < text.n;
        text = (struct view){text.p + n, text.n - n};
    }
    return err;
}

static enum err exemplify(const struct option_row *option, struct buf *out)
{
    size_t section_n = section_of(option->key).n;
    const char *indent = section_n > 0 ? "  " : "";
    const char *off = option->value[0] != '\0' ? "" : "# "; /* it is worked out */
    struct buf help;
    buf_init(&help, CONFIG_VALUE_BYTES_MAX);
    enum err err = append_help(option, &help);
    if (err == ERR_OK)
        err = append_comment(out, indent, buf_view(&help));
    buf_release(&help);
    if (err == ERR_OK)
        err = buf_append_format(out, "%s%s%s: ", indent, off,
                                option->key + (section_n > 0 ? section_n + 1 : 0));
    if (err == ERR_OK)
        err = append_value(option, view_of(option->value), out);
    return err == ERR_OK ? buf_append_text(out, "\n") : err;
}

enum err config_example(struct buf *out)
{
    struct view section = VIEW_NONE;
    enum err err = buf_append_text(
        out, "# Every option with its default; docs/configuration.md says what is allowed.\n"
             "# Made by `reboot-worker check-config --example`; do not edit.\n"
             "---\n"
             "kafka:\n"
             "  # librdkafka's own properties\n"
             "  bootstrap.servers: localhost:9092\n"
             "  # security.protocol: SASL_SSL\n"
             "  # sasl.mechanism: SCRAM-SHA-512\n"
             "  # sasl.username: ''\n"
             "  # sasl.password: ''\n"
             "  # ssl.ca.location: /etc/ssl/certs/ca-certificates.crt\n"
             "\n");
    for (int nested = 0; nested < 2; nested++) {
        for (size_t i = 0; err == ERR_OK && config_option(i) != NULL; i++) {
            struct view before = section;
            const char *key = config_option(i)->key;
            if ((section_of(key).n > 0) != (nested == 1))
                continue;
            if (section_of(key).n > 0 && !view_equals(before, section_of(key)))
                err = buf_append_text(out, "\n");
            if (err == ERR_OK)
                err = open_section(out, &section, key);
            if (err == ERR_OK)
                err = exemplify(config_option(i), out);
        }
    }
    return err;
}
