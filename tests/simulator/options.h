/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line.
 */
#ifndef TESTS_SIMULATOR_OPTIONS_H
#define TESTS_SIMULATOR_OPTIONS_H

#include "messages.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULT_FLAGS_MAX 64

struct options {
    char host[256]; /* of --listen */
    char port[8];
    const char *secret_id;
    const char *secret_key;
    const char *token;         /* NULL: calls carry none */
    const char *tls_cert_file; /* NULL: no TLS, as tls_key_file */
    const char *tls_key_file;
    const char *fleet_file;
    uint64_t instances_n;
    uint64_t seed;
    uint64_t rate_limit; /* calls a second and action, 0 = unlimited */
    int64_t signature_life_ms;
    int64_t reboot_min_ms;
    int64_t reboot_max_ms;
    int64_t clock_offset_ms;
    bool partial;
    bool reject_force_with_stoptype;
    enum message_style style;
    const char *faults[FAULT_FLAGS_MAX]; /* JSON */
    int faults_n;
};

/* Fills `options` (which borrows from argv) and returns -1, or returns the exit code: 0 after
 * --help and --version, 2 after a usage error, said on stderr. */
int options_parse(int argc, char **argv, struct options *options);

#endif
