/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of wire/json_html.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/json_html.h"

static void assert_html(const char *json, const char *html)
{
    struct buf out;
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    buf_init(&out, 4096);
    assert_int_equal(json_html(value, &out), ERR_OK);
    assert_string_equal(out.p, html);
    buf_release(&out);
    json_decref(value);
}

static void values_become_cells_and_tables(void **state)
{
    (void)state;
    assert_html("true", "yes");
    assert_html("null", "&ndash;");
    assert_html("0.25", "0.25");
    assert_html("[]", "none");
    assert_html("{\"openEntries\": 3}",
                "<table>\n<tr><th>open entries<td class=number>3\n</table>");
    assert_html("[{\"a\": 1, \"b\": \"x\"}, {\"a\": 2, \"b\": null}]",
                "<table>\n<tr><th>a<th>b\n<tr><td class=number>1<td>x\n"
                "<tr><td class=number>2<td>&ndash;\n</table>");
}

static void trouble_stands_out(void **state)
{
    (void)state;
    assert_html("{\"ok\": false}", "<table>\n<tr><th>ok<td class=alarm>no\n</table>");
    assert_html("{\"ok\": true}", "<table>\n<tr><th>ok<td>yes\n</table>");
    assert_html("{\"open\": true}", "<table>\n<tr><th>open<td class=alarm>yes\n</table>");
    assert_html("{\"assigned\": false}", "<table>\n<tr><th>assigned<td>no\n</table>");
}

static void no_text_becomes_markup(void **state)
{
    (void)state;
    assert_html("{\"<b>\": \"</td><script>\\\"&'\"}",
                "<table>\n<tr><th>&lt;b&gt;<td>&lt;/td&gt;&lt;script&gt;&quot;&amp;'\n</table>");
}

static void what_does_not_fit_fails(void **state)
{
    struct buf out;
    json_t *value = json_loads("[{\"a\": \"text\", \"b\": 1}]", 0, NULL);
    (void)state;
    assert_non_null(value);
    for (size_t most = 1; most < 50; most++) {
        buf_init(&out, most);
        assert_int_equal(json_html(value, &out), ERR_LIMIT);
        buf_release(&out);
    }
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_cells_and_tables),
        cmocka_unit_test(trouble_stands_out),
        cmocka_unit_test(no_text_becomes_markup),
        cmocka_unit_test(what_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
