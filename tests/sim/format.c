/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include "base/check.h"
#include "sim.h"
#include "wire/checksum.h"

static const char more = '+';

/* The same bytes with this format at their head, and what that one has behind them. */
static void rewrite(struct buf *buf, uint32_t format)
{
    buf->n -= CHECKSUM_BYTES;
    if (format == LEDGER_FORMAT)
        buf->n -= sizeof more;
    buf->p[0] = (char)format;
    enum err err = format == LEDGER_FORMAT ? ERR_OK : buf_append(buf, &more, sizeof more);
    if (err == ERR_OK)
        err = checksum_append(buf, 0);
    CHECK(err == ERR_OK);
}

enum err format_encode(struct sim *sim, uint32_t writes, const struct record *record,
                       struct fault *fault)
{
    struct record copy = *record;
    if (copy.kind == RECORD_CLAIM)
        copy.u.claim.format = writes;
    buf_clear(&sim->bytes);
    enum err err = record_encode(&copy, &sim->bytes, fault);
    bool plain = writes == LEDGER_FORMAT || (copy.kind == RECORD_CLAIM && sim->plan.plain_claims);
    if (err == ERR_OK && !plain)
        rewrite(&sim->bytes, writes);
    return err;
}

struct view format_plain(struct arena *arena, struct view bytes)
{
    if ((uint8_t)bytes.p[0] == LEDGER_FORMAT)
        return bytes;
    struct buf buf;
    buf_init(&buf, RECORD_BYTES_MAX);
    enum err err = buf_append(&buf, bytes.p, bytes.n);
    CHECK(err == ERR_OK);
    rewrite(&buf, LEDGER_FORMAT);
    struct view plain = arena_copy(arena, buf_view(&buf));
    buf_release(&buf);
    return plain;
}

enum err format_decode(const struct stored *stored, uint32_t reads, struct record_scratch *scratch,
                       struct record *record_out, struct fault *fault)
{
    if (stored->format > reads)
        return fault_set(fault, ERR_INVALID, "record: format %u, and this program reads %u",
                         stored->format, reads);
    enum err err = record_decode(stored->bytes, scratch, record_out, fault);
    /* Of two releases that read it, one and the same engine has to play both. */
    if (err == ERR_OK && record_out->kind == RECORD_CLAIM && record_out->u.claim.format <= reads)
        record_out->u.claim.format = LEDGER_FORMAT;
    return err;
}
