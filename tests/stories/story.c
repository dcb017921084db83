/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one story: does what its lines say and compares what happens with what stands, indented,
 * below each. Exit code 0 when they agree.
 *
 *   story FILE           the differences, if any
 *   story --print FILE   the story as it happens now */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "world.h"

enum { LINES_MAX = 2000, BLOCK_MAX = 400 };

static char *lines[LINES_MAX];
static int line_n;

static void read_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    if (file == NULL)
        world_fail("cannot read %s", path);
    for (ssize_t n; (n = getline(&line, &cap, file)) >= 0;) {
        if (line_n == LINES_MAX)
            world_fail("%s: too long", path);
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == ' '))
            line[--n] = '\0';
        lines[line_n] = strdup(line);
        CHECK(lines[line_n] != NULL);
        line_n++;
    }
    free(line);
    (void)fclose(file);
}

static bool is_expectation(const char *line)
{
    return line[0] == ' ';
}

static bool is_comment(const char *line)
{
    return line[0] == '#' || line[0] == '\0';
}

/* ---- two lists of lines ---- */

struct block {
    const char *at[BLOCK_MAX];
    int n;
};

static struct block expected_below(int i)
{
    struct block block = {.n = 0};
    for (i++; i < line_n && is_expectation(lines[i]) && block.n < BLOCK_MAX; i++)
        block.at[block.n++] = lines[i] + strspn(lines[i], " ");
    return block;
}

static struct block what_happened(void)
{
    struct block block = {.n = 0};
    for (uint32_t i = 0; i < world.line_n && block.n < BLOCK_MAX; i++)
        block.at[block.n++] = world.lines[i];
    return block;
}

static bool same(const struct block *a, const struct block *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->at[i], b->at[i]) != 0)
            return false;
    return true;
}

/* Longest common subsequence of what is expected from i and what happened from j on. */
static int common[BLOCK_MAX + 1][BLOCK_MAX + 1];

static void print_difference(const struct block *expected, const struct block *happened)
{
    for (int i = expected->n; i >= 0; i--)
        for (int j = happened->n; j >= 0; j--) {
            if (i == expected->n || j == happened->n)
                common[i][j] = 0;
            else if (strcmp(expected->at[i], happened->at[j]) == 0)
                common[i][j] = common[i + 1][j + 1] + 1;
            else
                common[i][j] =
                    common[i + 1][j] > common[i][j + 1] ? common[i + 1][j] : common[i][j + 1];
        }
    int i = 0;
    int j = 0;
    while (i < expected->n || j < happened->n) {
        if (i < expected->n && j < happened->n && strcmp(expected->at[i], happened->at[j]) == 0) {
            (void)printf("      %s\n", expected->at[i]);
            i++;
            j++;
        } else if (j == happened->n || (i < expected->n && common[i + 1][j] >= common[i][j + 1])) {
            (void)printf("    - %s\n", expected->at[i++]);
        } else {
            (void)printf("    + %s\n", happened->at[j++]);
        }
    }
}

/* ---- the story ---- */

static void forget_lines(void)
{
    for (uint32_t i = 0; i < world.line_n; i++)
        free(world.lines[i]);
    world.line_n = 0;
}

static void run_line(const char *path, int i)
{
    struct fault fault;
    if (!script_run(lines[i], &fault))
        world_fail("%s:%d: %s", path, i + 1, fault.text);
}

static int tell(const char *path, bool print)
{
    int differing = 0;
    for (int i = 0; i < line_n; i++) {
        if (print && !is_expectation(lines[i]))
            (void)printf("%s\n", lines[i]);
        if (is_comment(lines[i]) || is_expectation(lines[i]))
            continue;
        run_line(path, i);
        struct block expected = expected_below(i);
        struct block happened = what_happened();
        for (int h = 0; print && h < happened.n; h++)
            (void)printf("    %s\n", happened.at[h]);
        if (!print && !same(&expected, &happened)) {
            (void)printf("%s%s:%d: %s\n", differing > 0 ? "\n" : "", path, i + 1, lines[i]);
            print_difference(&expected, &happened);
            differing++;
        }
        forget_lines();
    }
    if (differing > 0)
        (void)printf("\n- stands in the story, + is what happens\n");
    return differing;
}

int main(int argc, char **argv)
{
    bool print = argc == 3 && strcmp(argv[1], "--print") == 0;
    if (argc != 2 && !print) {
        (void)fprintf(stderr, "usage: story [--print] FILE\n");
        return 2;
    }
    const char *path = argv[argc - 1];
    read_lines(path);
    world_init();
    for (int i = 0; i < line_n; i++)
        world.names_shown = world.names_shown || strncmp(lines[i], "move ", 5) == 0 ||
                            strncmp(lines[i], "give ", 5) == 0;
    int differing = tell(path, print);
    for (int i = 0; i < line_n; i++)
        free(lines[i]);
    return differing > 0 ? 1 : 0;
}
