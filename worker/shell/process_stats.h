/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operating system says about this process, under the names that Prometheus' own client
 * libraries use. Reads /proc/self; what cannot be read is NAN.
 */
#ifndef WORKER_SHELL_PROCESS_STATS_H
#define WORKER_SHELL_PROCESS_STATS_H

struct process_stats {
    double cpu_s; /* user and system */
    double resident_bytes;
    double virtual_bytes;
    double open_fds;
    double max_fds; /* INFINITY: no limit */
    double threads;
    double start_time_s; /* unix */
};

void process_stats(struct process_stats *out);

#endif
