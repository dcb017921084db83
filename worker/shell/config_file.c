/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration's sources: YAML file, properties file, environment. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#include "shell/config.h"

enum { KEY_BYTES_MAX = 256 };
static const char prefix[] = "REBOOT_WORKER_";

enum err config_read_file(const char *path, struct buf *out, struct fault *fault)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_set(fault, ERR_CONFIG, "%s: %s", path, strerror(errno));
    enum err err = ERR_OK;
    char block[4096];
    size_t n;
    while (err == ERR_OK && (n = fread(block, 1, sizeof block, file)) > 0)
        if (buf_append(out, block, n) != ERR_OK)
            err = fault_set(fault, ERR_CONFIG, "%s: longer than %zu bytes", path, out->ceiling);
    if (err == ERR_OK && ferror(file))
        err = fault_set(fault, ERR_CONFIG, "%s: cannot be read", path);
    (void)fclose(file);
    explicit_bzero(block, sizeof block);
    return err;
}

/* ---- YAML ---- */

struct walk {
    struct config *config;
    yaml_document_t *document;
    const char *path;
    struct fault *fault;
    char key[KEY_BYTES_MAX];
};

static struct view scalar_of(const yaml_node_t *node)
{
    return (struct view){(const char *)node->data.scalar.value, node->data.scalar.length};
}

static enum err wrong(struct walk *walk, const yaml_node_t *node, const char *what)
{
    return fault_set(walk->fault, ERR_CONFIG, "%s:%zu:%zu: %s", walk->path,
                     node->start_mark.line + 1, node->start_mark.column + 1, what);
}

/* The fault of a value, with its place in front. */
static enum err at_place(struct walk *walk, const yaml_node_t *node, enum err err,
                         const struct fault *fault)
{
    return err == ERR_OK ? ERR_OK : wrong(walk, node, fault->text);
}

static enum err unknown_key(struct walk *walk, const yaml_node_t *node)
{
    struct fault fault;
    const char *near = config_suggest(view_of(walk->key));
    (void)fault_set(&fault, ERR_CONFIG, "there is no option \"%s\"%s%s%s", walk->key,
                    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
    return wrong(walk, node, fault.text);
}

static bool is_section(struct view key)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const char *known = config_option(i)->key;
        if (strncmp(known, key.p, key.n) == 0 && known[key.n] == '.')
            return true;
    }
    return false;
}

static enum err walk_mapping(struct walk *walk, const yaml_node_t *mapping, size_t key_n);

static enum err walk_value(struct walk *walk, const yaml_node_t *key, const yaml_node_t *value,
                           size_t key_n)
{
    struct view name = {walk->key, key_n};
    bool kafka = strncmp(walk->key, "kafka.", 6) == 0;
    struct fault fault;
    if (value->type == YAML_MAPPING_NODE && !kafka) {
        bool known = is_section(name) || view_is(name, "kafka");
        return known ? walk_mapping(walk, value, key_n) : unknown_key(walk, key);
    }
    const struct option_row *option = config_find(name);
    if (value->type == YAML_SCALAR_NODE && scalar_of(value).n == 0 &&
        (is_section(name) || view_is(name, "kafka")))
        return ERR_OK; /* a section whose options are all commented out */
    if (!kafka && option == NULL)
        return unknown_key(walk, key);
    if (value->type != YAML_SCALAR_NODE)
        return wrong(walk, value, "one value is needed here, not a list or a map");
    if (kafka)
        return at_place(walk, value,
                        config_set_property(walk->config, (struct view){name.p + 6, name.n - 6},
                                            scalar_of(value), &fault),
                        &fault);
    return at_place(walk, value, config_set(walk->config, option, scalar_of(value), &fault),
                    &fault);
}

static bool stands_twice(const struct walk *walk, const yaml_node_t *mapping,
                         const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++)
        if (view_equals(scalar_of(yaml_document_get_node(walk->document, p->key)), scalar_of(key)))
            return true;
    return false;
}

/* Recursion is bounded by the depth of the known keys: an unknown section is refused first. */
static enum err walk_mapping(struct walk *walk, const yaml_node_t *mapping, size_t key_n)
{
    enum err err = ERR_OK;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         err == ERR_OK && pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            return wrong(walk, key, "a key is a plain text");
        int n = snprintf(walk->key + key_n, sizeof walk->key - key_n, "%s%.*s",
                         key_n > 0 ? "." : "", VIEW_FMT(scalar_of(key)));
        if (n < 0 || key_n + (size_t)n >= sizeof walk->key)
            return wrong(walk, key, "this key is too long");
        if (stands_twice(walk, mapping, pair))
            return wrong(walk, key, "this key stands here twice");
        err = walk_value(walk, key, yaml_document_get_node(walk->document, pair->value),
                         key_n + (size_t)n);
        walk->key[key_n] = '\0';
    }
    return err;
}

static enum err walk_document(struct config *config, const char *path, yaml_parser_t *parser,
                              struct fault *fault)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return fault_set(fault, ERR_CONFIG, "%s:%zu:%zu: %s", path, parser->problem_mark.line + 1,
                         parser->problem_mark.column + 1,
                         parser->problem != NULL ? parser->problem : "not YAML");
    struct walk walk = {.config = config, .document = &document, .path = path, .fault = fault};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    enum err err = ERR_OK;
    bool empty = root == NULL || (root->type == YAML_SCALAR_NODE && scalar_of(root).n == 0);
    if (!empty && root->type != YAML_MAPPING_NODE)
        err = wrong(&walk, root, "the file must be a map of options");
    else if (!empty)
        err = walk_mapping(&walk, root, 0);
    yaml_document_delete(&document);
    return err;
}

