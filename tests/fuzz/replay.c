/* SPDX-License-Identifier: Apache-2.0
 *
 * The main of a fuzz target without libFuzzer: gives it every file of the folders named, and the
 * empty input. A folder that is missing or empty fails, so a corpus cannot get lost. Each input is
 * a block of its own of just its size, so that the sanitizer sees a read past its end.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_BYTES_MAX = 4096, INPUT_BYTES_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (file == NULL || fstat(fileno(file), &about) != 0 || about.st_size > INPUT_BYTES_MAX) {
        perror(path);
        if (file != NULL)
            (void)fclose(file);
        return 1;
    }
    size_t size = (size_t)about.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    int failed = data == NULL || fread(data, 1, size, file) != size;
    (void)fclose(file);
    if (failed)
        perror(path);
    else
        (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return failed;
}

static int replay_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, alphasort);
    int files = 0;
    int failed = 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_BYTES_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length < (int)sizeof path) {
            failed |= replay_file(path);
            files++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("%s: %d inputs\n", folder, files);
    return failed || files == 0;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    int failed = argc < 2;
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++)
        failed |= replay_folder(argv[i]);
    return failed;
}
