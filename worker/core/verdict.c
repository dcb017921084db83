/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

#include <stddef.h>

static const struct verdict_rule rules[VERDICT_N] = {
    [VERDICT_DONE] = {.name = "done",
                      .does =
                          "The instances of the call are watched until they are RUNNING again."},
    [VERDICT_BUSY] = {.name = "busy",
                      .does =
                          "The instance is found and backs off, each try an attempt; the others "
                          "of its batch go at once.",
                      .isolates = true,
                      .counts = true},
    [VERDICT_NOT_RUNNING] =
        {.name = "not running",
         .does = "The instance is found and its state read: on its way to RUNNING it is tried "
                 "again, else it fails. The others go at once.",
         .isolates = true,
         .counts = true},
    [VERDICT_NOT_EXIST] = {.name = "not exist",
                           .does = "The instance is found and fails; the others go at once.",
                           .isolates = true},
    [VERDICT_OFFENCE] = {.name = "offence",
                         .does = "The instance is found and fails; the others go at once. When all "
                                 "of a region fail so, calls stop as for *breaker*.",
                         .isolates = true},
    [VERDICT_FORBIDDEN] = {.name = "forbidden",
                           .does = "As *offence*; no part of the call was executed, so nobody is "
                                   "read before the next.",
                           .refused = true,
                           .isolates = true},
    [VERDICT_TOO_LARGE] =
        {.name = "too large",
         .does = "All are tried again in batches of half the size; alone, the instance fails."},
    [VERDICT_THROTTLE] = {.name = "throttle",
                          .does =
                              "Calls become slower; all are tried again, and no attempt counts.",
                          .refused = true},
    [VERDICT_CLOCK] = {.name = "clock",
                       .does = "The clock is corrected by the API's; all are tried again, after a "
                               "pause when the answer tells no time or it happens again. No "
                               "attempt counts.",
                       .refused = true},
    [VERDICT_BREAKER] = {.name = "breaker",
                         .does =
                             "Nothing fails and nothing is sent but a probe now and then, until "
                             "somebody acts; the worker is not ready.",
                         .refused = true},
    [VERDICT_UNKNOWN] = {.name = "unknown",
                         .does = "The instances are looked at until it is clear whether the reboot "
                                 "began; when that cannot be told, `ambiguity` decides."},
    [VERDICT_NOT_SENT] = {.name = "not sent",
                          .does = "All back off and are tried again, and no attempt counts.",
                          .refused = true},
};

/* The 11 codes of RebootInstances come first, then the common ones. A code that ends in `.` stands
 * for its family; the longest match wins. */
