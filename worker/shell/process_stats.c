/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/process_stats.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STAT_BYTES_MAX = 1024 };

/* Seconds since 1970 when the machine started; "btime" stands behind lines of any length. */
static double boot_time_s(void)
{
    static const char key[] = "btime ";
    double found = NAN;
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return NAN;
    while (isnan(found) && getline(&line, &room, file) > 0)
        if (strncmp(line, key, sizeof key - 1) == 0)
            found = strtod(line + sizeof key - 1, NULL);
    free(line);
    (void)fclose(file);
    return found;
}

/* proc(5), /proc/pid/stat: field 2 is the name in parentheses and may hold anything; 20
 * num_threads, 22 starttime (ticks since boot), 23 vsize (bytes), 24 rss (pages). */
static void read_stat(struct process_stats *out)
{
    enum { STATE = 3, FIELDS_END = 25 };
    double field[FIELDS_END] = {0};
    char text[STAT_BYTES_MAX];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL)
        return;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    const char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < 4)
        return;
    at += 3; /* ") S" */
    for (int i = STATE + 1; i < FIELDS_END; i++) {
        char *end;
        field[i] = strtod(at, &end);
        if (end == at)
            return;
        at = end;
    }
    out->threads = field[20];
    out->virtual_bytes = field[23];
    out->resident_bytes = field[24] * (double)sysconf(_SC_PAGESIZE);
    out->start_time_s = boot_time_s() + field[22] / (double)sysconf(_SC_CLK_TCK);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return NAN;
    double n = -1; /* the one that lists them */
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

void process_stats(struct process_stats *out)
{
    struct rlimit limit;
    struct rusage usage;
    *out = (struct process_stats){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    read_stat(out);
    out->open_fds = count_fds();
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        out->cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        out->max_fds = limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur;
}
