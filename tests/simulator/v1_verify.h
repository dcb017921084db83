/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's side of the older signature: HmacSHA1 or HmacSHA256 over sorted parameters that
 * travel in the query of a GET or the form of a POST.
 */
#ifndef TESTS_SIMULATOR_V1_VERIFY_H
#define TESTS_SIMULATOR_V1_VERIFY_H

#include "tc3_verify.h"

/* `form` holds the parameters as they came. True if the signature holds; else false and why. */
bool v1_verify(const struct request *request, const char *form, const struct tc3_rules *rules,
               struct api_error *error_out);

#endif
