/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/metrics_text.h"

#include <math.h>

static void put(struct metrics_text *text, struct view bytes)
{
    if (text->err == ERR_OK)
        text->err = buf_append_view(text->out, bytes);
}

/* Label values escape backslash, quote and line feed; help texts have none of them. */
static void put_escaped(struct metrics_text *text, struct view value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\n')
            put(text, VIEW_LIT("\\n"));
        else if (c == '"' || c == '\\')
            put(text, (struct view){(const char[]){'\\', c}, 2});
        else
            put(text, (struct view){&c, 1});
    }
}

void metrics_family(struct metrics_text *text, const char *name, const char *type, const char *help)
{
    if (text->err == ERR_OK)
        text->err =
            buf_append_format(text->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_labels(struct metrics_text *text, const struct metrics_label labels[2])
{
    if (labels == NULL || labels[0].name == NULL)
        return;
    for (int i = 0; i < 2 && labels[i].name != NULL; i++) {
        put(text, i == 0 ? VIEW_LIT("{") : VIEW_LIT(","));
        put(text, view_of(labels[i].name));
        put(text, VIEW_LIT("=\""));
        put_escaped(text, labels[i].value);
        put(text, VIEW_LIT("\""));
    }
    put(text, VIEW_LIT("}"));
}

void metrics_sample(struct metrics_text *text, const char *name,
                    const struct metrics_label labels[2], double value)
{
    put(text, view_of(name));
    put_labels(text, labels);
    if (text->err != ERR_OK)
        return;
    if (isinf(value))
        text->err = buf_append_text(text->out, value > 0 ? " +Inf\n" : " -Inf\n");
    else
        text->err = buf_append_format(text->out, " %.17g\n", value);
}
