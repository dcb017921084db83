/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

int cli_fail(const struct cli_command *command, int status, const char *text)
{
    (void)fprintf(stderr, "reboot-worker %s: %s\n", command->name, text);
    if (status == EXIT_USAGE)
        (void)fprintf(stderr, "See: reboot-worker %s --help\n", command->name);
    return status;
}

int cli_unknown(const char *name, const char *const *names, size_t name_n)
{
    struct config_near near = config_near_begin(view_of(name));
    for (size_t i = 0; i < name_n; i++)
        config_near_try(&near, view_of(names[i]));
    (void)fprintf(stderr,
                  "reboot-worker: unknown subcommand: %s%s%.*s%s\n"
                  "See: reboot-worker --help\n",
                  name, CONFIG_NEAR_FMT(near.best));
    return EXIT_USAGE;
}

bool cli_output(const struct cli_command *command, const char *text, bool *json_out)
{
    *json_out = strcmp(text, "json") == 0;
    if (*json_out || strcmp(text, "text") == 0)
        return true;
    (void)cli_fail(command, EXIT_USAGE, "--output is text or json");
    return false;
}

/* help: what stands behind the flag's name, two blanks, what it is. */
static void print_flag(char letter, const char *name, const char *help)
{
    const char *gap = strstr(help, "  ");
    size_t value_n = gap != NULL ? (size_t)(gap - help) : strlen(help);
    char left[64];
    (void)snprintf(left, sizeof left, "%c%c%c --%s %.*s", letter != 0 ? '-' : ' ',
                   letter != 0 ? letter : ' ', letter != 0 ? ',' : ' ', name, (int)value_n, help);
    (void)printf("  %-28s  %s\n", left, gap != NULL ? gap + 2 : "");
}

static void print_help(const struct cli_command *command)
{
    (void)printf("usage: reboot-worker %s [options]%s%s\n\n%s\n\n", command->name,
                 command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
    for (size_t i = 0; i < command->flag_n; i++)
        print_flag(command->flags[i].letter, command->flags[i].name, command->flags[i].help);
    if (command->flag_n > 0)
        (void)putchar('\n');
    print_flag(0, "config", "FILE  the configuration (YAML)");
    (void)printf("  %-28s  %s\n", "-X NAME=VALUE", "a property of librdkafka, as kcat has it");
    print_flag(0, "kafka-config", "FILE  lines of NAME=VALUE");
    print_flag('h', "help", "  this");
    (void)printf("\nEvery option of the configuration is a flag too, with - for . and _:\n"
                 "--topics-results NAME, --api-endpoint URL, ... (docs/configuration.md)\n");
}

/* ---- one argument ---- */

struct cursor {
    const struct cli_command *command;
    struct cli_args *args;
    int argc;
    char **argv;
    int i;
    bool only_positional; /* behind `--` */
};

static bool usage_error(const struct cursor *cursor, const char *what, const char *which)
{
    struct fault fault;
    (void)fault_set(&fault, ERR_INVALID, "%s: %s", what, which);
    (void)cli_fail(cursor->command, EXIT_USAGE, fault.text);
    return false;
}

/* "--api-linger" means "api.linger". */
static const struct option_row *option_of_flag(struct view name)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const char *key = config_option(i)->key;
        size_t n = 0;
        while (n < name.n && key[n] != '\0' &&
               (key[n] == '.' || key[n] == '_' ? '-' : key[n]) == name.p[n])
            n++;
        if (n == name.n && key[n] == '\0')
            return config_option(i);
    }
    return NULL;
}

/* The value behind `=`, or the next argument; NULL: there is none. */
static const char *value_of(struct cursor *cursor, const char *equals)
{
    if (equals != NULL)
        return equals + 1;
    return cursor->i + 1 < cursor->argc ? cursor->argv[++cursor->i] : NULL;
}

static bool take_property(struct cursor *cursor, const char *text)
{
    struct config_input *input = &cursor->args->input;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return usage_error(cursor, "-X needs NAME=VALUE", text);
    /* The arrays have room for as many as there are arguments. */
    struct kafka_property *property = (struct kafka_property *)(uintptr_t)input->properties;
    property += input->property_n;
    char *name = view_dup((struct view){text, (size_t)(equals - text)});
    if (name == NULL)
        return usage_error(cursor, "no memory", text);
    *property = (struct kafka_property){name, equals + 1};
    input->property_n++;
    return true;
}

static bool take_option(struct cursor *cursor, const struct option_row *option, const char *equals)
{
    struct config_input *input = &cursor->args->input;
    const char *next = cursor->i + 1 < cursor->argc ? cursor->argv[cursor->i + 1] : NULL;
    bool alone = option->type == OPTION_BOOL && equals == NULL &&
                 (next == NULL || (strcmp(next, "true") != 0 && strcmp(next, "false") != 0));
    const char *value = alone ? "true" : value_of(cursor, equals);
    if (value == NULL)
        return usage_error(cursor, "a value is missing", cursor->argv[cursor->i]);
    input->flags[input->flag_n++] = (struct config_flag){option, value};
    return true;
}

static const struct cli_flag *own_flag(const struct cli_command *command, struct view name)
{
    for (size_t i = 0; i < command->flag_n; i++)
        if (view_is(name, command->flags[i].name) ||
            (name.n == 1 && command->flags[i].letter == name.p[0]))
            return &command->flags[i];
    return NULL;
}

