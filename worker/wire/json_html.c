/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_html.h"

enum err json_html_escape(struct view text, struct buf *out)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < text.n; i++) {
        switch (text.p[i]) {
        case '<':
            err = buf_append_text(out, "&lt;");
            break;
        case '>':
            err = buf_append_text(out, "&gt;");
            break;
        case '&':
            err = buf_append_text(out, "&amp;");
            break;
        case '"':
            err = buf_append_text(out, "&quot;");
            break;
        default:
            err = buf_append(out, &text.p[i], 1);
        }
    }
    return err;
}

enum err json_html_words(const char *name, struct buf *out)
{
    enum err err = ERR_OK;
    for (; err == ERR_OK && *name != '\0'; name++) {
        const char word[] = {' ', (char)(*name - 'A' + 'a')};
        err = *name >= 'A' && *name <= 'Z' ? buf_append(out, word, sizeof word)
                                           : json_html_escape((struct view){name, 1}, out);
    }
    return err;
}

/* What a person must see at once: a name, and the truth that means trouble. */
static bool is_alarm(const char *name, json_t *value)
{
    static const struct {
        const char *name;
        bool truth;
    } alarms[] = {
        {"ok", false}, {"ready", false}, {"open", true}, {"full", true}, {"stopped", true}};
    for (size_t i = 0; i < sizeof alarms / sizeof alarms[0]; i++)
        if (strcmp(name, alarms[i].name) == 0 && json_is_boolean(value) &&
            json_is_true(value) == alarms[i].truth)
            return true;
    return false;
}

static enum err append_scalar(json_t *value, struct buf *out)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_html_escape((struct view){json_string_value(value), json_string_length(value)},
                                out);
    case JSON_INTEGER:
        return buf_append_format(out, "%lld", (long long)json_integer_value(value));
    case JSON_REAL:
        return buf_append_format(out, "%.6g", json_real_value(value));
    case JSON_TRUE:
        return buf_append_text(out, "yes");
    case JSON_FALSE:
        return buf_append_text(out, "no");
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    return buf_append_text(out, "&ndash;");
}

static enum err append_heading(const char *name, struct buf *out)
{
    enum err err = buf_append_text(out, "<th>");
    return err == ERR_OK ? json_html_words(name, out) : err;
}

// NOLINTBEGIN(misc-no-recursion): as deep as the value, which is the caller's own
static enum err append_cell(const char *name, json_t *value, struct buf *out)
{
    enum err err = buf_append_text(out, is_alarm(name, value)   ? "<td class=alarm>"
                                        : json_is_number(value) ? "<td class=number>"
                                                                : "<td>");
    return err == ERR_OK ? append_scalar(value, out) : err;
}

static enum err append_object(json_t *object, struct buf *out)
{
    enum err err = buf_append_text(out, "<table>\n");
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (err == ERR_OK)
            err = buf_append_text(out, "<tr>");
        if (err == ERR_OK)
            err = append_heading(name, out);
        if (err == ERR_OK)
            err = append_cell(name, value, out);
        if (err == ERR_OK)
            err = buf_append_text(out, "\n");
    }
    return err == ERR_OK ? buf_append_text(out, "</table>") : err;
}

/* One row of a list: the names as headings, or the values. */
static enum err append_row(json_t *object, bool headings, struct buf *out)
{
    enum err err = buf_append_text(out, "<tr>");
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (err == ERR_OK)
            err = headings ? append_heading(name, out) : append_cell(name, value, out);
    }
    return err == ERR_OK ? buf_append_text(out, "\n") : err;
}

static enum err append_list(json_t *list, struct buf *out)
{
    if (json_array_size(list) == 0)
        return buf_append_text(out, "none");
    enum err err = buf_append_text(out, "<table>\n");
    for (size_t i = 0; err == ERR_OK && i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);
        if (i == 0)
            err = append_row(row, true, out);
        if (err == ERR_OK)
            err = append_row(row, false, out);
    }
    return err == ERR_OK ? buf_append_text(out, "</table>") : err;
}

enum err json_html(json_t *value, struct buf *out)
{
    if (json_is_object(value))
        return append_object(value, out);
    return json_is_array(value) ? append_list(value, out) : append_scalar(value, out);
}
// NOLINTEND(misc-no-recursion)
