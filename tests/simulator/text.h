/* SPDX-License-Identifier: Apache-2.0
 *
 * ASCII, whatever the locale.
 */
#ifndef TESTS_SIMULATOR_TEXT_H
#define TESTS_SIMULATOR_TEXT_H

#include <stdbool.h>

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char lower_of(char c)
{
    return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

#endif
