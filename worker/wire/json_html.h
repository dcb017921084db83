/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON value as an HTML table, for a person: an object has a row for each name, a list of objects
 * one for each of them. Names in camelCase are written as words; everything is escaped.
 */
#ifndef WORKER_WIRE_JSON_HTML_H
#define WORKER_WIRE_JSON_HTML_H

#include <jansson.h>

#include "base/bytes.h"

/* Reads the value only. What stands in a table is a number, a text, a truth or null; deeper levels
 * are not shown. */
MUST_USE enum err json_html(json_t *value, struct buf *out);
/* Text as HTML, for where a value stands outside of a table. */
MUST_USE enum err json_html_escape(struct view text, struct buf *out);
/* "openEntries" as "open entries". */
MUST_USE enum err json_html_words(const char *name, struct buf *out);

#endif
