/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/replies.h"

#include <stdlib.h>

struct kept {
    struct reply reply; /* its bytes are the buffer's */
    struct buf bytes;
    bool failed;   /* to be appended again */
    bool repeated; /* the engine has been told of the first append */
};

struct replies {
    struct kept items[REPLIES_KEPT_MAX];
    size_t n;
    size_t bytes_n;
};

struct replies *replies_open(void)
{
    return calloc(1, sizeof(struct replies));
}

void replies_keep(struct replies *replies, const struct reply *reply)
{
    if (replies->n == REPLIES_KEPT_MAX || replies->bytes_n + reply->bytes.n > REPLIES_BYTES_MAX)
        return;
    struct kept *kept = &replies->items[replies->n];
    *kept = (struct kept){.reply = *reply};
    buf_init(&kept->bytes, REPLIES_BYTES_MAX);
    if (buf_append(&kept->bytes, reply->bytes.p, reply->bytes.n) != ERR_OK) {
        buf_release(&kept->bytes);
        return;
    }
    replies->bytes_n += reply->bytes.n;
    replies->n++;
}

static void forget(struct replies *replies, struct kept *kept)
{
    replies->bytes_n -= kept->bytes.n;
    buf_release(&kept->bytes);
    *kept = replies->items[--replies->n];
}

bool replies_report(struct replies *replies, uint64_t ticket, bool stored)
{
    for (size_t i = 0; i < replies->n; i++) {
        struct kept *kept = &replies->items[i];
        if (kept->reply.ticket != ticket)
            continue;
        bool repeated = kept->repeated;
        kept->failed = !stored;
        if (stored)
            forget(replies, kept);
        return repeated;
    }
    return false;
}

bool replies_next(struct replies *replies, struct reply *reply_out)
{
    for (size_t i = 0; i < replies->n; i++) {
        struct kept *kept = &replies->items[i];
        if (!kept->failed)
            continue;
        kept->failed = false;
        kept->repeated = true;
        *reply_out = kept->reply;
        reply_out->bytes = buf_view(&kept->bytes);
        return true;
    }
    return false;
}

bool replies_are_stored(const struct replies *replies)
{
    return replies->n == 0;
}

void replies_close(struct replies *replies)
{
    if (replies == NULL)
        return;
    while (replies->n > 0)
        forget(replies, &replies->items[0]);
    free(replies);
}
