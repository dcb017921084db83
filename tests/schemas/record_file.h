/* SPDX-License-Identifier: Apache-2.0
 *
 * A record of the requests topic as a file, for the corpus and for the fuzz target: lines
 * `name: value` are its headers, an empty line ends them, the rest is its value, byte for byte.
 * Lines that begin with # say what is expected (test_requests.py) and are skipped here. A line of
 * another form is no header. Without an empty line there is no value.
 */
#ifndef TESTS_SCHEMAS_RECORD_FILE_H
#define TESTS_SCHEMAS_RECORD_FILE_H

#include "base/bytes.h"
#include "wire/kafka_header.h"

enum { RECORD_FILE_HEADERS_MAX = 64 };

struct record_file {
    struct kafka_header headers[RECORD_FILE_HEADERS_MAX]; /* the first ones */
    size_t header_n;
    struct view value;
};

/* Total. The views point into `bytes`. */
void record_file_read(struct view bytes, struct record_file *out);

#endif
