/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the language share: a line in words, and how words are read. */
#ifndef TESTS_STORIES_SCRIPT_H
#define TESTS_STORIES_SCRIPT_H

#include "world.h"

enum { WORDS_MAX = 1100, LINE_BYTES = 8192 };

struct words {
    char *at[WORDS_MAX];
    int n;
};

/* The instances that a line names, ranges expanded. */
struct names {
    char at[INSTANCES_PER_REQUEST_MAX][NAME_BYTES];
    int n;
};

/* False, with a fault: what was expected, and the word that is not it. */
bool refuse(struct fault *fault, const char *what, const char *word);
/* Appends the instance, or those of NAME[FIRST-LAST] with digits of one width; false: no room, or
 * no range. */
bool take_ids(const char *word, struct names *names);
/* 0 .. max. */
bool take_number(const char *word, int max, int *out);

/* ---- requests.c: lines that put tasks into the topic ---- */
bool do_place(const struct words *words, struct fault *fault);
bool do_request(const struct words *words, struct fault *fault);
bool do_refuse(const struct words *words, struct fault *fault);
bool do_redeliver(const struct words *words, struct fault *fault);

#endif