static bool take_own(struct cursor *cursor, const struct cli_flag *flag, const char *equals)
{
    if (flag->set != NULL) {
        *flag->set = true;
        return equals == NULL || usage_error(cursor, "this flag takes no value", flag->name);
    }
    *flag->value = value_of(cursor, equals);
    return *flag->value != NULL || usage_error(cursor, "a value is missing", flag->name);
}

/* The flag that was probably meant, as it is written; empty: none is near. */
static void suggest_flag(const struct cli_command *command, struct view name, char out[64])
{
    struct config_near near = config_near_begin(name);
    for (size_t i = 0; i < command->flag_n; i++)
        config_near_try(&near, view_of(command->flags[i].name));
    struct view best = near.best.n > 0 ? near.best : config_suggest(name);
    bool is_flag = near.best.n > 0 || config_find(best) != NULL;
    (void)snprintf(out, 64, "%.*s", is_flag ? (int)best.n : 0, best.n > 0 ? best.p : "");
    for (char *at = out; *at != '\0'; at++)
        if (*at == '.' || *at == '_')
            *at = '-';
}

static bool unknown_option(const struct cursor *cursor, struct view name)
{
    struct fault what;
    char flag[64];
    suggest_flag(cursor->command, name, flag);
    bool any = flag[0] != '\0';
    (void)fault_set(&what, ERR_INVALID, "unknown option%s%s%s", any ? " (did you mean --" : "",
                    flag, any ? "?)" : "");
    return usage_error(cursor, what.text, cursor->argv[cursor->i]);
}

static bool take_common(struct cursor *cursor, struct view name, const char *equals)
{
    struct config_input *input = &cursor->args->input;
    const char *arg = cursor->argv[cursor->i];
    const struct option_row *option = option_of_flag(name);
    if (option != NULL)
        return take_option(cursor, option, equals);
    bool file = view_is(name, "config");
    if (!file && !view_is(name, "kafka-config"))
        return unknown_option(cursor, name);
    const char *value = value_of(cursor, equals);
    if (value == NULL)
        return usage_error(cursor, "a value is missing", arg);
    if (file)
        input->file = value;
    else
        ((const char **)(uintptr_t)input->property_files)[input->property_file_n++] = value;
    return true;
}

static bool take_positional(struct cursor *cursor, const char *arg)
{
    struct cli_args *args = cursor->args;
    if (!cursor->command->positional)
        return usage_error(cursor, "one argument too many", arg);
    args->positional[args->positional_n++] = arg;
    return true;
}

static bool take(struct cursor *cursor)
{
    const char *arg = cursor->argv[cursor->i];
    if (cursor->only_positional || arg[0] != '-' || arg[1] == '\0')
        return take_positional(cursor, arg);
    if (strcmp(arg, "--") == 0) {
        cursor->only_positional = true;
        return true;
    }
    bool is_long = arg[1] == '-';
    const char *equals = is_long ? strchr(arg, '=') : NULL;
    const char *begin = arg + (is_long ? 2 : 1);
    struct view name = {begin, equals != NULL ? (size_t)(equals - begin) : strlen(begin)};
    if (!is_long && arg[1] == 'X') {
        const char *text = arg[2] != '\0' ? arg + 2 : value_of(cursor, NULL);
        return text != NULL ? take_property(cursor, text)
                            : usage_error(cursor, "a value is missing", arg);
    }
    const struct cli_flag *own = own_flag(cursor->command, name);
    if (own != NULL && is_long == (name.n > 1))
        return take_own(cursor, own, equals);
    return is_long ? take_common(cursor, name, equals) : usage_error(cursor, "unknown option", arg);
}

/* ---- all of them ---- */

void cli_args_release(struct cli_args *args)
{
    for (size_t i = 0; args->input.properties != NULL && i < args->input.property_n; i++)
        free((char *)(uintptr_t)args->input.properties[i].name);
    free((void *)(uintptr_t)args->input.properties);
    free((void *)(uintptr_t)args->input.property_files);
    free(args->input.flags);
    free(args->positional);
    *args = (struct cli_args){.positional_n = 0};
}

bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_args *args,
               int *status_out)
{
    size_t n = (size_t)argc + 1;
    *args = (struct cli_args){
        .input = {.flags = calloc(n, sizeof *args->input.flags),
                  .properties = calloc(n, sizeof *args->input.properties),
                  .property_files = calloc(n, sizeof *args->input.property_files),
                  .environment = environ},
        .positional = calloc(n, sizeof *args->positional),
    };
    struct cursor cursor = {.command = command, .args = args, .argc = argc, .argv = argv};
    bool ok = args->input.flags != NULL && args->input.properties != NULL &&
              args->input.property_files != NULL && args->positional != NULL;
    *status_out = EXIT_USAGE;
    for (cursor.i = 1; ok && cursor.i < argc; cursor.i++) {
        bool help = strcmp(argv[cursor.i], "--help") == 0 || strcmp(argv[cursor.i], "-h") == 0;
        if (help && !cursor.only_positional) {
            print_help(command);
            *status_out = EXIT_OK;
            ok = false;
            break;
        }
        ok = take(&cursor);
    }
    if (!ok)
        cli_args_release(args);
    return ok;
}

static void warn(void *context, const char *text)
{
    (void)cli_fail(context, 0, text);
}

int cli_load_config(const struct cli_command *command, struct cli_args *args, struct config *config)
{
    struct fault fault;
    if (args->input.warn == NULL) {
        args->input.warn = warn;
        args->input.context = (void *)(uintptr_t)command;
    }
    enum err err = config_load(&args->input, config, &fault);
    return err == ERR_OK ? EXIT_OK : cli_fail(command, err_exit_code(err), fault.text);
}
