/* SPDX-License-Identifier: Apache-2.0
 *
 * The subcommands: each is a main() of its own, argv[0] being its name; the result is the exit
 * code. Data goes to stdout, everything else to stderr.
 */
#ifndef WORKER_CLI_CLI_H
#define WORKER_CLI_CLI_H

int cli_sign(int argc, char **argv);

#endif
