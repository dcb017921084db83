/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/ledger.h: which records count. What they do is told by the stories; snapshots
 * have a test of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/random.h"
#include "core/call.h"
#include "core/ledger.h"
#include "pool_fixture.h"

enum { POOL_BYTES = 160 * 1024 * 1024, LARGE_POOL_BYTES = 480 * 1024 * 1024 };

static struct pool pool;
static void *memory;
static struct ledger ledger;
static struct folded folded;

static int set_up_with(size_t bytes)
{
    memory = pool_open(&pool, bytes);
    ledger_init(&ledger, &pool, 1, 0);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(POOL_BYTES);
}

static int set_up_large(void **state)
{
    (void)state;
    return set_up_with(LARGE_POOL_BYTES);
}

static int tear_down(void **state)
{
    (void)state;
    ledger_release(&ledger);
    assert_int_equal(pool_used(&pool), 0);
    free(memory);
    return 0;
}

static enum fold_result fold(int64_t offset, const struct record *record)
{
    return ledger_fold(&ledger, offset, 1767261600000 + offset, record, &folded);
}

static enum fold_result claim_of_format(int64_t offset, const char *worker, uint32_t format)
{
    const struct record record = {
        .kind = RECORD_CLAIM,
        .u.claim = {.pool = VIEW_LIT("pool"),
                    .worker = view_of(worker),
                    .nonce = 1,
                    .format = format,
                    .limits = {.open_requests = 2, .closed_requests = 2, .entry_bytes = 65536}}};
    return fold(offset, &record);
}

static enum fold_result claim(int64_t offset, const char *worker)
{
    return claim_of_format(offset, worker, LEDGER_FORMAT);
}

/* One new request, for an instance that is named by the offset; the cursor says which task. */
static enum fold_result task(int64_t offset, int64_t epoch, uint32_t seq)
{
    char id[32];
    const struct task_op op = {
        .task = {.type = TASK_REBOOT,
                 .source = {.offset = offset},
                 .requested_ms = 1767261600000,
                 .record_ms = 1767261600000,
                 .not_before_ms = TIME_NONE,
                 .expires_ms = 1767348000000,
                 .request_id = VIEW_LIT("r1"),
                 .instance_id = {id,
                                 (size_t)snprintf(id, sizeof id, "ein-%lld", (long long)offset)}},
        .serves_after_ms = TIME_NONE,
    };
    const struct record record = {
        .kind = RECORD_TASKS,
        .epoch = epoch,
        .seq = seq,
        .u.tasks = {.cursor = offset, .ops = &op, .op_n = 1},
    };
    return fold(offset, &record);
}

/* Whatever a void record must leave alone. */
static void assert_state(int64_t epoch, uint32_t next_seq, uint32_t entry_n)
{
    assert_int_equal(ledger.epoch, epoch);
    assert_int_equal(ledger.next_seq, next_seq);
    assert_int_equal(ledger.table.entry_n, entry_n);
    assert_int_equal(outbox_count(&ledger.outbox), entry_n); /* one `accepted` each */
    assert_int_equal(ledger.phase_n[ENTRY_WAITING], entry_n);
}

static void a_claim_makes_its_own_offset_the_epoch(void **state)
{
    (void)state;
    assert_int_equal(ledger.epoch, -1);
    assert_int_equal(claim(0, "A"), FOLD_CLAIM);
    assert_state(0, 0, 0);
    assert_int_equal(task(1, 0, 0), FOLD_APPLIED);
    assert_int_equal(claim(2, "B"), FOLD_CLAIM);
    assert_state(2, 0, 1);
    assert_true(view_is(ledger_owner(&ledger), "B"));
    assert_int_equal(task(3, 2, 0), FOLD_APPLIED);
    assert_state(2, 1, 2);
}

static void nothing_is_valid_before_the_first_claim(void **state)
{
    (void)state;
    const struct record reply = {.kind = RECORD_REPLY};
    assert_int_equal(fold(0, &reply), FOLD_NEWS);
    assert_int_equal(task(1, 0, 0), FOLD_VOID);
    assert_state(-1, 0, 0);
}

static void what_an_older_epoch_appends_is_void(void **state)
{
    (void)state;
    (void)claim(0, "A");
    (void)task(1, 0, 0);
    (void)claim(2, "B");
    assert_int_equal(task(3, 0, 1), FOLD_VOID);
    assert_int_equal(task(4, 0, 0), FOLD_VOID);
    assert_state(2, 0, 1);
    assert_int_equal(ledger.cursor, 1);
    assert_int_equal(task(5, 2, 0), FOLD_APPLIED); /* and does not use up a seq */
}

static void a_duplicate_is_void(void **state)
{
    (void)state;
    (void)claim(0, "A");
    assert_int_equal(task(1, 0, 0), FOLD_APPLIED);
    assert_int_equal(task(2, 0, 0), FOLD_VOID);
    assert_int_equal(task(3, 0, 1), FOLD_APPLIED);
    assert_int_equal(task(4, 0, 1), FOLD_VOID);
    assert_int_equal(task(5, 0, 0), FOLD_VOID);
    assert_state(0, 2, 2);
}

