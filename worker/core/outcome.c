/* SPDX-License-Identifier: Apache-2.0 */
#include "core/outcome.h"

#include "base/check.h"

static const char *const status_names[OUTCOME_STATUS_N] = {
    [OUTCOME_ACCEPTED] = "accepted",       [OUTCOME_DISPATCHED] = "dispatched",
    [OUTCOME_RETRYING] = "retrying",       [OUTCOME_SUCCEEDED] = "succeeded",
    [OUTCOME_UNCONFIRMED] = "unconfirmed", [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNKNOWN] = "unknown",         [OUTCOME_EXPIRED] = "expired",
    [OUTCOME_CANCELLED] = "cancelled",     [OUTCOME_REJECTED] = "rejected",
};

const char *outcome_status_name(enum outcome_status status)
{
    PRE(status > 0 && status < OUTCOME_STATUS_N);
    return status_names[status];
}

/* No printf in the core: it would bring in the locale. */
static char *hex_append(char *out, uint64_t value)
{
    int digits = 1;
    while (digits < 16 && value >> (4 * digits) != 0)
        digits++;
    while (digits-- > 0)
        *out++ = "0123456789abcdef"[(value >> (4 * digits)) & 15];
    return out;
}

void dispatch_id_text(struct dispatch_id id, char out[DISPATCH_ID_TEXT_MAX])
{
    char *end = hex_append(out, id.nonce);
    *end++ = '-';
    end = hex_append(end, id.count);
    *end = '\0';
}
