/* SPDX-License-Identifier: Apache-2.0
 *
 * What can fail returns enum err, and on failure has changed nothing. There is no last-error
 * variable: details for a person go into the caller's struct fault.
 */
#ifndef WORKER_BASE_ERR_H
#define WORKER_BASE_ERR_H

#define MUST_USE               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* The answer to "what should I do now?" stands with each. */
enum err {
    ERR_OK = 0,
    ERR_INVALID,     /* the input breaks a rule; the fault names the field or place: refuse it */
    ERR_LIMIT,       /* a stated limit is reached: apply the defined answer for it, or try later */
    ERR_UNAVAILABLE, /* the other side is away: try again later */
    ERR_DENIED,      /* credentials or permissions: a person must act */
    ERR_CONFIG,      /* the configuration does not fit: stop with exit code 78 */
    ERR_SYSTEM,      /* the operating system or a library refused: see the fault */
};

/* What went wrong, for a person. Never holds a secret. */
struct fault {
    char text[512];
};

/* Formats into the fault, cutting what does not fit; returns `err` so that a failure is one line.
 * fault may be NULL. */
enum err fault_set(struct fault *fault, enum err err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The process exit code that fits: 1 failed, 4 credentials, 75 try again, 78 configuration. */
int err_exit_code(enum err err);

#endif