static void whatever_follows_a_gap_is_void(void **state)
{
    (void)state;
    (void)claim(0, "A");
    assert_int_equal(task(1, 0, 0), FOLD_APPLIED);
    for (uint32_t seq = 2; seq < 10; seq++)
        assert_int_equal(task(seq, 0, seq), FOLD_VOID);
    assert_state(0, 1, 1);
    assert_int_equal(task(10, 0, 1), FOLD_APPLIED); /* the missing one, late */
    assert_state(0, 2, 2);
}

/* A record of the future, or one that names itself: no owner writes that. */
static void an_epoch_that_is_not_below_its_own_offset_breaks_the_log(void **state)
{
    (void)state;
    (void)claim(0, "A");
    assert_int_equal(task(5, 5, 0), FOLD_BROKEN);
    assert_non_null(folded.why);
    assert_int_equal(task(6, 7, 0), FOLD_BROKEN);
    assert_state(0, 0, 0);
}

static void a_log_that_does_not_start_at_its_beginning_is_broken(void **state)
{
    (void)state;
    assert_int_equal(claim(1, "A"), FOLD_BROKEN);
    assert_non_null(folded.why);
}

/* Its records could not be read: whoever goes on would only take the partition away from it. */
static void a_claim_of_a_newer_format_breaks_the_log(void **state)
{
    (void)state;
    assert_int_equal(claim(0, "A"), FOLD_CLAIM);
    assert_int_equal(claim_of_format(1, "B", LEDGER_FORMAT + 1), FOLD_BROKEN);
    assert_non_null(strstr(folded.why, "upgrade"));
    assert_state(0, 0, 0);
}

/* Brokers use offsets themselves, for transactions and for what compaction took. */
static void offsets_may_have_gaps(void **state)
{
    (void)state;
    (void)claim(0, "A");
    assert_int_equal(task(17, 0, 0), FOLD_APPLIED);
    assert_int_equal(task(1000000, 0, 1), FOLD_APPLIED);
    assert_int_equal(ledger.next_offset, 1000001);
}

static void a_reply_is_news_and_changes_nothing(void **state)
{
    (void)state;
    (void)claim(0, "A");
    (void)task(1, 0, 0);
    struct view id = VIEW_LIT("ein-1");
    const struct record reply = {.kind = RECORD_REPLY,
                                 .u.reply = {.sent = true, .instance_ids = &id, .instance_n = 1}};
    assert_int_equal(fold(2, &reply), FOLD_NEWS);
    assert_int_equal(folded.touched_n, 0);
    assert_state(0, 1, 1);
    assert_int_equal(task(3, 0, 1), FOLD_APPLIED); /* it has no seq */
}

static void the_limits_of_the_claim_hold_until_the_next_one(void **state)
{
    (void)state;
    (void)claim(0, "A");
    assert_int_equal(ledger.limits.open_requests, 2);
    struct record record = {.kind = RECORD_CLAIM, .u.claim = {.limits = {7, 8, 9}}};
    (void)fold(1, &record);
    assert_int_equal(ledger.limits.open_requests, 7);
    assert_int_equal(ledger.limits.closed_requests, 8);
    assert_int_equal(ledger.limits.entry_bytes, 9);
}

static void a_mark_only_moves_forward(void **state)
{
    (void)state;
    (void)claim(0, "A");
    (void)task(1, 0, 0);
    (void)task(2, 0, 1);
    struct record mark = {.kind = RECORD_MARK, .seq = 2, .u.mark = {.cursor = 9, .published = 2}};
    assert_int_equal(fold(3, &mark), FOLD_APPLIED);
    assert_int_equal(ledger.cursor, 9);
    assert_int_equal(ledger.published, 2);
    assert_int_equal(outbox_count(&ledger.outbox), 1);
    mark = (struct record){.kind = RECORD_MARK, .seq = 3, .u.mark = {.cursor = 4, .published = 1}};
    assert_int_equal(fold(4, &mark), FOLD_APPLIED);
    assert_int_equal(ledger.cursor, 9);
    assert_int_equal(ledger.published, 2);
}

/* A full pool is said before anything is changed. */
static void what_does_not_fit_is_not_begun(void **state)
{
    (void)state;
    (void)claim(0, "A");
    void *rest[64] = {NULL};
    int n = 0;
    while (n < 64 && (rest[n] = pool_take(&pool, 8 << 20)) != NULL)
        n++;
    assert_int_equal(task(1, 0, 0), FOLD_FULL);
    assert_int_equal(ledger.next_offset, 1);
    assert_state(0, 0, 0);
    while (n > 0)
        pool_give(&pool, rest[--n], 8 << 20);
}

/* As many requests of one instance as the configuration may allow, for as many instances as a call
 * may have. */
enum { REQUESTS_MAX = 1024, BATCH = CALL_REBOOT_INSTANCES_MAX };

static struct view name_of(char text[32], int i)
{
    return (struct view){text, (size_t)snprintf(text, 32, "ein-%d", i)};
}

