/* SPDX-License-Identifier: Apache-2.0
 *
 * One description for both directions: a function that visits the fields of a value in order either
 * writes them or reads them, so that the two cannot disagree and share their limits.
 *
 * Whole numbers are little-endian base 128, in their shortest form only; signed ones are zigzagged;
 * a text is its length and its bytes. The first failure sticks: later visits do nothing, and what
 * was read is not to be used. A failed value names the field.
 */
#ifndef WORKER_WIRE_VISIT_H
#define WORKER_WIRE_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct visit {
    struct buf *out; /* NULL: reading */
    struct view in;  /* what is left to read */
    enum err err;
    struct fault *fault;
};

static inline bool visit_reads(const struct visit *visit)
{
    return visit->out == NULL;
}

/* ERR_INVALID, once. */
void visit_refuse(struct visit *visit, const char *field);

void visit_u64(struct visit *visit, const char *field, uint64_t *value);
/* In [min, max]. */
struct range {
    uint32_t min;
    uint32_t max;
};
void visit_u32(struct visit *visit, const char *field, struct range range, uint32_t *value);
/* A small number or an enumerator, back by value. */
uint32_t visit_word(struct visit *visit, const char *field, struct range range, uint32_t value);
void visit_i32(struct visit *visit, const char *field, int32_t *value);
void visit_i64(struct visit *visit, const char *field, int64_t *value);
void visit_bool(struct visit *visit, const char *field, bool *value);
/* A moment near `base`, or TIME_NONE; a base of TIME_NONE counts as 0. */
void visit_time(struct visit *visit, const char *field, int64_t base_ms, int64_t *value);
/* Of a length in the range. Reading gives a view of the input, VIEW_NONE for no bytes. */
void visit_text(struct visit *visit, const char *field, struct range range, struct view *value);

#endif
