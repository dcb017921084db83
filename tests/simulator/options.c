/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: one table of flags, from which --help is printed too.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flag {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *help;
    bool (*set)(struct options *options, const char *value);
};

static bool text_to_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

/* "1500ms", "30s", "5m", "1h"; *end_out stands behind it. At most a century. */
static bool text_to_ms(const char *text, int64_t *ms_out, const char **end_out)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t unit_n = strlen(units[i].unit);
        if (strncmp(end, units[i].unit, unit_n) != 0 || n > INT64_C(3153600000000) / units[i].ms)
            continue;
        *ms_out = n * units[i].ms;
        *end_out = end + unit_n;
        return true;
    }
    return false;
}

static bool set_listen(struct options *options, const char *value)
{
    const char *colon = strrchr(value, ':');
    uint64_t port;
    if (!colon || colon == value || !text_to_number(colon + 1, &port) || port > 65535)
        return false;
    size_t n = (size_t)(colon - value);
    if (value[0] == '[' && colon[-1] == ']') {
        value++;
        n -= 2;
    }
    if (n >= sizeof options->host)
        return false;
    memcpy(options->host, value, n);
    options->host[n] = '\0';
    snprintf(options->port, sizeof options->port, "%u", (unsigned)port);
    return true;
}

static bool set_secret_id(struct options *options, const char *value)
{
    options->secret_id = value;
    return value[0] != '\0';
}

static bool set_secret_key(struct options *options, const char *value)
{
    options->secret_key = value;
    return value[0] != '\0' && strlen(value) <= 256;
}

static bool set_token(struct options *options, const char *value)
{
    options->token = value;
    return value[0] != '\0';
}

static bool set_tls_cert(struct options *options, const char *value)
{
    options->tls_cert_file = value;
    return value[0] != '\0';
}

static bool set_tls_key(struct options *options, const char *value)
{
    options->tls_key_file = value;
    return value[0] != '\0';
}

static bool set_instances(struct options *options, const char *value)
{
    return text_to_number(value, &options->instances_n) && options->instances_n <= 10000000;
}

static bool set_fleet(struct options *options, const char *value)
{
    options->fleet_file = value;
    return value[0] != '\0';
}

static bool set_seed(struct options *options, const char *value)
{
    return text_to_number(value, &options->seed);
}

static bool set_rate_limit(struct options *options, const char *value)
{
    return text_to_number(value, &options->rate_limit);
}

static bool set_signature_life(struct options *options, const char *value)
{
    const char *end;
    return text_to_ms(value, &options->signature_life_ms, &end) && *end == '\0';
}

static bool set_reboot_duration(struct options *options, const char *value)
{
    const char *end;
    if (!text_to_ms(value, &options->reboot_min_ms, &end))
        return false;
    options->reboot_max_ms = options->reboot_min_ms;
    if (*end == '\0')
        return true;
    return strncmp(end, "..", 2) == 0 && text_to_ms(end + 2, &options->reboot_max_ms, &end) &&
           *end == '\0' && options->reboot_max_ms >= options->reboot_min_ms;
}

static bool set_clock_offset(struct options *options, const char *value)
{
    const char *end;
    bool negative = value[0] == '-';
    value += value[0] == '-' || value[0] == '+';
    if (!text_to_ms(value, &options->clock_offset_ms, &end) || *end != '\0')
        return false;
    if (negative)
        options->clock_offset_ms = -options->clock_offset_ms;
    return true;
}

static bool set_partial(struct options *options, const char *value)
{
    (void)value;
    options->partial = true;
    return true;
}

static bool set_reject_force(struct options *options, const char *value)
{
    (void)value;
    options->reject_force_with_stoptype = true;
    return true;
}

static bool set_style(struct options *options, const char *value)
{
    return message_style_of(value, &options->style);
}

static bool set_fault(struct options *options, const char *value)
{
    if (options->faults_n == FAULT_FLAGS_MAX)
        return false;
    options->faults[options->faults_n++] = value;
    return true;
}

