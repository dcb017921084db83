/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum err file_read(const char *path, struct buf *out, struct fault *fault)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (in == NULL)
        return fault_set(fault, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    enum err err = ERR_OK;
    char part[16 * 1024];
    for (size_t n; err == ERR_OK && (n = fread(part, 1, sizeof part, in)) > 0;)
        err = buf_append(out, part, n);
    if (err != ERR_OK)
        (void)fault_set(fault, err, "%s: over %zu bytes", path, out->ceiling);
    else if (ferror(in))
        err = fault_set(fault, ERR_SYSTEM, "%s: cannot be read", path);
    if (in != stdin)
        (void)fclose(in);
    return err;
}
