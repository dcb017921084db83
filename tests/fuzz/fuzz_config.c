/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration from any bytes: a YAML file, lines of properties, or one option's value. What
 * is refused says where; what is taken prints as YAML that reads back and prints the same.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/utf8.h"
#include "shell/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "KEY=VALUE" sets one option. */
static enum err set_option(struct config *config, struct view text, struct fault *fault)
{
    const char *equals = text.n > 0 ? memchr(text.p, '=', text.n) : NULL;
    const struct option_row *option =
        equals == NULL ? NULL : config_find((struct view){text.p, (size_t)(equals - text.p)});
    if (option == NULL)
        return fault_set(fault, ERR_CONFIG, "w: no option");
    struct view value = {equals + 1, text.n - (size_t)(equals + 1 - text.p)};
    struct fault why;
    enum err err = config_set(config, option, value, &why);
    return err == ERR_OK ? err : fault_set(fault, err, "w: %s", why.text);
}

static void print_and_read_back(const struct config *config)
{
    struct config again;
    struct fault fault;
    struct buf first;
    struct buf second;
    buf_init(&first, 8 * CONFIG_FILE_BYTES_MAX);
    buf_init(&second, 8 * CONFIG_FILE_BYTES_MAX);
    CHECK(config_print(config, &first) == ERR_OK);
    CHECK(config_init(&again, &fault) == ERR_OK);
    CHECK(config_read_yaml_text(&again, "printed", buf_view(&first), &fault) == ERR_OK);
    CHECK(config_print(&again, &second) == ERR_OK);
    CHECK(view_equals(buf_view(&first), buf_view(&second)));
    config_release(&again);
    buf_release(&first);
    buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct fault fault = {""};
    if (size == 0)
        return 0;
    struct view text = {(const char *)data + 1, size - 1};
    CHECK(config_init(&config, &fault) == ERR_OK);
    CHECK(config_set(&config, config_find(VIEW_LIT("name")), VIEW_LIT("n"), &fault) == ERR_OK);
    CHECK(config_set(&config, config_find(VIEW_LIT("events.source")), VIEW_LIT("/s"), &fault) ==
          ERR_OK);
    enum err err = data[0] % 3 == 0   ? config_read_yaml_text(&config, "w", text, &fault)
                   : data[0] % 3 == 1 ? config_read_properties_text(&config, "w", text, &fault)
                                      : set_option(&config, text, &fault);
    CHECK(err == ERR_OK || err == ERR_CONFIG);
    CHECK(err == ERR_OK || memcmp(fault.text, "w:", 2) == 0);
    if (err == ERR_OK && utf8_is_valid(text))
        print_and_read_back(&config);
    config_release(&config);
    return 0;
}
