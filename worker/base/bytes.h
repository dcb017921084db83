/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes: a view borrows, a buf owns.
 *
 * struct view is a borrowed range, not terminated by NUL; {NULL, 0} is "none", which is not the
 * same as empty only where a comment says so. struct buf grows up to the ceiling that its init
 * demands; an append that would pass the ceiling, or for which there is no memory, fails with
 * ERR_LIMIT and leaves the buf as it was.
 */
#ifndef WORKER_BASE_BYTES_H
#define WORKER_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct view {
    const char *p;
    size_t n;
};

#define VIEW_NONE     ((struct view){NULL, 0})
#define VIEW_LIT(lit) ((struct view){"" lit, sizeof(lit) - 1})
/* For printf's "%.*s". */
#define VIEW_FMT(v) (int)(v).n, (v).n ? (v).p : ""

static inline struct view view_of(const char *text)
{
    return (struct view){text, strlen(text)};
}

static inline bool view_equals(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool view_is(struct view v, const char *text)
{
    return view_equals(v, view_of(text));
}

/* The bytes as a string of the caller's own, to be freed; NULL: no memory. */
char *view_dup(struct view v);

struct buf {
    char *p; /* NUL-terminated once anything was appended (the NUL is not counted) */
    size_t n;
    size_t cap;
    size_t ceiling;
};

/* Empty, owning nothing; bytes_max is the most it will ever hold. */
void buf_init(struct buf *buf, size_t bytes_max);
/* Frees; the buf is empty and usable afterwards. */
void buf_release(struct buf *buf);
/* As buf_release, wiping the bytes first: for secrets. */
void buf_release_secret(struct buf *buf);
/* Makes room for n more bytes, so that appending them neither fails nor leaves a copy behind. */
MUST_USE enum err buf_reserve(struct buf *buf, size_t n);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *buf);
MUST_USE enum err buf_append(struct buf *buf, const void *bytes, size_t n);
MUST_USE enum err buf_append_view(struct buf *buf, struct view v);
MUST_USE enum err buf_append_text(struct buf *buf, const char *text);
MUST_USE enum err buf_append_format(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The bytes so far; valid until the next call that changes the buf. */
struct view buf_view(const struct buf *buf);

#endif
