/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the configuration: bytes, and lines of name=value. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "shell/config.h"

/* All memory at once and no stdio between, so that a secret leaves no copy behind. */
static enum err read_all(int fd, struct buf *out)
{
    char block[4096];
    ssize_t n;
    enum err err = buf_reserve(out, out->ceiling - out->n);
    while (err == ERR_OK && (n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno != EINTR)
            err = ERR_SYSTEM;
        else if (n > 0)
            err = buf_append(out, block, (size_t)n);
    }
    explicit_bzero(block, sizeof block);
    return err;
}

enum err config_read_file(const char *path, struct buf *out, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fault_set(fault, ERR_CONFIG, "%s: %s", path, strerror(errno));
    enum err err = read_all(fd, out);
    if (err == ERR_LIMIT)
        err = fault_set(fault, ERR_CONFIG, "%s: longer than %zu bytes", path, out->ceiling);
    else if (err != ERR_OK)
        err = fault_set(fault, ERR_CONFIG, "%s: %s", path, strerror(errno));
    (void)close(fd);
    return err;
}

/* ---- properties file, as kcat -F reads it ---- */

static struct view trim(struct view text)
{
    while (text.n > 0 && isspace((unsigned char)text.p[0]))
        text = (struct view){text.p + 1, text.n - 1};
    while (text.n > 0 && isspace((unsigned char)text.p[text.n - 1]))
        text.n--;
    return text;
}

static enum err read_property(struct config *config, struct view line, struct fault *fault)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return ERR_OK;
    const char *equals = memchr(line.p, '=', line.n);
    if (equals == NULL)
        return fault_set(fault, ERR_CONFIG, "a line must be name=value");
    size_t n = (size_t)(equals - line.p);
    return config_set_property(config, trim((struct view){line.p, n}),
                               trim((struct view){equals + 1, line.n - n - 1}), fault);
}

enum err config_read_properties_text(struct config *config, const char *path, struct view text,
                                     struct fault *fault)
{
    enum err err = ERR_OK;
    for (int line = 1; err == ERR_OK && text.n > 0; line++) {
        struct fault why;
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);
        err = read_property(config, (struct view){text.p, n}, &why);
        if (err != ERR_OK)
            err = fault_set(fault, err, "%s:%d: %s", path, line, why.text);
        n += end != NULL;
        text = (struct view){text.p + n, text.n - n};
    }
    return err;
}

enum err config_read_properties(struct config *config, const char *path, struct fault *fault)
{
    struct buf text;
    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    enum err err = config_read_file(path, &text, fault);
    if (err == ERR_OK)
        err = config_read_properties_text(config, path, buf_view(&text), fault);
    buf_release_secret(&text);
    return err;
}
