/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration file: one YAML document, nested as the keys read. */
#include <stdio.h>
#include <yaml.h>

#include "shell/config.h"

enum { KEY_BYTES_MAX = 256 };

struct walk {
    struct config *config;
    yaml_document_t *document;
    const char *path;
    struct fault *fault;
    char key[KEY_BYTES_MAX]; /* of the place that the walk is at */
    bool seen[CONFIG_OPTIONS_MAX];
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

static enum err unknown_key(struct walk *walk, const yaml_node_t *node)
{
    struct fault fault;
    struct view near = config_suggest(view_of(walk->key));
    (void)fault_set(&fault, ERR_CONFIG, "there is no option \"%s\"%s%.*s%s", walk->key,
                    CONFIG_NEAR_FMT(near));
    return wrong(walk, node, fault.text);
}

/* ---- values ---- */

static bool is_kafka(const struct walk *walk)
{
    return strncmp(walk->key, "kafka.", 6) == 0;
}

static bool is_section(struct view key)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const char *known = config_option(i)->key;
        if (strncmp(known, key.p, key.n) == 0 && known[key.n] == '.')
            return true;
    }
    return view_is(key, "kafka");
}

/* YAML's null, which is no text. */
static bool is_null(const yaml_node_t *value)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    bool found = false;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        found = found || view_is(scalar_of(value), nulls[i]);
    return found && value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum err check_value(struct walk *walk, const yaml_node_t *key, const yaml_node_t *value)
{
    if (value->type != YAML_SCALAR_NODE)
        return wrong(walk, value, "one value is needed here, not a list or a map");
    if (is_null(value))
        return wrong(walk, key, "a value is missing here; '' is an empty text");
    return ERR_OK;
}

static enum err take_property(struct walk *walk, const yaml_node_t *key, const yaml_node_t *value)
{
    struct fault why;
    if (value->type == YAML_MAPPING_NODE)
        return wrong(walk, value, "Kafka's properties keep their dots: NAME.NAME: VALUE");
    enum err err = check_value(walk, key, value);
    if (err != ERR_OK)
        return err;
    if (config_set_property(walk->config, view_of(walk->key + 6), scalar_of(value), &why) == ERR_OK)
        return ERR_OK;
    return wrong(walk, key, why.text);
}

static enum err take_option(struct walk *walk, const struct option_row *option,
                            const yaml_node_t *key, const yaml_node_t *value)
{
    struct fault why;
    bool *seen = &walk->seen[option - config_option(0)];
    enum err err = check_value(walk, key, value);
    if (err != ERR_OK)
        return err;
    if (*seen)
        return wrong(walk, key, "this option stands twice in the file");
    *seen = true;
    if (config_set(walk->config, option, scalar_of(value), &why) == ERR_OK)
        return ERR_OK;
    return wrong(walk, value, why.text);
}

/* ---- the tree ---- */

static enum err walk_mapping(struct walk *walk, const yaml_node_t *mapping, size_t key_n);

// NOLINTNEXTLINE(misc-no-recursion): walk_mapping says what bounds it
static enum err walk_value(struct walk *walk, const yaml_node_t *key, const yaml_node_t *value)
{
    struct view name = view_of(walk->key);
    if (is_kafka(walk))
        return take_property(walk, key, value);
    const struct option_row *option = config_find(name);
    if (option != NULL)
        return take_option(walk, option, key, value);
    if (!is_section(name))
        return unknown_key(walk, key);
    if (value->type == YAML_MAPPING_NODE)
        return walk_mapping(walk, value, name.n);
    if (value->type == YAML_SCALAR_NODE && is_null(value))
        return ERR_OK; /* a section whose options are all commented out */
    return wrong(walk, value, "options are needed here, each on a line of its own");
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

/* Sets walk->key to the place of a key below the first key_n bytes. */
static enum err enter(struct walk *walk, const yaml_node_t *key, size_t key_n)
{
    if (key->type != YAML_SCALAR_NODE)
        return wrong(walk, key, "a key is a plain text");
    struct view name = scalar_of(key);
    if (name.n == 0 || memchr(name.p, '\0', name.n) != NULL)
        return wrong(walk, key, "a key is a plain text");
    int n = snprintf(walk->key + key_n, sizeof walk->key - key_n, "%s%.*s", key_n > 0 ? "." : "",
                     VIEW_FMT(name));
    if (n < 0 || key_n + (size_t)n >= sizeof walk->key)
        return wrong(walk, key, "this key is too long");
    return ERR_OK;
}

/* Recursion is bounded by the depth of the known keys: an unknown section is refused first. */
// NOLINTNEXTLINE(misc-no-recursion)
static enum err walk_mapping(struct walk *walk, const yaml_node_t *mapping, size_t key_n)
{
    enum err err = ERR_OK;
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         err == ERR_OK && pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        err = enter(walk, key, key_n);
        if (err == ERR_OK && stands_twice(walk, mapping, pair))
            err = wrong(walk, key, "this key stands here twice");
        if (err == ERR_OK)
            err = walk_value(walk, key, yaml_document_get_node(walk->document, pair->value));
        walk->key[key_n] = '\0';
    }
    return err;
}

static enum err walk_root(struct walk *walk)
{
    const yaml_node_t *root = yaml_document_get_root_node(walk->document);
    if (root == NULL || (root->type == YAML_SCALAR_NODE && is_null(root)))
        return ERR_OK; /* nothing but comments */
    if (root->type != YAML_MAPPING_NODE)
        return wrong(walk, root, "the file must be a map of options");
    return walk_mapping(walk, root, 0);
}

static enum err load(struct walk *walk, yaml_parser_t *parser, yaml_document_t *out)
{
    if (yaml_parser_load(parser, out))
        return ERR_OK;
    return fault_set(walk->fault, ERR_CONFIG, "%s:%zu:%zu: %s", walk->path,
                     parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                     parser->problem != NULL ? parser->problem : "not YAML");
}

static enum err read_document(struct walk *walk, yaml_parser_t *parser)
{
    yaml_document_t document;
    yaml_document_t more;
    enum err err = load(walk, parser, &document);
    if (err != ERR_OK)
        return err;
    walk->document = &document;
    err = walk_root(walk);
    walk->document = NULL;
    if (err == ERR_OK)
        err = load(walk, parser, &more);
    if (err == ERR_OK) {
        const yaml_node_t *root = yaml_document_get_root_node(&more);
        if (root != NULL)
            err = wrong(walk, root, "only one document is read");
        yaml_document_delete(&more);
    }
    yaml_document_delete(&document);
    return err;
}

enum err config_read_yaml_text(struct config *config, const char *path, struct view text,
                               struct fault *fault)
{
    struct walk walk = {.config = config, .path = path, .fault = fault};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return fault_set(fault, ERR_SYSTEM, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n > 0 ? text.p : ""),
                                 text.n);
    enum err err = read_document(&walk, &parser);
    yaml_parser_delete(&parser);
    return err;
}

enum err config_read_yaml(struct config *config, const char *path, struct fault *fault)
{
    struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    if (err == ERR_OK)
        err = config_read_yaml_text(config, path, buf_view(&text), fault);
    buf_release_secret(&text);
    return err;
}
