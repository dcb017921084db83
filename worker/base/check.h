/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts that stay on in release builds.
 *
 * PRE is the caller's duty, CHECK our own belief, UNREACHABLE a place the code cannot reach. One
 * condition each and no side effects. Bad input from outside is an error (base/err.h), never a
 * check.
 */
#ifndef WORKER_BASE_CHECK_H
#define WORKER_BASE_CHECK_H

/* Ends the process. Defined by whoever links: the shell logs and aborts, a test fails. */
_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line);

#define PRE(expr)     ((expr) ? (void)0 : check_failed("precondition", #expr, __FILE__, __LINE__))
#define CHECK(expr)   ((expr) ? (void)0 : check_failed("check", #expr, __FILE__, __LINE__))
#define UNREACHABLE() check_failed("unreachable", "", __FILE__, __LINE__)

#endif
