/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker sign`: shows every stage of a signature, to compare with what another signer or
 * the API's own page says. Sends nothing; never shows the secret key or the session token.
 */
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/file.h"
#include "shell/clock.h"
#include "shell/credentials.h"
#include "wire/tc3.h"
#include "wire/timestamp.h"

enum {
    /* The API's limit for a signed POST is 10 MB. */
    BODY_BYTES_MAX = 10 * 1024 * 1024,
    LINE_N_MAX = 10,
};

static const char usage[] =
    "usage: reboot-worker sign [options]\n"
    "\n"
    "Prints the canonical request, the string to sign, the authorization and the headers of one\n"
    "call. Credentials come from TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, if there is\n"
    "one, TENCENTCLOUD_TOKEN, or from the profile file.\n"
    "\n"
    "  --action NAME          default RebootInstances\n"
    "  --method POST|GET      default POST\n"
    "  --host HOST[:PORT]     default ecm.intl.tencentcloudapi.com\n"
    "  --time T               unix seconds or RFC 3339; default now\n"
    "  --content-type TYPE    default application/json, for GET application/x-www-form-urlencoded\n"
    "  --signed-headers LIST  default \"content-type;host;x-tc-action\"\n"
    "  --body FILE|-          the exact bytes; default none\n"
    "  --query TEXT           of a GET, URL-encoded, without the `?`\n"
    "  --service NAME         default ecm\n"
    "  --version VERSION      default 2019-07-19\n"
    "  --region REGION        sends X-TC-Region; default none\n"
    "  -o, --output text|json default text\n";

struct sign_options {
    const char *action;
    const char *method;
    const char *host;
    const char *time;
    const char *content_type;
    const char *signed_headers;
    const char *body;
    const char *query;
    const char *service;
    const char *version;
    const char *region;
    const char *output;
};

/* One header of the request; the order is the one they are shown in. */
struct lines {
    struct tc3_header at[LINE_N_MAX];
    uint32_t n;
    char time_text[32];
};

static int usage_error(const char *what, const char *value)
{
    (void)fprintf(stderr, "reboot-worker sign: %s: %s\nSee: reboot-worker sign --help\n", what,
                  value);
    return EXIT_USAGE;
}

static bool parse_options(int argc, char **argv, struct sign_options *options)
{
    static const struct option known[] = {
        {"action", required_argument, NULL, 'a'},
        {"method", required_argument, NULL, 'm'},
        {"host", required_argument, NULL, 'h'},
        {"time", required_argument, NULL, 't'},
        {"content-type", required_argument, NULL, 'c'},
        {"signed-headers", required_argument, NULL, 's'},
        {"body", required_argument, NULL, 'b'},
        {"query", required_argument, NULL, 'q'},
        {"service", required_argument, NULL, 'e'},
        {"version", required_argument, NULL, 'v'},
        {"region", required_argument, NULL, 'r'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    const struct {
        int letter;
        const char **to;
    } targets[] = {
        {'a', &options->action},  {'m', &options->method},       {'h', &options->host},
        {'t', &options->time},    {'c', &options->content_type}, {'s', &options->signed_headers},
        {'b', &options->body},    {'q', &options->query},        {'e', &options->service},
        {'v', &options->version}, {'r', &options->region},       {'o', &options->output},
    };
    optind = 0;
    opterr = 0;
    for (int letter; (letter = getopt_long(argc, argv, "+o:", known, NULL)) != -1;) {
        bool found = false;
        for (size_t i = 0; i < sizeof targets / sizeof targets[0] && !found; i++) {
            found = targets[i].letter == letter;
            if (found)
                *targets[i].to = optarg;
        }
        if (!found)
            return false;
    }
    return optind == argc;
}

static bool parse_time(const char *text, int64_t *time_s_out)
{
    if (text == NULL) {
        *time_s_out = clock_now().wall_us / 1000000;
        return true;
    }
    char *end;
    long long number = strtoll(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0') {
        *time_s_out = number;
        return true;
    }
    int64_t unix_ms;
    if (timestamp_parse(view_of(text), &unix_ms) != ERR_OK)
        return false;
    *time_s_out = unix_ms / 1000;
    return true;
}

static void add_line(struct lines *lines, const char *name, struct view value)
{
    lines->at[lines->n++] = (struct tc3_header){view_of(name), value};
}

static void make_lines(const struct sign_options *options, int64_t time_s, struct lines *lines)
{
    (void)snprintf(lines->time_text, sizeof lines->time_text, "%lld", (long long)time_s);
    lines->n = 0;
    add_line(lines, "Host", view_of(options->host));
    add_line(lines, "Content-Type", view_of(options->content_type));
    add_line(lines, "X-TC-Action", view_of(options->action));
    add_line(lines, "X-TC-Version", view_of(options->version));
    add_line(lines, "X-TC-Timestamp", view_of(lines->time_text));
    if (options->region[0] != '\0')
        add_line(lines, "X-TC-Region", view_of(options->region));
}

static const struct tc3_header *line_named(const struct lines *lines, struct view name)
{
    for (uint32_t i = 0; i < lines->n; i++)
        if (lines->at[i].name.n == name.n && strncasecmp(lines->at[i].name.p, name.p, name.n) == 0)
            return &lines->at[i];
    return NULL;
}

/* The lines that the list (`;` or `,` between names) asks to be signed. */
static bool choose_signed(const char *list, const struct lines *lines, struct lines *out)
{
    out->n = 0;
    for (const char *at = list;; at++) {
        size_t n = strcspn(at, ";,");
        const struct tc3_header *line = line_named(lines, (struct view){at, n});
        if (line == NULL || out->n == LINE_N_MAX)
            return false;
        out->at[out->n++] = *line;
        at += n;
        if (*at == '\0')
            return true;
    }
}

static void print_text(const struct tc3_signed *made, const struct lines *lines)
{
    (void)printf("# canonical request\n%s\n\n# string to sign\n%s\n\n# authorization\n%s\n\n"
                 "# headers\n",
                 made->canonical_request.p, made->string_to_sign.p, made->authorization.p);
    for (uint32_t i = 0; i < lines->n; i++)
        (void)printf("%.*s: %.*s\n", VIEW_FMT(lines->at[i].name), VIEW_FMT(lines->at[i].value));
}

static int print_json(const struct tc3_signed *made, const struct lines *lines)
{
    json_t *headers = json_object();
    for (uint32_t i = 0; i < lines->n; i++)
        (void)json_object_set_new(headers, lines->at[i].name.p,
                                  json_stringn(lines->at[i].value.p, lines->at[i].value.n));
    json_t *object = json_pack("{sssssssO}", "canonicalRequest", made->canonical_request.p,
                               "stringToSign", made->string_to_sign.p, "authorization",
                               made->authorization.p, "headers", headers);
    bool printed = object != NULL && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
    if (printed)
        (void)putchar('\n');
    else
        (void)fprintf(stderr, "reboot-worker sign: the request is no UTF-8 text\n");
    json_decref(headers);
    json_decref(object);
    return printed ? EXIT_OK : EXIT_FAILED;
}

static int sign(const struct sign_options *options, const struct tc3_input *input,
                struct lines *lines)
{
    struct tc3_signed made;
    struct fault fault;
    struct credential_store store;
    if (credentials_load(&store, &fault) != ERR_OK) {
        (void)fprintf(stderr, "reboot-worker sign: %s\n", fault.text);
        return EXIT_CONFIG;
    }
    if (store.warning != NULL)
        (void)fprintf(stderr, "reboot-worker sign: %s\n", store.warning);
    tc3_signed_init(&made);
    int status = EXIT_OK;
    enum err err = tc3_sign(input, &store.credentials, &made, &fault);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "reboot-worker sign: %s\n", fault.text);
        status = err == ERR_INVALID ? EXIT_USAGE : err_exit_code(err);
    } else {
        if (store.credentials.token.n > 0)
            add_line(lines, "X-TC-Token", VIEW_LIT("***"));
        add_line(lines, "Authorization", buf_view(&made.authorization));
        if (strcmp(options->output, "json") == 0)
            status = print_json(&made, lines);
        else
            print_text(&made, lines);
    }
    tc3_signed_release(&made);
    credentials_release(&store);
    return status;
}

static int run(const struct sign_options *options, int64_t time_s)
{
    struct lines lines;
    struct lines chosen;
    struct buf body;
    struct fault fault;
    make_lines(options, time_s, &lines);
    if (!choose_signed(options->signed_headers, &lines, &chosen))
        return usage_error("--signed-headers names a header that is not sent",
                           options->signed_headers);
    buf_init(&body, BODY_BYTES_MAX);
    if (options->body != NULL && file_read(options->body, &body, &fault) != ERR_OK) {
        (void)fprintf(stderr, "reboot-worker sign: %s\n", fault.text);
        buf_release(&body);
        return EXIT_FAILED;
    }
    const struct tc3_input input = {
        .method = view_of(options->method),
        .query = view_of(options->query),
        .body = buf_view(&body),
        .service = view_of(options->service),
        .time_s = time_s,
        .headers = chosen.at,
        .header_n = chosen.n,
    };
    int status = sign(options, &input, &lines);
    buf_release(&body);
    return status;
}

int cli_sign(int argc, char **argv)
{
    struct sign_options options = {
        .action = "RebootInstances",
        .method = "POST",
        .host = "ecm.intl.tencentcloudapi.com",
        .signed_headers = "content-type;host;x-tc-action",
        .query = "",
        .service = "ecm",
        .version = "2019-07-19",
        .region = "",
        .output = "text",
    };
    int64_t time_s;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return EXIT_OK;
    }
    if (!parse_options(argc, argv, &options))
        return usage_error("unknown option or argument", argv[optind < argc ? optind : argc - 1]);
    if (options.content_type == NULL)
        options.content_type = strcmp(options.method, "GET") == 0
                                   ? "application/x-www-form-urlencoded"
                                   : "application/json";
    if (strcmp(options.output, "text") != 0 && strcmp(options.output, "json") != 0)
        return usage_error("--output is text or json, not", options.output);
    if (!parse_time(options.time, &time_s))
        return usage_error("--time is neither unix seconds nor RFC 3339", options.time);
    return run(&options, time_s);
}