static const struct verdict_row table[] = {
    {"FailedOperation.InternalOperationFailure", VERDICT_UNKNOWN, "internal error"},
    {"FailedOperation.OperationNotAllow", VERDICT_OFFENCE, "the operation is not allowed"},
    {"InvalidParameter.InvalidDataFormat", VERDICT_OFFENCE, "the data format is incorrect"},
    {"InvalidParameterValue.InvalidDataDiskType", VERDICT_OFFENCE, "the data disk type is invalid"},
    {"InvalidParameterValue.InvalidISPInNode", VERDICT_OFFENCE, "the ISP is invalid"},
    {"InvalidParameterValue.InvalidInstanceID", VERDICT_NOT_EXIST, "the instance ID is invalid"},
    {"InvalidParameterValue.ParameterValueTooLarge", VERDICT_TOO_LARGE, "too many instances"},
    {"OperationDenied.InstanceOperationInProgress", VERDICT_BUSY, "another operation is running"},
    {"ResourceNotFound.InstanceNotExist", VERDICT_NOT_EXIST, "the instance does not exist"},
    {"ResourceUnavailable.InstanceNotRunning", VERDICT_NOT_RUNNING, "the instance is not RUNNING"},
    {"UnauthorizedOperation.ForbiddenOperation", VERDICT_OFFENCE, "no permission"},

    {"RequestLimitExceeded", VERDICT_THROTTLE, "over the limit of calls per second"},
    {"RequestLimitExceeded.", VERDICT_THROTTLE,
     "over a limit of the account, the IP or the region"},
    {"InternalError", VERDICT_UNKNOWN, "internal error, also a time-out behind the gateway"},
    {"InternalError.", VERDICT_UNKNOWN, "internal error"},
    {"ServiceUnavailable", VERDICT_UNKNOWN, "temporarily unavailable"},
    {"ServiceUnavailable.", VERDICT_UNKNOWN, "temporarily unavailable"},
    {"AuthFailure.SignatureExpire", VERDICT_CLOCK, "the signature is older than five minutes"},
    {"AuthFailure.UnauthorizedOperation", VERDICT_FORBIDDEN, "no permission"},
    {"AuthFailure.", VERDICT_BREAKER, "credentials or signature"},
    {"UnauthorizedOperation", VERDICT_OFFENCE, "no permission"},
    {"UnauthorizedOperation.", VERDICT_OFFENCE, "no permission"},
    {"MissingParameter", VERDICT_BREAKER, "a parameter is missing"},
    {"MissingParameter.", VERDICT_BREAKER, "a parameter is missing"},
    {"UnknownParameter", VERDICT_BREAKER, "the API does not know a parameter"},
    {"InvalidRequest", VERDICT_BREAKER, "the body is malformed"},
    {"InvalidAction", VERDICT_BREAKER, "the API does not know the action"},
    {"NoSuchVersion", VERDICT_BREAKER, "the API does not know the version"},
    {"NoSuchProduct", VERDICT_BREAKER, "the endpoint does not know the product"},
    {"ActionOffline", VERDICT_BREAKER, "the action is no longer offered"},
    {"UnsupportedProtocol", VERDICT_BREAKER, "HTTP method or protocol"},
    {"UnsupportedRegion", VERDICT_BREAKER, "the endpoint does not serve the region"},
    {"RequestSizeLimitExceeded", VERDICT_BREAKER, "the body is too large"},
    {"IpInBlacklist", VERDICT_BREAKER, "the IP address is blocked"},
    {"IpNotInWhitelist", VERDICT_BREAKER, "the IP address is not allowed"},
    {"InvalidParameter", VERDICT_OFFENCE, "a parameter is wrong"},
    {"InvalidParameterValue", VERDICT_OFFENCE, "the value of a parameter is wrong"},
    {"ResourceInUse", VERDICT_BUSY, "the resource is in use"},
    {"ResourceInUse.", VERDICT_BUSY, "the resource is in use"},
    {"ResourceBusy", VERDICT_BUSY, "the resource is busy"},
    {"ResourceBusy.", VERDICT_BUSY, "the resource is busy"},
    {"ResourceInsufficient", VERDICT_BUSY, "not enough resources"},
    {"ResourceInsufficient.", VERDICT_BUSY, "not enough resources"},
    {"ResponseSizeLimitExceeded", VERDICT_UNKNOWN, "the answer was too large"},
};

const struct verdict_rule *verdict_rule(enum verdict verdict)
{
    return &rules[verdict];
}

const struct verdict_row *verdict_row(unsigned i)
{
    return i < sizeof table / sizeof table[0] ? &table[i] : NULL;
}

static enum verdict verdict_of_code(struct view code, bool *known_out)
{
    const struct verdict_row *best = NULL;
    size_t best_n = 0;
    for (unsigned i = 0; verdict_row(i) != NULL; i++) {
        struct view row = view_of(table[i].code);
        bool family = row.p[row.n - 1] == '.';
        bool fits =
            family ? code.n > row.n && memcmp(code.p, row.p, row.n) == 0 : view_equals(code, row);
        if (fits && row.n >= best_n) {
            best = &table[i];
            best_n = row.n;
        }
    }
    *known_out = best != NULL;
    return best != NULL ? best->verdict : VERDICT_OFFENCE;
}

enum verdict verdict_of(const struct answer *answer, bool *known_out)
{
    *known_out = true;
    switch (answer->kind) {
    case ANSWER_NOT_SENT:
        return VERDICT_NOT_SENT;
    case ANSWER_UNREADABLE:
    case ANSWER_LOST:
        return VERDICT_UNKNOWN;
    case ANSWER_API:
        break;
    }
    return answer->code.n == 0 ? VERDICT_DONE : verdict_of_code(answer->code, known_out);
}
