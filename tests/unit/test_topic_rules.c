/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/topic_rules.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "shell/topic_rules.h"

static const struct topic_needs needs = {.request_bytes_max = 1024 * 1024};

/* All topics as the worker creates them, three replicas. */
static void make_good(struct topic_facts facts[TOPIC_N])
{
    memset(facts, 0, TOPIC_N * sizeof facts[0]);
    for (int i = 0; i < TOPIC_N; i++) {
        facts[i].name = topic_key((enum topic)i);
        facts[i].partition_n = topic_rules_partitions((enum topic)i, 12);
        facts[i].replication_factor = 3;
        for (int config = 0; config < TOPIC_CONFIG_N; config++)
            (void)topic_rules_creates((enum topic)i, (enum topic_config)config, &needs,
                                      facts[i].config[config]);
        memcpy(facts[i].config[CONFIG_MIN_ISR], "2", sizeof "2");
    }
}

static struct topic_findings judge(const struct topic_facts facts[TOPIC_N])
{
    static struct topic_findings findings;
    findings.n = 0;
    topic_rules_check(facts, &needs, &findings);
    return findings;
}

static void what_it_creates_it_accepts(void **state)
{
    (void)state;
    struct topic_facts facts[TOPIC_N];
    make_good(facts);
    assert_int_equal(judge(facts).n, 0);
    assert_string_equal(facts[TOPIC_LEDGER].config[CONFIG_RETENTION_MS], "-1");
    assert_string_equal(facts[TOPIC_TASKS].config[CONFIG_TIMESTAMP_TYPE], "LogAppendTime");
    assert_int_equal(facts[TOPIC_CONTROL].partition_n, 1);
}

static void what_is_not_known_is_not_held_against_a_topic(void **state)
{
    (void)state;
    struct topic_facts facts[TOPIC_N];
    make_good(facts);
    for (int i = 0; i < TOPIC_N; i++)
        memset(facts[i].config, 0, sizeof facts[i].config);
    assert_int_equal(judge(facts).n, 0);
}

static void each_mismatch_is_a_fault_with_a_remedy_or_a_warning(void **state)
{
    (void)state;
    static const struct {
        enum topic topic;
        enum topic_config config;
        const char *value;
        enum err err;
        const char *text;
    } rows[] = {
        {TOPIC_LEDGER, CONFIG_CLEANUP_POLICY, "compact", ERR_CONFIG, "cleanup.policy=delete"},
        {TOPIC_TASKS, CONFIG_CLEANUP_POLICY, "compact,delete", ERR_CONFIG, "cleanup.policy=delete"},
        {TOPIC_LEDGER, CONFIG_RETENTION_MS, "604800000", ERR_CONFIG, "retention.ms=-1"},
        {TOPIC_CONTROL, CONFIG_RETENTION_BYTES, "1000000", ERR_CONFIG, "retention.bytes=-1"},
        {TOPIC_TASKS, CONFIG_TIMESTAMP_TYPE, "CreateTime", ERR_CONFIG, "LogAppendTime"},
        {TOPIC_LEDGER, CONFIG_MAX_MESSAGE_BYTES, "1000", ERR_CONFIG, "max.message.bytes="},
        {TOPIC_DEAD_LETTERS, CONFIG_MAX_MESSAGE_BYTES, "1048588", ERR_CONFIG, "max.message.bytes="},
        {TOPIC_REQUESTS, CONFIG_MAX_MESSAGE_BYTES, "104857600", ERR_CONFIG, "dead letter"},
        {TOPIC_RESULTS, CONFIG_MIN_ISR, "4", ERR_CONFIG, "nothing can be written"},
        {TOPIC_LEDGER, CONFIG_UNCLEAN_ELECTION, "true", ERR_OK, "better false"},
        {TOPIC_LEDGER, CONFIG_MIN_ISR, "1", ERR_OK, "better 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct topic_facts facts[TOPIC_N];
        make_good(facts);
        (void)snprintf(facts[rows[i].topic].config[rows[i].config], TOPIC_CONFIG_TEXT_MAX, "%s",
                       rows[i].value);
        struct topic_findings findings = judge(facts);
        assert_true(findings.n >= 1);
        bool found = false;
        for (size_t k = 0; k < findings.n; k++)
            found = found || (findings.items[k].err == rows[i].err &&
                              strstr(findings.items[k].fault.text, rows[i].text) != NULL);
        if (!found)
            fail_msg("row %zu: %s", i, findings.items[0].fault.text);
    }
}

static void partitions_of_tasks_and_ledger_must_agree_and_stay(void **state)
{
    (void)state;
    struct topic_facts facts[TOPIC_N];
    make_good(facts);
    facts[TOPIC_TASKS].partition_n = 13;
    struct topic_findings findings = judge(facts);
    assert_int_equal(findings.n, 1);
    assert_int_equal(findings.items[0].err, ERR_CONFIG);
    make_good(facts);
    struct topic_needs later = needs;
    later.partitions_before = 6;
    findings.n = 0;
    topic_rules_check(facts, &later, &findings);
    assert_int_equal(findings.n, 1);
    assert_non_null(strstr(findings.items[0].fault.text, "running pool"));
    make_good(facts);
    facts[TOPIC_CONTROL].partition_n = 2;
    assert_int_equal(judge(facts).items[0].err, ERR_CONFIG);
}

static void a_fault_is_never_dropped_for_warnings(void **state)
{
    (void)state;
    static struct topic_findings findings;
    findings.n = 0;
    for (int i = 0; i < TOPIC_FINDINGS_MAX + 5; i++)
        topic_finding_add(&findings, ERR_OK, "warning %d", i);
    topic_finding_add(&findings, ERR_CONFIG, "fault");
    assert_int_equal(findings.n, TOPIC_FINDINGS_MAX);
    assert_string_equal(findings.items[TOPIC_FINDINGS_MAX - 1].fault.text, "fault");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_creates_it_accepts),
        cmocka_unit_test(what_is_not_known_is_not_held_against_a_topic),
        cmocka_unit_test(each_mismatch_is_a_fault_with_a_remedy_or_a_warning),
        cmocka_unit_test(partitions_of_tasks_and_ledger_must_agree_and_stay),
        cmocka_unit_test(a_fault_is_never_dropped_for_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