enum err config_read_yaml(struct config *config, const char *path, struct fault *fault)
{
    struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    yaml_parser_t parser;
    if (err == ERR_OK && !yaml_parser_initialize(&parser)) {
        err = fault_set(fault, ERR_SYSTEM, "no memory");
    } else if (err == ERR_OK) {
        yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n > 0 ? text.p : ""),
                                     text.n);
        err = walk_document(config, path, &parser, fault);
        yaml_parser_delete(&parser);
    }
    buf_release_secret(&text);
    return err;
}

/* ---- properties file, as kcat -F reads it ---- */

static struct view trim(struct view text)
{
    while (text.n > 0 && isspace((unsigned char)text.p[0]))
        text = (struct view){text.p + 1, text.n - 1};
    while (text.n > 0 && isspace((unsigned char)text.p[text.n - 1]))
        text.n--;
    return text;
}

static enum err read_property(struct config *config, struct view line, struct fault *fault)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return ERR_OK;
    const char *equals = memchr(line.p, '=', line.n);
    if (equals == NULL)
        return fault_set(fault, ERR_CONFIG, "a line must be name=value");
    size_t n = (size_t)(equals - line.p);
    return config_set_property(config, trim((struct view){line.p, n}),
                               trim((struct view){equals + 1, line.n - n - 1}), fault);
}

enum err config_read_properties(struct config *config, const char *path, struct fault *fault)
{
    struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    struct view rest = buf_view(&text);
    for (int line = 1; err == ERR_OK && rest.n > 0; line++) {
        struct fault why;
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end == NULL ? rest.n : (size_t)(end - rest.p);
        err = read_property(config, (struct view){rest.p, n}, &why);
        if (err != ERR_OK)
            err = fault_set(fault, err, "%s:%d: %s", path, line, why.text);
        n += end != NULL;
        rest = (struct view){rest.p + n, rest.n - n};
    }
    buf_release_secret(&text);
    return err;
}

/* ---- environment ---- */

/* "API_LINGER" names the option "api.linger". */
static const struct option_row *option_of_env(struct view name)
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

static bool ends_with(struct view text, const char *end)
{
    size_t n = strlen(end);
    return text.n > n && memcmp(text.p + text.n - n, end, n) == 0;
}

static const char *find_env(char *const *environment, struct view name)
{
    for (; *environment != NULL; environment++) {
        const char *entry = *environment;
        if (strncmp(entry, prefix, sizeof prefix - 1) == 0 &&
            strncmp(entry + sizeof prefix - 1, name.p, name.n) == 0 &&
            entry[sizeof prefix - 1 + name.n] == '=')
            return entry + sizeof prefix + name.n;
    }
    return NULL;
}

static enum err set_property_of_env(struct config *config, struct view name, struct view value,
                                    struct fault *fault)
{
    char property[KEY_BYTES_MAX];
    size_t n = name.n < sizeof property ? name.n : sizeof property;
    for (size_t i = 0; i < n; i++)
        property[i] = name.p[i] == '_' ? '.' : (char)tolower((unsigned char)name.p[i]);
    return config_set_property(config, (struct view){property, n}, value, fault);
}

/* One variable behind the prefix, with its value in the open. */
static enum err take_value(struct config *config, struct view name, struct view value,
                           struct fault *out)
{
    struct fault fault;
    const struct option_row *option = option_of_env(name);
    enum err err = ERR_OK;
    if (option != NULL)
        err = config_set(config, option, value, &fault);
    else if (name.n > 6 && memcmp(name.p, "KAFKA_", 6) == 0)
        err = set_property_of_env(config, (struct view){name.p + 6, name.n - 6}, value, &fault);
    if (err != ERR_OK)
        (void)fault_set(out, err, "%s%.*s: %s", prefix, VIEW_FMT(name), fault.text);
    return err;
}

static bool is_known(struct view name)
{
    return option_of_env(name) != NULL || (name.n > 6 && memcmp(name.p, "KAFKA_", 6) == 0);
}

static enum err take_from_file(struct config *config, const struct config_input *input,
                               struct view name, const char *path, struct fault *fault)
{
    if (find_env(input->environment, name) != NULL)
        return fault_set(fault, ERR_CONFIG, "%s%.*s and %s%.*s_FILE are both set", prefix,
                         VIEW_FMT(name), prefix, VIEW_FMT(name));
    struct buf text;
    buf_init(&text, CONFIG_VALUE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    struct view value = buf_view(&text);
    if (err == ERR_OK) {
        if (value.n > 0 && value.p[value.n - 1] == '\n')
            value.n--;
        err = take_value(config, name, value, fault);
    }
    buf_release_secret(&text);
    return err;
}

enum err config_read_environment(struct config *config, const struct config_input *input,
                                 struct fault *fault)
{
    enum err err = ERR_OK;
    for (char *const *entry = input->environment; err == ERR_OK && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || strncmp(*entry, prefix, sizeof prefix - 1) != 0)
            continue;
        const char *begin = *entry + sizeof prefix - 1;
        struct view name = {begin, (size_t)(equals - begin)};
        struct view stem = {name.p, name.n > 5 ? name.n - 5 : 0};
        if (is_known(name) && !(ends_with(name, "_FILE") && option_of_env(name) == NULL)) {
            err = take_value(config, name, view_of(equals + 1), fault);
        } else if (ends_with(name, "_FILE") && is_known(stem)) {
            err = take_from_file(config, input, stem, equals + 1, fault);
        } else if (input->warn != NULL) {
            struct fault text;
            (void)fault_set(&text, ERR_CONFIG,
                            "the environment variable %s%.*s names no option and is ignored",
                            prefix, VIEW_FMT(name));
            input->warn(input->context, text.text);
        }
    }
    return err;
}
