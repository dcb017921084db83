/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/errors_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/verdict.h"
#include "wire/ecm_answer.h"
#include "wire/request.h"

/* The first failure sticks. */
struct page {
    struct buf *out;
    enum err err;
};

static PRINTF_LIKE(2, 3) void put(struct page *page, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (page->err == ERR_OK && (n < 0 || (size_t)n >= sizeof text))
        page->err = ERR_LIMIT;
    if (page->err == ERR_OK)
        page->err = buf_append(page->out, text, (size_t)n);
}

static void put_head(struct page *page)
{
    put(page, "# Error codes\n"
              "\n"
              "Made by `reboot-worker check-config --errors` from the tables that the worker goes\n"
              "by; do not edit.\n"
              "\n"
              "An outcome's `error` says which `code`, from which `source`; the `message` is for\n"
              "people, and its wording may change. Codes are stable: new ones may come, none\n"
              "changes its meaning. A code that ends in `.*` stands for all codes of its family\n"
              "that have no line of their own.\n");
}

static void put_requests(struct page *page)
{
    static const char *const missing[] = {
        [PRESENCE_OPTIONAL] = "",
        [PRESENCE_REQUIRED] = "missing, or ",
        [PRESENCE_REQUIRED_TO_CANCEL] = "missing beside `cancel: true`, or ",
    };
    put(page, "\n"
              "## Requests that are rejected: source `worker`, status `rejected`\n"
              "\n"
              "The first of these that applies, from above, is the code. The request is refused\n"
              "as a whole, before any instance is touched. Its record goes to the dead-letter\n"
              "topic, with the code in the header `__connect.errors.exception.class.name`. Send\n"
              "it again, corrected; its `requestId` is still free.\n"
              "\n"
              "| code | when |\n"
              "|---|---|\n");
    for (enum refusal refusal = REFUSAL_NONE + 1; refusal < REFUSAL_N; refusal++) {
        const struct refusal_row *row = refusal_row(refusal);
        if (refusal != REFUSAL_FIELD)
            put(page, "| `%s` | %s |\n", row->code, row->meaning);
        for (unsigned i = 0; refusal == REFUSAL_FIELD && request_rule(i) != NULL; i++)
            put(page, "| `%s%s` | it is %snot %s |\n", row->code, request_rule(i)->name,
                missing[request_rule(i)->presence], request_rule(i)->must);
    }
    put(page, "\n"
              "These are judged later, against the pool's configuration and the state of the\n"
              "instance. There is no dead letter.\n"
              "\n"
              "| code | when |\n"
              "|---|---|\n"
              "| `request.cap` | the instance has as many open requests as `limits.open_requests` "
              "or `limits.entry_bytes` allow; send it again later |\n"
              "| `request.policy` | `notBefore` or `expiresAt` lies further ahead than "
              "`request.max_age` allows, or another kind than SOFT is asked for and "
              "`safety.allow_force` is false |\n");
}

static void put_worker(struct page *page)
{
    put(page, "\n"
              "## What the worker found: source `worker`, status `failed`\n"
              "\n"
              "| code | when |\n"
              "|---|---|\n"
              "| `instance.down` | the API accepted the reboot, and then the instance was gone, or "
              "in a state that does not lead to RUNNING |\n");
}

static void put_network(struct page *page)
{
    put(page, "\n"
              "## Calls without an answer of the API: source `network`\n"
              "\n"
              "| code | what happened | what the worker does |\n"
              "|---|---|---|\n");
    for (enum network_code code = 0; code < NETWORK_CODE_N; code++) {
        const struct answer answer = {.kind = network_row(code)->kind};
        bool known;
        enum verdict verdict = verdict_of(&answer, &known);
        put(page, "| `%s` | %s | *%s* |\n", network_row(code)->code, network_row(code)->meaning,
            verdict_rule(verdict)->name);
    }
}

static void put_api(struct page *page)
{
    put(page,
        "\n"
        "## Answers of the API: source `api`\n"
        "\n"
        "Only the code is judged, never the HTTP status or the message. A code that is in no line\n"
        "is logged, and taken as *offence*.\n"
        "\n"
        "| code | what it says | what the worker does |\n"
        "|---|---|---|\n");
    for (unsigned i = 0; verdict_row(i) != NULL; i++) {
        const struct verdict_row *row = verdict_row(i);
        const char *rest = row->code[strlen(row->code) - 1] == '.' ? "*" : "";
        put(page, "| `%s%s` | %s | *%s* |\n", row->code, rest, row->meaning,
            verdict_rule(row->verdict)->name);
    }
}

static void put_verdicts(struct page *page)
{
    put(page,
        "\n"
        "## What the worker does\n"
        "\n"
        "One error answers for a whole batch. To find the instance that it is about, the worker\n"
        "reads states where they tell, goes by the instances that the message names, and halves\n"
        "the batch; nothing that fails alone holds up the others. Whoever is tried again waits a\n"
        "random time that doubles with each attempt, from `retry.initial` to `retry.max`. After\n"
        "`retry.max_attempts` attempts the request fails with the last error; when `expiresAt`\n"
        "comes first, it expires with it.\n"
        "\n"
        "| | |\n"
        "|---|---|\n");
    for (enum verdict verdict = VERDICT_DONE + 1; verdict < VERDICT_N; verdict++)
        put(page, "| *%s* | %s |\n", verdict_rule(verdict)->name, verdict_rule(verdict)->does);
}

enum err errors_reference(struct buf *out)
{
    struct page page = {.out = out};
    put_head(&page);
    put_requests(&page);
    put_worker(&page);
    put_network(&page);
    put_api(&page);
    put_verdicts(&page);
    return page.err;
}
