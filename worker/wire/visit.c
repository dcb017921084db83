/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/visit.h"

#include "base/instant.h"

enum { VARINT_BYTES_MAX = 10 };

void visit_refuse(struct visit *visit, const char *field)
{
    if (visit->err == ERR_OK)
        visit->err = fault_set(visit->fault, ERR_INVALID, "record: %s is out of its limits", field);
}

static void write_bytes(struct visit *visit, const char *field, const void *bytes, size_t n)
{
    enum err err = buf_append(visit->out, bytes, n);
    if (err != ERR_OK)
        visit->err = fault_set(visit->fault, err, "record: too long at %s", field);
}

static void write_varint(struct visit *visit, const char *field, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    write_bytes(visit, field, bytes, n);
}

/* False: cut off, longer than needed, or over 64 bits. */
static bool read_varint(struct view *in, uint64_t *value_out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < in->n && i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = (uint8_t)in->p[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if ((byte == 0 && i > 0) || (i == VARINT_BYTES_MAX - 1 && byte > 1))
            return false;
        *in = (struct view){in->p + i + 1, in->n - i - 1};
        *value_out = value;
        return true;
    }
    return false;
}

void visit_u64(struct visit *visit, const char *field, uint64_t *value)
{
    if (visit->err != ERR_OK)
        return;
    if (!visit_reads(visit))
        write_varint(visit, field, *value);
    else if (!read_varint(&visit->in, value))
        visit_refuse(visit, field);
}

void visit_u32(struct visit *visit, const char *field, struct range range, uint32_t *value)
{
    uint64_t wide = *value;
    if (!visit_reads(visit) && (*value < range.min || *value > range.max))
        visit_refuse(visit, field);
    visit_u64(visit, field, &wide);
    if (visit->err == ERR_OK && (wide < range.min || wide > range.max))
        visit_refuse(visit, field);
    if (visit->err == ERR_OK)
        *value = (uint32_t)wide;
}

uint32_t visit_word(struct visit *visit, const char *field, struct range range, uint32_t value)
{
    visit_u32(visit, field, range, &value);
    return value;
}

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

void visit_i64(struct visit *visit, const char *field, int64_t *value)
{
    uint64_t wide = visit_reads(visit) ? 0 : zigzag(*value);
    visit_u64(visit, field, &wide);
    if (visit->err == ERR_OK)
        *value = unzigzag(wide);
}

void visit_i32(struct visit *visit, const char *field, int32_t *value)
{
    int64_t wide = visit_reads(visit) ? 0 : *value;
    visit_i64(visit, field, &wide);
    if (visit->err == ERR_OK && (wide < INT32_MIN || wide > INT32_MAX))
        visit_refuse(visit, field);
    if (visit->err == ERR_OK)
        *value = (int32_t)wide;
}

void visit_bool(struct visit *visit, const char *field, bool *value)
{
    uint32_t wide = visit_reads(visit) ? 0 : *value;
    visit_u32(visit, field, (struct range){0, 1}, &wide);
    if (visit->err == ERR_OK)
        *value = wide == 1;
}

/* 0: none; else one more than the zigzagged distance. */
void visit_time(struct visit *visit, const char *field, int64_t base_ms, int64_t *value)
{
    uint64_t base = base_ms == TIME_NONE ? 0 : (uint64_t)base_ms;
    uint64_t wide = 0;
    if (!visit_reads(visit) && *value != TIME_NONE) {
        wide = zigzag((int64_t)((uint64_t)*value - base)) + 1;
        if (wide == 0)
            visit_refuse(visit, field);
    }
    visit_u64(visit, field, &wide);
    if (visit->err != ERR_OK || !visit_reads(visit))
        return;
    *value = wide == 0 ? TIME_NONE : (int64_t)(base + (uint64_t)unzigzag(wide - 1));
    if (wide != 0 && *value == TIME_NONE)
        visit_refuse(visit, field);
}

void visit_text(struct visit *visit, const char *field, struct range range, struct view *value)
{
    uint32_t n = 0;
    if (!visit_reads(visit)) {
        if (value->n > range.max)
            visit_refuse(visit, field);
        else
            n = (uint32_t)value->n;
    }
    visit_u32(visit, field, range, &n);
    if (visit->err != ERR_OK)
        return;
    if (!visit_reads(visit)) {
        write_bytes(visit, field, value->p, n);
        return;
    }
    if (n > visit->in.n) {
        visit_refuse(visit, field);
        return;
    }
    *value = n == 0 ? VIEW_NONE : (struct view){visit->in.p, n};
    visit->in = (struct view){visit->in.p + n, visit->in.n - n};
}