static void open_all(int instance)
{
    static struct task_op ops[RECORD_OPS_MAX];
    static char ids[RECORD_OPS_MAX][32];
    char name[32];
    for (int done = 0; done < REQUESTS_MAX; done += RECORD_OPS_MAX) {
        for (int i = 0; i < RECORD_OPS_MAX; i++) {
            struct task task = {.type = TASK_REBOOT,
                                .source = {.partition = instance, .offset = done + i},
                                .not_before_ms = TIME_NONE,
                                .expires_ms = 1767348000000,
                                .request_id = name_of(ids[i], done + i),
                                .instance_id = name_of(name, instance)};
            ops[i] = (struct task_op){.task = task, .serves_after_ms = TIME_NONE};
        }
        const struct record record = {.kind = RECORD_TASKS,
                                      .seq = ledger.next_seq,
                                      .u.tasks = {.ops = ops, .op_n = RECORD_OPS_MAX}};
        assert_int_equal(fold(ledger.next_offset, &record), FOLD_APPLIED);
    }
}

static void one_answer_may_end_everything_that_is_open(void **state)
{
    (void)state;
    static char names[BATCH][32];
    struct view ids[BATCH];
    struct member members[BATCH];
    struct record record = {.kind = RECORD_CLAIM,
                            .u.claim = {.limits = {REQUESTS_MAX, REQUESTS_MAX, 512 * 1024}}};
    (void)fold(0, &record);
    for (int i = 0; i < BATCH; i++) {
        open_all(i);
        ids[i] = name_of(names[i], i);
        members[i] = (struct member){.instance_id = ids[i], .verdict = MEMBER_FAILED};
    }
    record =
        (struct record){.kind = RECORD_INTENT,
                        .seq = ledger.next_seq,
                        .u.intent = {.dispatch = {1, 1}, .instance_ids = ids, .instance_n = BATCH}};
    assert_int_equal(fold(ledger.next_offset, &record), FOLD_APPLIED);
    uint32_t before = outbox_count(&ledger.outbox);
    record =
        (struct record){.kind = RECORD_ANSWER,
                        .seq = ledger.next_seq,
                        .u.answer = {.dispatch = {1, 1}, .members = members, .member_n = BATCH}};
    assert_int_equal(fold(ledger.next_offset, &record), FOLD_APPLIED);
    assert_int_equal(outbox_count(&ledger.outbox) - before, BATCH * REQUESTS_MAX);
    assert_int_equal(ledger.phase_n[ENTRY_CLOSED], BATCH);
}

/* Any interleaving of what owners and deposed owners append: only the unbroken sequence of the
 * latest claim counts. */
static void random_logs_agree_with_the_rule(void **state)
{
    (void)state;
    struct random random = {5};
    int64_t epochs[64] = {0};
    uint32_t seqs[64] = {0}; /* what each owner would append next */
    uint32_t claim_n = 0;
    int64_t epoch = -1;
    uint32_t seq = 0;
    uint32_t applied = 0;
    for (int64_t offset = 0; offset < 3000; offset++) {
        if (claim_n == 0 || (claim_n < 64 && random_below(&random, 40) == 0)) {
            assert_int_equal(claim(offset, "A"), FOLD_CLAIM);
            epochs[claim_n++] = epoch = offset;
            seq = 0;
            continue;
        }
        uint64_t back = random_below(&random, 3);
        uint32_t who = claim_n - 1 - (uint32_t)(back < claim_n ? back : 0);
        uint32_t says = seqs[who];
        uint64_t dice = random_below(&random, 10);
        if (dice == 0 && says > 0)
            says--; /* doubled */
        else if (dice == 1)
            says++; /* one was lost */
        else
            seqs[who]++;
        bool valid = epochs[who] == epoch && says == seq;
        assert_int_equal(task(offset, epochs[who], says), valid ? FOLD_APPLIED : FOLD_VOID);
        if (valid)
            seqs[who] = ++seq;
        applied += valid;
        assert_state(epoch, seq, applied);
    }
    assert_true(applied > 300);
}

#define FOLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLD_TEST(a_claim_makes_its_own_offset_the_epoch),
        FOLD_TEST(nothing_is_valid_before_the_first_claim),
        FOLD_TEST(what_an_older_epoch_appends_is_void),
        FOLD_TEST(a_duplicate_is_void),
        FOLD_TEST(whatever_follows_a_gap_is_void),
        FOLD_TEST(an_epoch_that_is_not_below_its_own_offset_breaks_the_log),
        FOLD_TEST(a_log_that_does_not_start_at_its_beginning_is_broken),
        FOLD_TEST(a_claim_of_a_newer_format_breaks_the_log),
        FOLD_TEST(offsets_may_have_gaps),
        FOLD_TEST(a_reply_is_news_and_changes_nothing),
        FOLD_TEST(the_limits_of_the_claim_hold_until_the_next_one),
        FOLD_TEST(a_mark_only_moves_forward),
        FOLD_TEST(what_does_not_fit_is_not_begun),
        cmocka_unit_test_setup_teardown(one_answer_may_end_everything_that_is_open, set_up_large,
                                        tear_down),
        FOLD_TEST(random_logs_agree_with_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
