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

int cli_version(int argc, char **argv)
{
    const struct cli_command command = {"version", "Shows versions.", "", NULL, 0, false};
    struct cli_args args;
    int status;
    if (!cli_parse(&command, argc, argv, &args, &status))
        return status;
    cli_args_release(&args);
    (void)printf("reboot-worker %s (ledger format %d)\n", REBOOT_WORKER_VERSION, LEDGER_FORMAT);
    (void)printf("librdkafka %s, libcurl %s, %s, jansson %s\n", rd_kafka_version_str(),
                 curl_version_info(CURLVERSION_NOW)->version, OpenSSL_version(OPENSSL_VERSION),
                 JANSSON_VERSION);
    return EXIT_OK;
}
