/* SPDX-License-Identifier: Apache-2.0 */
#include "record_file.h"

static void take_line(struct view line, struct record_file *out)
{
    const char *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
    if (colon == NULL || line.p[0] == '#' || out->header_n == RECORD_FILE_HEADERS_MAX)
        return;
    size_t name_n = (size_t)(colon - line.p);
    size_t skip_n = name_n + (name_n + 1 < line.n && colon[1] == ' ' ? 2 : 1);
    out->headers[out->header_n++] = (struct kafka_header){
        .name = {line.p, name_n},
        .value = {line.p + skip_n, line.n - skip_n},
    };
}

void record_file_read(struct view bytes, struct record_file *out)
{
    *out = (struct record_file){.value = {"", 0}};
    while (bytes.n > 0) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        struct view line = {bytes.p, end == NULL ? bytes.n : (size_t)(end - bytes.p)};
        size_t taken = line.n + (end != NULL);
        bytes = (struct view){bytes.p + taken, bytes.n - taken};
        if (line.n == 0) {
            out->value = bytes;
            return;
        }
        take_line(line, out);
    }
}
