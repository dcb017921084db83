/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of cli/args.h: what a command line means, and what is a usage error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/cli.h"

enum { ARGV_MAX = 16 };

static const char *own_value;
static bool own_set;

static const struct cli_flag flags[] = {
    {"output", 'o', &own_value, NULL, "FORMAT"},
    {"wait", 'w', NULL, &own_set, "wait"},
};
static struct cli_command command = {"test", "Tests.", "ID...", flags, 2, true};

/* Words until a NULL; cli_parse keeps pointers to them. */
static bool parse(const char *const *words, struct cli_args *args, int *status)
{
    char *argv[ARGV_MAX + 1] = {(char *)(uintptr_t) "test"};
    int argc = 1;
    own_value = NULL;
    own_set = false;
    for (; words[argc - 1] != NULL; argc++) {
        assert_true(argc < ARGV_MAX);
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    return cli_parse(&command, argc, argv, args, status);
}

static void assert_parses(const char *const *words, struct cli_args *args)
{
    int status;
    if (!parse(words, args, &status))
        fail_msg("%s is refused", words[0]);
}

static void assert_flag(const struct cli_args *args, size_t i, const char *key, const char *value)
{
    assert_true(i < args->input.flag_n);
    assert_string_equal(args->input.flags[i].option->key, key);
    assert_string_equal(args->input.flags[i].value, value);
}

static void every_option_is_a_flag_with_dashes(void **state)
{
    (void)state;
    for (size_t i = 0; config_option(i) != NULL; i++) {
        struct cli_args args;
        char flag[128];
        (void)snprintf(flag, sizeof flag, "--%s", config_option(i)->key);
        for (char *c = flag; *c != '\0'; c++)
            *c = *c == '.' || *c == '_' ? '-' : *c;
        assert_parses((const char *const[]){flag, "true", NULL}, &args);
        assert_int_equal(args.input.flag_n, 1);
        assert_flag(&args, 0, config_option(i)->key, "true");
        cli_args_release(&args);
    }
}

static void a_value_stands_behind_or_beside(void **state)
{
    (void)state;
    struct cli_args args;
    assert_parses((const char *const[]){"--api-linger", "1s", "--api-linger=2s",
                                        "--api-region=", "--group", "--odd", NULL},
                  &args);
    assert_int_equal(args.input.flag_n, 4);
    assert_flag(&args, 0, "api.linger", "1s");
    assert_flag(&args, 1, "api.linger", "2s");
    assert_flag(&args, 2, "api.region", "");
    assert_flag(&args, 3, "group", "--odd");
    cli_args_release(&args);
}

static void a_switch_needs_no_value(void **state)
{
    (void)state;
    struct cli_args args;
    assert_parses((const char *const[]){"--dry-run", "ein-1", "--dry-run", "false",
                                        "--dry-run=true", "--dry-run", "--topics-create", NULL},
                  &args);
    assert_int_equal(args.input.flag_n, 5);
    assert_flag(&args, 0, "dry_run", "true");
    assert_flag(&args, 1, "dry_run", "false");
    assert_flag(&args, 2, "dry_run", "true");
    assert_flag(&args, 3, "dry_run", "true");
    assert_flag(&args, 4, "topics.create", "true");
    assert_int_equal(args.positional_n, 1);
    assert_string_equal(args.positional[0], "ein-1");
    cli_args_release(&args);
}

static void properties_and_files_keep_their_order(void **state)
{
    (void)state;
    struct cli_args args;
    assert_parses((const char *const[]){"-X", "a=b", "-Xc=d=e", "-X", "f=", "--config", "one",
                                        "--config=two", "--kafka-config", "k1", "--kafka-config=k2",
                                        NULL},
                  &args);
    assert_int_equal(args.input.property_n, 3);
    assert_string_equal(args.input.properties[0].name, "a");
    assert_string_equal(args.input.properties[0].value, "b");
    assert_string_equal(args.input.properties[1].name, "c");
    assert_string_equal(args.input.properties[1].value, "d=e");
    assert_string_equal(args.input.properties[2].value, "");
    assert_string_equal(args.input.file, "two");
    assert_int_equal(args.input.property_file_n, 2);
    assert_string_equal(args.input.property_files[0], "k1");
    assert_string_equal(args.input.property_files[1], "k2");
    cli_args_release(&args);
}

static void a_command_has_flags_of_its_own(void **state)
{
    (void)state;
    struct cli_args args;
    assert_parses((const char *const[]){"-o", "json", "-w", NULL}, &args);
    assert_string_equal(own_value, "json");
    assert_true(own_set);
    cli_args_release(&args);
    assert_parses((const char *const[]){"--output=text", "--wait", NULL}, &args);
    assert_string_equal(own_value, "text");
    assert_true(own_set);
    cli_args_release(&args);
}

static void arguments_may_look_like_flags_behind_two_dashes(void **state)
{
    (void)state;
    struct cli_args args;
    assert_parses((const char *const[]){"-", "--", "--help", NULL}, &args);
    assert_int_equal(args.positional_n, 2);
    assert_string_equal(args.positional[0], "-");
    assert_string_equal(args.positional[1], "--help");
    cli_args_release(&args);
}

static void what_makes_no_sense_is_a_usage_error(void **state)
{
    (void)state;
    static const char *const bad[][4] = {
        {"--no-such-flag", NULL},
        {"--api.linger", "1s", NULL},
        {"-z", NULL},
        {"--api-linger", NULL},
        {"-X", NULL},
        {"-X", "novalue", NULL},
        {"-X", "=value", NULL},
        {"--config", NULL},
        {"--kafka-config", NULL},
        {"--output", NULL},
        {"--wait=yes", NULL},
        {"-output", "json", NULL},
        {"--o", "json", NULL},
        {"--api-ling", "1s", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cli_args args;
        int status = -1;
        if (parse(bad[i], &args, &status))
            fail_msg("%s is taken", bad[i][0]);
        assert_int_equal(status, EXIT_USAGE);
    }
}

static void an_argument_where_none_is_taken_is_a_usage_error(void **state)
{
    (void)state;
    struct cli_args args;
    int status = -1;
    command.positional = false;
    assert_false(parse((const char *const[]){"one", NULL}, &args, &status));
    assert_int_equal(status, EXIT_USAGE);
    command.positional = true;
}

static void help_is_an_answer_wherever_it_is_asked_for(void **state)
{
    (void)state;
    static const char *const asks[][3] = {
        {"--help", NULL}, {"-h", NULL}, {"ein-1", "--help", NULL}};
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        struct cli_args args;
        int status = -1;
        assert_false(parse(asks[i], &args, &status));
        assert_int_equal(status, EXIT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_a_flag_with_dashes),
        cmocka_unit_test(a_value_stands_behind_or_beside),
        cmocka_unit_test(a_switch_needs_no_value),
        cmocka_unit_test(properties_and_files_keep_their_order),
        cmocka_unit_test(a_command_has_flags_of_its_own),
        cmocka_unit_test(arguments_may_look_like_flags_behind_two_dashes),
        cmocka_unit_test(what_makes_no_sense_is_a_usage_error),
        cmocka_unit_test(an_argument_where_none_is_taken_is_a_usage_error),
        cmocka_unit_test(help_is_an_answer_wherever_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
