/* SPDX-License-Identifier: Apache-2.0
 *
 * The folded state of a partition, field by field: as a digest that does not depend on the order of
 * the table, or in words. What only an owner has (hints, queues, timers) is no part of it, nor is
 * the outbox: the events themselves are followed by the judge. */
#include <stdio.h>

#include "sim.h"

/* Where fields go: into a hash, and into words when there is somewhere to write them. */
struct dump {
    uint64_t hash;
    FILE *out;
};

static uint64_t mix(uint64_t h)
{
    h ^= h >> 31;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static void number(struct dump *dump, const char *name, int64_t value)
{
    dump->hash = mix(dump->hash + (uint64_t)value);
    if (dump->out != NULL)
        (void)fprintf(dump->out, " %s=%lld", name, (long long)value);
}

static void text(struct dump *dump, const char *name, struct view value)
{
    uint64_t h = value.n;
    for (size_t i = 0; i < value.n; i++)
        h = (h ^ (unsigned char)value.p[i]) * 0x100000001b3u;
    dump->hash = mix(dump->hash + h);
    if (dump->out != NULL)
        (void)fprintf(dump->out, " %s=\"%.*s\"", name, VIEW_FMT(value));
}

static void line(struct dump *dump, const char *name)
{
    dump->hash = mix(dump->hash + 1);
    if (dump->out != NULL)
        (void)fprintf(dump->out, "\n    %s:", name);
}

static void dispatch_id(struct dump *dump, struct dispatch_id id)
{
    number(dump, "dispatch", (int64_t)id.nonce);
    number(dump, "count", (int64_t)id.count);
}

static void dump_source(struct dump *dump, struct source source)
{
    number(dump, "input", source.partition);
    number(dump, "offset", source.offset);
    number(dump, "index", source.index);
}

static void dump_outcome(struct dump *dump, const struct outcome *outcome)
{
    number(dump, "status", outcome->status);
    number(dump, "final", outcome->final);
    number(dump, "confirmed_by", outcome->confirmed_by);
    number(dump, "error_source", outcome->error_source);
    number(dump, "attempts", outcome->attempts);
    number(dump, "revision", outcome->revision);
    number(dump, "requested", outcome->requested_ms);
    number(dump, "accepted", outcome->accepted_ms);
    number(dump, "dispatched", outcome->dispatched_ms);
    number(dump, "finished", outcome->finished_ms);
    number(dump, "time", outcome->time_ms);
    number(dump, "batch", outcome->batch_size);
    dump_source(dump, outcome->source);
    dispatch_id(dump, outcome->dispatch);
    const struct view texts[] = {
        outcome->request_id,     outcome->instance_id, outcome->region,
        outcome->requested_by,   outcome->reason,      outcome->served_by,
        outcome->api_request_id, outcome->error_code,  outcome->error_message,
        outcome->worker,         outcome->traceparent, outcome->tracestate,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        text(dump, "text", texts[i]);
}

uint64_t dump_event(const struct outcome *outcome)
{
    struct dump dump = {0};
    dump_outcome(&dump, outcome);
    return dump.hash;
}

static void dump_request(struct dump *dump, const struct request *req)
{
    line(dump, "open");
    number(dump, "requested", req->requested_ms);
    number(dump, "serves_after", req->serves_after_ms);
    number(dump, "not_before", req->not_before_ms);
    number(dump, "expires", req->expires_ms);
    number(dump, "accepted", req->accepted_ms);
    number(dump, "applied", req->applied);
    number(dump, "attempts", req->attempts);
    number(dump, "strikes", req->strikes);
    number(dump, "kind", req->kind);
    number(dump, "flags", req->flags);
    dump_source(dump, req->source);
    for (enum request_text i = 0; i < REQUEST_TEXT_N; i++)
        text(dump, "text", request_text(req, i));
}

static void dump_flight(struct dump *dump, const struct flight *flight)
{
    line(dump, "flight");
    dispatch_id(dump, flight->dispatch);
    number(dump, "started", flight->started_ms);
    number(dump, "intent", flight->intent);
    number(dump, "sign", flight->sign_s);
    number(dump, "batch", flight->batch_size);
    number(dump, "kind", flight->kind);
    text(dump, "api", (struct view){flight->api_request_id, flight->api_request_id_n});
}

static void dump_reboot(struct dump *dump, const struct reboot *reboot)
{
    line(dump, "reboot");
    dispatch_id(dump, reboot->dispatch);
    number(dump, "started", reboot->started_ms);
    number(dump, "intent", reboot->intent);
    number(dump, "batch", reboot->batch_size);
    number(dump, "kind", reboot->kind);
    number(dump, "confirmed_by", reboot->confirmed_by);
    text(dump, "texts",
         (struct view){reboot->text, (size_t)reboot->api_request_id_n + reboot->leader_n});
}

static void dump_entry(struct dump *dump, const struct entry *entry)
{
    text(dump, "\n  entry", entry_id(entry));
    number(dump, "phase", entry->phase);
    number(dump, "taint", entry->taint);
    number(dump, "next", entry->next_ms);
    number(dump, "open_n", entry->open_n);
    number(dump, "closed_n", entry->closed_n);
    number(dump, "early_n", entry->early_n);
    number(dump, "bytes", entry->bytes);
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        dump_request(dump, req);
    for (const struct closed *closed = entry->closed; closed != NULL; closed = closed->next) {
        struct outcome outcome;
        kept_outcome(closed->last_word, &outcome);
        line(dump, "closed");
        number(dump, "forget", closed->forget_ms);
        dump_outcome(dump, &outcome);
    }
    for (const struct early *early = entry->early; early != NULL; early = early->next) {
        line(dump, "early");
        number(dump, "expires", early->expires_ms);
        text(dump, "id", (struct view){early->id, early->id_n});
    }
    if (entry->flight != NULL)
        dump_flight(dump, entry->flight);
    for (const struct reboot *reboot = entry->reboots; reboot != NULL; reboot = reboot->older)
        dump_reboot(dump, reboot);
    if (entry->error != NULL) {
        line(dump, "error");
        number(dump, "source", entry->error->source);
        text(dump, "code", last_error_code(entry->error));
        text(dump, "message", last_error_message(entry->error));
    }
}

static uint64_t dump_ledger(const struct ledger *ledger, FILE *out)
{
    struct dump all = {.out = out};
    number(&all, "next_offset", ledger->next_offset);
    number(&all, "epoch", ledger->epoch);
    number(&all, "next_seq", ledger->next_seq);
    number(&all, "cursor", ledger->cursor);
    number(&all, "published", ledger->published);
    number(&all, "entry_n", ledger->table.entry_n);
    text(&all, "pool", (struct view){ledger->pool_name, ledger->pool_n});
    text(&all, "owner", ledger_owner(ledger));
    for (uint32_t i = 0; i < ledger->sources.count; i++) {
        struct dump one = {.out = out};
        dump_source(&one,
                    (struct source){ledger->sources.at[i].partition, ledger->sources.at[i].offset,
                                    ledger->sources.at[i].index, ledger->sources.at[i].generation});
        all.hash += one.hash;
    }
    const struct entry *entry = NULL;
    while ((entry = table_next(&ledger->table, entry)) != NULL) {
        struct dump one = {.out = out};
        dump_entry(&one, entry);
        all.hash += one.hash;
    }
    if (out != NULL)
        (void)fprintf(out, "\n");
    return all.hash;
}

uint64_t dump_digest(const struct ledger *ledger)
{
    return dump_ledger(ledger, NULL);
}

void dump_print(const struct ledger *ledger)
{
    (void)dump_ledger(ledger, stdout);
}
