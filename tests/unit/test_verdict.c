/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/verdict.h: what follows from each answer of the API. The codes are those that
 * the API documents, not those that the table happens to have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/verdict.h"

static enum verdict judge(enum answer_kind kind, const char *code, bool *known)
{
    const struct answer answer = {.kind = kind, .code = view_of(code)};
    return verdict_of(&answer, known);
}

struct row {
    const char *code;
    enum verdict verdict;
};

static void expect(const struct row *rows, size_t n, bool expect_known)
{
    for (size_t i = 0; i < n; i++) {
        bool known;
        enum verdict verdict = judge(ANSWER_API, rows[i].code, &known);
        if (verdict != rows[i].verdict || known != expect_known)
            fail_msg("%s is %s, %s", rows[i].code, verdict_rule(verdict)->name,
                     known ? "known" : "unknown");
    }
}
#define EXPECT(rows, known) expect(rows, sizeof(rows) / sizeof((rows)[0]), known)

static void each_error_of_reboot_instances_has_its_verdict(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"FailedOperation.InternalOperationFailure", VERDICT_UNKNOWN},
        {"FailedOperation.OperationNotAllow", VERDICT_OFFENCE},
        {"InvalidParameter.InvalidDataFormat", VERDICT_OFFENCE},
        {"InvalidParameterValue.InvalidDataDiskType", VERDICT_OFFENCE},
        {"InvalidParameterValue.InvalidISPInNode", VERDICT_OFFENCE},
        {"InvalidParameterValue.InvalidInstanceID", VERDICT_NOT_EXIST},
        {"InvalidParameterValue.ParameterValueTooLarge", VERDICT_TOO_LARGE},
        {"OperationDenied.InstanceOperationInProgress", VERDICT_BUSY},
        {"ResourceNotFound.InstanceNotExist", VERDICT_NOT_EXIST},
        {"ResourceUnavailable.InstanceNotRunning", VERDICT_NOT_RUNNING},
        {"UnauthorizedOperation.ForbiddenOperation", VERDICT_OFFENCE},
    };
    EXPECT(rows, true);
}

static void each_common_error_has_its_verdict(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"RequestLimitExceeded", VERDICT_THROTTLE},
        {"RequestLimitExceeded.UinLimitExceeded", VERDICT_THROTTLE},
        {"RequestLimitExceeded.IPLimitExceeded", VERDICT_THROTTLE},
        {"RequestLimitExceeded.GlobalRegionUinLimitExceeded", VERDICT_THROTTLE},
        {"InternalError", VERDICT_UNKNOWN},
        {"ServiceUnavailable", VERDICT_UNKNOWN},
        {"AuthFailure.SignatureExpire", VERDICT_CLOCK},
        {"AuthFailure.UnauthorizedOperation", VERDICT_FORBIDDEN},
        {"AuthFailure.SignatureFailure", VERDICT_BREAKER},
        {"AuthFailure.SecretIdNotFound", VERDICT_BREAKER},
        {"AuthFailure.InvalidSecretId", VERDICT_BREAKER},
        {"AuthFailure.InvalidAuthorization", VERDICT_BREAKER},
        {"AuthFailure.MFAFailure", VERDICT_BREAKER},
        {"AuthFailure.TokenFailure", VERDICT_BREAKER},
        {"UnauthorizedOperation", VERDICT_OFFENCE},
        {"UnauthorizedOperation.Whatever", VERDICT_OFFENCE},
        {"InvalidAction", VERDICT_BREAKER},
        {"NoSuchVersion", VERDICT_BREAKER},
        {"NoSuchProduct", VERDICT_BREAKER},
        {"ActionOffline", VERDICT_BREAKER},
        {"UnsupportedProtocol", VERDICT_BREAKER},
        {"UnsupportedRegion", VERDICT_BREAKER},
        {"MissingParameter", VERDICT_BREAKER},
        {"UnknownParameter", VERDICT_BREAKER},
        {"InvalidRequest", VERDICT_BREAKER},
        {"RequestSizeLimitExceeded", VERDICT_BREAKER},
        {"IpInBlacklist", VERDICT_BREAKER},
        {"IpNotInWhitelist", VERDICT_BREAKER},
        {"ResponseSizeLimitExceeded", VERDICT_UNKNOWN},
        {"InvalidParameter", VERDICT_OFFENCE},
        {"InvalidParameterValue", VERDICT_OFFENCE},
        {"ResourceInUse", VERDICT_BUSY},
        {"ResourceInsufficient", VERDICT_BUSY},
    };
    EXPECT(rows, true);
}

