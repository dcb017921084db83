/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/readiness.h: which facts make a worker unready, and what it says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shell/readiness.h"

static const struct readiness_facts good = {.started = true, .broker_up = true, .member = true};

static void assert_only(const struct readiness_facts *facts, enum readiness_name bad,
                        const char *detail)
{
    struct readiness readiness;
    readiness_judge(facts, &readiness);
    assert_false(readiness.ready);
    for (int i = 0; i < READINESS_N; i++) {
        const struct readiness_check *check = &readiness.checks[i];
        assert_string_equal(check->name, readiness_name((enum readiness_name)i));
        assert_int_equal(check->ok, i != (int)bad);
        assert_int_equal(check->detail[0] == '\0', check->ok);
    }
    assert_non_null(strstr(readiness.checks[bad].detail, detail));
}

static void a_member_of_the_group_is_ready_with_or_without_partitions(void **state)
{
    (void)state;
    struct readiness readiness;
    readiness_judge(&good, &readiness);
    assert_true(readiness.ready);
    for (int i = 0; i < READINESS_N; i++)
        assert_true(readiness.checks[i].ok && readiness.checks[i].detail[0] == '\0');
}

static void each_trouble_alone_makes_it_unready(void **state)
{
    (void)state;
    struct readiness_facts facts = good;
    facts.started = false;
    assert_only(&facts, READY_STARTED, "broker");
    facts = good;
    facts.broker_up = false;
    facts.broker_error = "Connection refused";
    assert_only(&facts, READY_BROKER, "Connection refused");
    facts.broker_error = NULL;
    assert_only(&facts, READY_BROKER, "Kafka");
    facts = good;
    facts.member = false;
    assert_only(&facts, READY_GROUP, "member");
    facts = good;
    facts.breaker_open = true;
    facts.breaker_code = "AuthFailure.TokenFailure";
    assert_only(&facts, READY_BREAKER, "AuthFailure.TokenFailure");
    facts = good;
    facts.draining = true;
    assert_only(&facts, READY_DRAINING, "ending");
    facts = good;
    facts.stopped_n = 3;
    facts.stopped_topic = "reboot.ledger";
    facts.stopped_partition = 5;
    facts.stopped_why = "it was made anew";
    assert_only(&facts, READY_PARTITIONS, "3, among them reboot.ledger 5: it was made anew");
}

static void long_reasons_are_cut(void **state)
{
    (void)state;
    char why[2000];
    struct readiness readiness;
    struct readiness_facts facts = good;
    memset(why, 'x', sizeof why - 1);
    why[sizeof why - 1] = '\0';
    facts.stopped_n = 1;
    facts.stopped_topic = why;
    facts.stopped_why = why;
    facts.broker_up = false;
    facts.broker_error = why;
    readiness_judge(&facts, &readiness);
    assert_false(readiness.ready);
    assert_true(strlen(readiness.checks[READY_BROKER].detail) < READINESS_DETAIL_MAX);
    assert_true(strlen(readiness.checks[READY_PARTITIONS].detail) < READINESS_DETAIL_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_of_the_group_is_ready_with_or_without_partitions),
        cmocka_unit_test(each_trouble_alone_makes_it_unready),
        cmocka_unit_test(long_reasons_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