static const struct flag flags[] = {
    {"listen", "HOST:PORT", "address; port 0 picks a free one, printed on stdout", set_listen},
    {"secret-id", "ID", "the one SecretId that exists (required)", set_secret_id},
    {"secret-key", "KEY", "its SecretKey (required)", set_secret_key},
    {"token", "TOKEN", "X-TC-Token that calls must carry; without it they must not", set_token},
    {"tls-cert", "FILE", "speak HTTPS with this certificate (PEM)", set_tls_cert},
    {"tls-key", "FILE", "and its key (PEM)", set_tls_key},
    {"instances", "N", "N running instances, ein-00000000 ... (8 hex digits)", set_instances},
    {"fleet", "FILE", "instances from FILE, one JSON object a line: {id, region, state, ...}",
     set_fleet},
    {"seed", "S", "of everything random (default 1)", set_seed},
    {"rate-limit", "N", "calls a second of each action, 0 = unlimited (default 20)",
     set_rate_limit},
    {"signature-life", "TIME", "how old or early a signature may be (default 300s)",
     set_signature_life},
    {"reboot-duration", "TIME[..TIME]", "how long a reboot takes (default 30s..90s)",
     set_reboot_duration},
    {"clock-offset", "[-]TIME", "how far the server's clock is ahead (default 0s)",
     set_clock_offset},
    {"partial", NULL, "a batch with refused instances still reboots the others", set_partial},
    {"reject-force-with-stoptype", NULL, "refuse ForceReboot together with StopType",
     set_reject_force},
    {"message-style", "STYLE", "names | none | chinese | multi-line (default names)", set_style},
    {"fault", "JSON", "a fault as for POST /_sim/faults; may be repeated", set_fault},
    {"help", NULL, "print this", NULL},
    {"version", NULL, "print the version", NULL},
};

enum { FLAGS_N = sizeof flags / sizeof flags[0] };

static void print_help(void)
{
    printf("Usage: ecm-simulator --secret-id ID --secret-key KEY [--instances N | --fleet FILE]\n"
           "                     [--listen 127.0.0.1:PORT] [flags]\n\n"
           "A local stand-in for Tencent Cloud's ECM API: TC3-HMAC-SHA256, RebootInstances,\n"
           "DescribeInstances, DescribeInstancesDeniedActions, faults at will, and a log of\n"
           "what really happened.\n\nFlags (TIME is a number with ms, s, m or h):\n");
    for (int i = 0; i < FLAGS_N; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", flags[i].name, flags[i].value ? flags[i].value : "");
        printf("  %-32s %s\n", left, flags[i].help);
    }
    printf("\nEndpoints: / (the API), GET /_sim/log[?from=N], GET /_sim/stats,\n"
           "GET|POST|DELETE /_sim/faults, GET|POST /_sim/instances\n");
}

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "ecm-simulator: %s%s%s\nTry 'ecm-simulator --help'.\n", what, value ? ": " : "",
            value ? value : "");
    return 2;
}

int options_parse(int argc, char **argv, struct options *options)
{
    struct option longs[FLAGS_N + 1] = {{0}};
    for (int i = 0; i < FLAGS_N; i++)
        longs[i] = (struct option){flags[i].name, flags[i].value ? 1 : 0, NULL, 0};
    *options = (struct options){.host = "127.0.0.1",
                                .port = "0",
                                .seed = 1,
                                .rate_limit = 20,
                                .signature_life_ms = 300000,
                                .reboot_min_ms = 30000,
                                .reboot_max_ms = 90000};
    int which;
    int got;
    opterr = 0; /* we say it ourselves */
    while ((got = getopt_long(argc, argv, "", longs, &which)) == 0) {
        if (strcmp(flags[which].name, "help") == 0) {
            print_help();
            return 0;
        }
        if (strcmp(flags[which].name, "version") == 0) {
            printf("ecm-simulator %s\n", REBOOT_WORKER_VERSION);
            return 0;
        }
        if (!flags[which].set(options, optarg)) {
            char what[64];
            snprintf(what, sizeof what, "bad value for --%s", flags[which].name);
            return usage_error(what, optarg);
        }
    }
    if (got != -1)
        return usage_error("unknown flag, or one without its value", argv[optind - 1]);
    if (optind < argc)
        return usage_error("unexpected argument", argv[optind]);
    if (!options->secret_id || !options->secret_key)
        return usage_error("--secret-id and --secret-key are required", NULL);
    if (!options->tls_cert_file != !options->tls_key_file)
        return usage_error("--tls-cert and --tls-key need each other", NULL);
    if (options->fleet_file && options->instances_n > 0)
        return usage_error("--instances and --fleet exclude each other", NULL);
    return -1;
}
