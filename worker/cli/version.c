/* SPDX-License-Identifier: Apache-2.0
 *
 * `reboot-worker version`: the program's and its libraries'. */
#include <curl/curl.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "core/record.h"

static int print_json(void)
{
    json_t *root = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s}", "version", REBOOT_WORKER_VERSION,
                             "ledgerFormat", LEDGER_FORMAT, "librdkafka", rd_kafka_version_str(),
                             "libcurl", curl_version_info(CURLVERSION_NOW)->version, "openssl",
                             OpenSSL_version(OPENSSL_VERSION), "jansson", JANSSON_VERSION);
    bool ok = root != NULL && json_dumpf(root, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(root);
    return ok ? EXIT_OK : EXIT_FAILED;
}

int cli_version(int argc, char **argv)
{
    const char *output = "text";
    const struct cli_flag flags[] = {{"output", 'o', &output, NULL, "text|json  default: text"}};
    const struct cli_command command = {"version", "Shows versions.", "", flags, 1, false};
    struct cli_args args;
    bool json;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    cli_args_release(&args);
    if (!cli_output(&command, output, &json))
        return EXIT_USAGE;
    if (json)
        return print_json();
    (void)printf("reboot-worker %s (ledger format %d)\n", REBOOT_WORKER_VERSION, LEDGER_FORMAT);
    (void)printf("librdkafka %s, libcurl %s, %s, jansson %s\n", rd_kafka_version_str(),
                 curl_version_info(CURLVERSION_NOW)->version, OpenSSL_version(OPENSSL_VERSION),
                 JANSSON_VERSION);
    return EXIT_OK;
}
