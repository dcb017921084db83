/* SPDX-License-Identifier: Apache-2.0
 *
 * The main of a fuzz target without libFuzzer: gives it every file in and below the folders named,
 * and the empty input. A folder that is missing or empty fails, so a corpus cannot get lost. Each
 * input is a block of its own of just its size, so that the sanitizer sees a read past its end.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_BYTES_MAX = 4096, INPUT_BYTES_MAX = 16 << 20, DEPTH_MAX = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);
    int failed = file == NULL || data == NULL || fread(data, 1, size, file) != size;
    if (file != NULL)
        (void)fclose(file);
    if (failed)
        perror(path);
    else
        (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

static int replay(const char *path, int depth, int *files);

static int replay_folder(const char *folder, int depth, int *files)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort);
    int failed = n < 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_BYTES_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length < (int)sizeof path)
            failed |= replay(path, depth - 1, files);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

static int replay(const char *path, int depth, int *files)
{
    struct stat about;
    bool known = stat(path, &about) == 0;
    if (known && S_ISDIR(about.st_mode) && depth > 0)
        return replay_folder(path, depth, files);
    if (!known || !S_ISREG(about.st_mode) || about.st_size > INPUT_BYTES_MAX) {
        perror(path);
        return 1;
    }
    ++*files;
    return replay_file(path, (size_t)about.st_size);
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    int failed = argc < 2;
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        int files = 0;
        failed |= replay(argv[i], DEPTH_MAX, &files);
        failed |= files == 0;
        printf("%s: %d inputs\n", argv[i], files);
    }
    return failed;
}
