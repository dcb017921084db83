/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/metrics_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum { NUMBER_BYTES_MAX = 32, NAME_BYTES_MAX = 128 };

static void put(struct metrics_text *text, struct view bytes)
{
    if (text->err == ERR_OK)
        text->err = buf_append_view(text->out, bytes);
}

/* Backslash, quote and line feed are escaped in label values. */
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

static void put_labels(struct metrics_text *text, const struct metrics_label *labels)
{
    if (labels == NULL || labels[0].name == NULL)
        return;
    for (int i = 0; labels[i].name != NULL; i++) {
        put(text, i == 0 ? VIEW_LIT("{") : VIEW_LIT(","));
        put(text, view_of(labels[i].name));
        put(text, VIEW_LIT("=\""));
        put_escaped(text, labels[i].value);
        put(text, VIEW_LIT("\""));
    }
    put(text, VIEW_LIT("}"));
}

/* The shorter of 15 digits and the 17 that always suffice: 0.1 is written as 0.1. */
static void number_text(double value, char out[NUMBER_BYTES_MAX])
{
    if (isnan(value)) {
        (void)snprintf(out, NUMBER_BYTES_MAX, "NaN");
        return;
    }
    if (isinf(value)) {
        (void)snprintf(out, NUMBER_BYTES_MAX, value > 0 ? "+Inf" : "-Inf");
        return;
    }
    (void)snprintf(out, NUMBER_BYTES_MAX, "%.15g", value);
    double again = strtod(out, NULL);
    if (again < value || again > value)
        (void)snprintf(out, NUMBER_BYTES_MAX, "%.17g", value);
}

void metrics_family(struct metrics_text *text, const char *name, const char *type, const char *help)
{
    if (text->err == ERR_OK)
        text->err =
            buf_append_format(text->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_sample(struct metrics_text *text, const char *name, const struct metrics_label *labels,
                    double value)
{
    char number[NUMBER_BYTES_MAX];
    number_text(value, number);
    put(text, view_of(name));
    put_labels(text, labels);
    put(text, VIEW_LIT(" "));
    put(text, view_of(number));
    put(text, VIEW_LIT("\n"));
}

void metrics_histogram(struct metrics_text *text, const char *name, struct metrics_label label,
                       const struct metrics_histogram *histogram)
{
    char full[NAME_BYTES_MAX];
    char bound[NUMBER_BYTES_MAX];
    const struct metrics_label only[] = {label, {NULL, VIEW_NONE}};
    PRE(histogram->bound_n > 0);
    (void)snprintf(full, sizeof full, "%s_bucket", name);
    for (int i = 0; i < histogram->bound_n; i++) {
        number_text(histogram->bounds[i], bound);
        const struct metrics_label both[] = {label, {"le", view_of(bound)}, {NULL, VIEW_NONE}};
        metrics_sample(text, full, both, (double)histogram->n[i]);
    }
    (void)snprintf(full, sizeof full, "%s_sum", name);
    metrics_sample(text, full, only, histogram->sum);
    (void)snprintf(full, sizeof full, "%s_count", name);
    metrics_sample(text, full, only, (double)histogram->n[histogram->bound_n - 1]);
}