/* Final, since retrying for ever helps nobody, unless the family says otherwise. */
static void an_unknown_code_is_an_offence_unless_its_family_is_known(void **state)
{
    (void)state;
    static const struct row strangers[] = {
        {"FailedOperation", VERDICT_OFFENCE},
        {"FailedOperation.NeverHeardOf", VERDICT_OFFENCE},
        {"LimitExceeded", VERDICT_OFFENCE},
        {"UnsupportedOperation.Whatever", VERDICT_OFFENCE},
        {"requestlimitexceeded", VERDICT_OFFENCE},
        {"RequestLimitExceededMore", VERDICT_OFFENCE}, /* no dot: another word */
    };
    static const struct row relatives[] = {
        {"RequestLimitExceeded.NeverHeardOf", VERDICT_THROTTLE},
        {"AuthFailure.NeverHeardOf", VERDICT_BREAKER},
        {"InternalError.NeverHeardOf", VERDICT_UNKNOWN},
        {"ServiceUnavailable.NeverHeardOf", VERDICT_UNKNOWN},
        {"ResourceInUse.NeverHeardOf", VERDICT_BUSY},
        {"ResourceBusy.NeverHeardOf", VERDICT_BUSY},
        {"ResourceInsufficient.NeverHeardOf", VERDICT_BUSY},
    };
    EXPECT(strangers, false);
    EXPECT(relatives, true);
}

static void an_answer_without_a_code_is_judged_by_its_kind(void **state)
{
    (void)state;
    bool known;
    assert_int_equal(judge(ANSWER_API, "", &known), VERDICT_DONE);
    assert_int_equal(judge(ANSWER_NOT_SENT, "network.dns", &known), VERDICT_NOT_SENT);
    assert_true(known);
    /* Whatever the text says: it is not the API that speaks. */
    assert_int_equal(judge(ANSWER_LOST, "RequestLimitExceeded", &known), VERDICT_UNKNOWN);
    assert_int_equal(judge(ANSWER_UNREADABLE, "AuthFailure.TokenFailure", &known), VERDICT_UNKNOWN);
    assert_true(known);
}

/* The attempts whose instances may be sent again without a look. */
static void only_provable_refusals_count_as_without_effect(void **state)
{
    (void)state;
    for (int verdict = 0; verdict < VERDICT_N; verdict++) {
        bool provable = verdict == VERDICT_THROTTLE || verdict == VERDICT_CLOCK ||
                        verdict == VERDICT_BREAKER || verdict == VERDICT_NOT_SENT ||
                        verdict == VERDICT_FORBIDDEN;
        assert_int_equal(verdict_rule((enum verdict)verdict)->refused, provable);
    }
}

static void no_code_has_two_rows(void **state)
{
    (void)state;
    for (unsigned i = 0; verdict_row(i) != NULL; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(verdict_row(i)->code, verdict_row(j)->code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_of_reboot_instances_has_its_verdict),
        cmocka_unit_test(each_common_error_has_its_verdict),
        cmocka_unit_test(an_unknown_code_is_an_offence_unless_its_family_is_known),
        cmocka_unit_test(an_answer_without_a_code_is_judged_by_its_kind),
        cmocka_unit_test(only_provable_refusals_count_as_without_effect),
        cmocka_unit_test(no_code_has_two_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
