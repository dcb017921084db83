/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/table.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/table.h"
#include "pool_fixture.h"

enum { N = 5000, BYTES = 4 << 20 };

static struct view id_of(char text[16], int i)
{
    return (struct view){text, (size_t)snprintf(text, 16, "ein-%08x", i)};
}

static void whoever_was_added_is_found_until_removed(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    struct table table;
    char text[16];
    table_init(&table, &pool, 1, 3);
    for (int i = 0; i < N; i++) {
        assert_null(table_find(&table, id_of(text, i)));
        struct entry *entry = table_need(&table, id_of(text, i));
        assert_int_equal(entry->partition, 3);
        assert_ptr_equal(table_need(&table, id_of(text, i)), entry);
    }
    assert_int_equal(table.entry_n, N);
    for (int i = 0; i < N; i += 2)
        table_remove(&table, table_find(&table, id_of(text, i)));
    for (int i = 0; i < N; i++) {
        const struct entry *entry = table_find(&table, id_of(text, i));
        assert_int_equal(entry != NULL, i % 2 == 1);
        if (entry != NULL)
            assert_true(view_equals(entry_id(entry), id_of(text, i)));
    }
    table_release(&table);
    assert_int_equal(pool_used(&pool), 0);
    free(memory);
}

static void a_walk_meets_everybody_once(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    struct table table;
    char text[16];
    table_init(&table, &pool, 99, 0);
    assert_null(table_next(&table, NULL));
    for (int i = 0; i < N; i++)
        (void)table_need(&table, id_of(text, i));
    int n = 0;
    for (struct entry *entry = NULL; (entry = table_next(&table, entry)) != NULL; n++) {
        assert_int_equal(entry->taint, TAINT_NONE); /* a mark: not met before */
        entry->taint = TAINT_DENIED;
    }
    assert_int_equal(n, N);
    table_release(&table);
    free(memory);
}

/* IDs come from outside: who knows them all must not know where they fall. */
static void the_seed_decides_the_order(void **state)
{
    (void)state;
    struct pool pool;
    void *memory = pool_open(&pool, BYTES);
    struct table tables[2];
    char text[16];
    for (unsigned t = 0; t < 2; t++) {
        table_init(&tables[t], &pool, 1000 + t, 0);
        for (int i = 0; i < 100; i++)
            (void)table_need(&tables[t], id_of(text, i));
    }
    int same = 0;
    const struct entry *a = table_next(&tables[0], NULL);
    const struct entry *b = table_next(&tables[1], NULL);
    for (int i = 0; i < 100; i++) {
        same += view_equals(entry_id(a), entry_id(b));
        a = table_next(&tables[0], a);
        b = table_next(&tables[1], b);
    }
    assert_true(same < 20);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_was_added_is_found_until_removed),
        cmocka_unit_test(a_walk_meets_everybody_once),
        cmocka_unit_test(the_seed_decides_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
