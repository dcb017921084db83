/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum { BUF_FIRST_BYTES = 64 };

char *view_dup(struct view v)
{
    char *text = malloc(v.n + 1);
    if (text == NULL)
        return NULL;
    if (v.n > 0)
        memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    return text;
}

void buf_init(struct buf *buf, size_t bytes_max)
{
    PRE(bytes_max > 0 && bytes_max < SIZE_MAX / 4);
    *buf = (struct buf){.ceiling = bytes_max};
}

void buf_release(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){.ceiling = buf->ceiling};
}

void buf_release_secret(struct buf *buf)
{
    if (buf->p != NULL)
        explicit_bzero(buf->p, buf->cap);
    buf_release(buf);
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    if (buf->p != NULL)
        buf->p[0] = '\0';
}

/* And for the NUL. */
enum err buf_reserve(struct buf *buf, size_t n)
{
    if (n > buf->ceiling - buf->n)
        return ERR_LIMIT;
    size_t need = buf->n + n + 1;
    if (need <= buf->cap)
        return ERR_OK;
    size_t cap = buf->cap == 0 ? BUF_FIRST_BYTES : buf->cap;
    while (cap < need)
        cap *= 2;
    char *p = realloc(buf->p, cap);
    if (p == NULL)
        return ERR_LIMIT;
    buf->p = p;
    buf->cap = cap;
    return ERR_OK;
}

enum err buf_append(struct buf *buf, const void *bytes, size_t n)
{
    enum err err = buf_reserve(buf, n);
    if (err != ERR_OK)
        return err;
    if (n > 0)
        memcpy(buf->p + buf->n, bytes, n);
    buf->n += n;
    buf->p[buf->n] = '\0';
    return ERR_OK;
}

enum err buf_append_view(struct buf *buf, struct view v)
{
    return buf_append(buf, v.p, v.n);
}

enum err buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

enum err buf_append_format(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    enum err err = n < 0 ? ERR_INVALID : buf_reserve(buf, (size_t)n);
    if (err == ERR_OK) {
        (void)vsnprintf(buf->p + buf->n, (size_t)n + 1, fmt, again);
        buf->n += (size_t)n;
    }
    va_end(again);
    return err;
}

struct view buf_view(const struct buf *buf)
{
    return (struct view){buf->p, buf->n};
}
