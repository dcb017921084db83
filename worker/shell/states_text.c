/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/states_text.h"

#include <stddef.h>

#include "core/phase.h"

static const char head[] =
    "# States of an instance\n"
    "\n"
    "Made by `reboot-worker check-config --states` from the tables in `worker/core/phase.c`; do\n"
    "not edit.\n"
    "\n"
    "What a ledger partition knows of one instance is in one of these phases. Whatever leads to\n"
    "`closed` leads to `waiting` instead where a request is left that this reboot does not serve.\n"
    "\n"
    "```mermaid\n"
    "stateDiagram-v2\n"
    "    direction LR\n"
    "    [*] --> closed\n";

/* Appends a line for each edge of the table: from, to, reason. */
static enum err append_edges(struct buf *out, const char *format)
{
    enum err err = ERR_OK;
    for (enum entry_phase from = 0; from < ENTRY_PHASE_N; from++)
        for (enum entry_phase to = 0; err == ERR_OK && to < ENTRY_PHASE_N; to++)
            if (entry_phase_reason(from, to) != NULL)
                err = buf_append_format(out, format, entry_phase_name(from), entry_phase_name(to),
                                        entry_phase_reason(from, to));
    return err;
}

static enum err append_phases(struct buf *out)
{
    enum err err = buf_append_text(out, "```\n\n| phase | meaning |\n|---|---|\n");
    for (enum entry_phase phase = 0; err == ERR_OK && phase < ENTRY_PHASE_N; phase++)
        err = buf_append_format(out, "| `%s` | %s |\n", entry_phase_name(phase),
                                entry_phase_meaning(phase));
    return err;
}

enum err states_reference(struct buf *out)
{
    enum err err = buf_append_text(out, head);
    if (err == ERR_OK)
        err = append_edges(out, "    %s --> %s: %s\n");
    if (err == ERR_OK)
        err = append_phases(out);
    if (err == ERR_OK)
        err = buf_append_text(out, "\n| from | to | when |\n|---|---|---|\n");
    return err == ERR_OK ? append_edges(out, "| `%s` | `%s` | %s |\n") : err;
}
