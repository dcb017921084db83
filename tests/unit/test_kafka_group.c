/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/group.h: on the mock cluster, and on a real Apache Kafka when
 * TEST_KAFKA_BOOTSTRAP names one (where rebalances are quick enough for more than one member). */
#include "kafka_fixture.h"

#include <string.h>

#include "shell/group.h"
#include "shell/kafka_topics.h"

/* What a member has been told. */
struct worker {
    struct group *group;
    bool assigned[TOPIC_N][FIXTURE_PARTITIONS];
    int64_t offset[TOPIC_N][FIXTURE_PARTITIONS];
    int assigned_n;
    bool lost;
    bool left;
    enum err err;
};

static void join(struct fixture *fx, struct worker *member, const char *group_id,
                 const char *instance_id)
{
    memset(member, 0, sizeof *member);
    struct group_options options = {
        .kafka = fx->options,
        .group_id = group_id,
        .instance_id = instance_id,
        .requests = fx->names.name[TOPIC_REQUESTS],
        .tasks = fx->names.name[TOPIC_TASKS],
    };
    struct fault fault = {""};
    assert_int_equal(group_open(&options, &member->group, &fault), ERR_OK);
}

static void pull(struct worker *member)
{
    struct group_event event;
    while (group_next(member->group, clock_now().at, &event)) {
        bool *assigned = &member->assigned[event.at.topic][event.at.partition];
        switch (event.type) {
        case GROUP_ASSIGNED:
            assert_false(*assigned);
            *assigned = true;
            member->assigned_n++;
            member->offset[event.at.topic][event.at.partition] = event.offset;
            break;
        case GROUP_REVOKED:
            assert_true(*assigned);
            *assigned = false;
            member->assigned_n--;
            break;
        case GROUP_LOST:
            assert_int_equal(member->assigned_n, 0);
            member->lost = true;
            break;
        case GROUP_ERROR:
            print_message("%s\n", event.fault.text);
            member->err = event.err;
            break;
        case GROUP_LEFT:
            assert_int_equal(member->assigned_n, 0);
            member->left = true;
            break;
        }
    }
}

static void leave(struct fixture *fx, struct worker *member)
{
    group_leave(member->group);
    FIXTURE_UNTIL(fx, member->left, pull(member));
    assert_int_equal(member->assigned_n, 0);
    group_close(member->group, FIXTURE_CLOSE_MS);
}

static void a_lone_member_gets_everything_and_its_commits_last(void **state)
{
    struct fixture *fx = *state;
    struct worker member;
    join(fx, &member, "lone", NULL);
    FIXTURE_UNTIL(fx, member.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&member));
    assert_true(group_is_member(member.group));
    assert_int_equal(member.offset[TOPIC_REQUESTS][1], GROUP_NO_OFFSET);
    group_commit(member.group, (struct reader_at){TOPIC_REQUESTS, 1}, 41);
    group_commit(member.group, (struct reader_at){TOPIC_REQUESTS, 1}, 42);
    group_commit(member.group, (struct reader_at){TOPIC_TASKS, 2}, 7);
    leave(fx, &member);

    join(fx, &member, "lone", NULL);
    FIXTURE_UNTIL(fx, member.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&member));
    assert_int_equal(member.offset[TOPIC_REQUESTS][0], GROUP_NO_OFFSET);
    assert_int_equal(member.offset[TOPIC_REQUESTS][1], 42);
    leave(fx, &member);
}

static void kafka_a_position_of_a_pool_with_other_topics_is_refused(void **state)
{
    struct fixture *fx = *state;
    struct worker member;
    join(fx, &member, "shared", NULL);
    FIXTURE_UNTIL(fx, member.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&member));
    group_commit(member.group, (struct reader_at){TOPIC_REQUESTS, 1}, 42);
    leave(fx, &member);

    const char *own_tasks = fx->names.name[TOPIC_TASKS];
    fx->names.name[TOPIC_TASKS] = fx->names.name[TOPIC_RESULTS];
    join(fx, &member, "shared", NULL);
    FIXTURE_UNTIL(fx, member.err == ERR_CONFIG, pull(&member));
    assert_false(member.assigned[TOPIC_REQUESTS][1]);
    group_close(member.group, FIXTURE_CLOSE_MS);
    fx->names.name[TOPIC_TASKS] = own_tasks;
}

static void kafka_members_share_and_hand_over(void **state)
{
    struct fixture *fx = *state;
    struct worker first;
    struct worker second;
    join(fx, &first, "pair", NULL);
    FIXTURE_UNTIL(fx, first.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&first));
    group_commit(first.group, (struct reader_at){TOPIC_REQUESTS, 0}, 10);
    group_commit(first.group, (struct reader_at){TOPIC_REQUESTS, 2}, 12);
    join(fx, &second, "pair", NULL);
    FIXTURE_UNTIL(fx,
                  second.assigned_n > 0 && first.assigned_n > 0 &&
                      first.assigned_n + second.assigned_n == 2 * FIXTURE_PARTITIONS,
                  {
                      pull(&first);
                      pull(&second);
                  });
    assert_false(first.lost);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) {
        assert_int_not_equal(first.assigned[TOPIC_REQUESTS][p], second.assigned[TOPIC_REQUESTS][p]);
        if (second.assigned[TOPIC_REQUESTS][p] && p != 1)
            assert_int_equal(second.offset[TOPIC_REQUESTS][p], 10 + p);
    }
    leave(fx, &first);
    FIXTURE_UNTIL(fx, second.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&second));
    leave(fx, &second);
}

static void kafka_a_static_member_comes_back_to_its_partitions(void **state)
{
    struct fixture *fx = *state;
    struct worker member;
    join(fx, &member, "static", "worker-1");
    FIXTURE_UNTIL(fx, member.assigned_n == 2 * FIXTURE_PARTITIONS, pull(&member));
    struct worker twin; /* the same name again: the first is fenced, and says so */
    join(fx, &twin, "static", "worker-1");
    FIXTURE_UNTIL(fx, member.err == ERR_CONFIG, {
        pull(&member);
        pull(&twin);
    });
    FIXTURE_UNTIL(fx, twin.assigned_n == 2 * FIXTURE_PARTITIONS, {
        pull(&member);
        pull(&twin);
    });
    group_close(member.group, FIXTURE_CLOSE_MS);
    leave(fx, &twin);
}

/* Replaces the mock cluster's topics by new ones on a real Kafka. */
static int kafka_open(void **state)
{
    static char names[2][64];
    (void)fixture_open(state);
    struct fixture *fx = *state;
    if (getenv("TEST_KAFKA_BOOTSTRAP") == NULL)
        return 0;
    fx->items[0].value = getenv("TEST_KAFKA_BOOTSTRAP");
    struct topics_options options = {.kafka = fx->options,
                                     .partition_n = FIXTURE_PARTITIONS,
                                     .replication_factor = -1,
                                     .create = true};
    for (int i = 0; i < 2; i++) {
        enum topic topic = i == 0 ? TOPIC_REQUESTS : TOPIC_TASKS;
        (void)snprintf(names[i], sizeof names[i], "%s-%lld", topic_key(topic),
                       (long long)clock_now().wall_us);
        fx->names.name[topic] = names[i];
        options.names.name[topic] = names[i];
    }
    struct topics *topics = NULL;
    struct fault fault;
    assert_int_equal(topics_open(&options, &topics, &fault), ERR_OK);
    topics_check(topics);
    struct topics_event event = {0};
    FIXTURE_UNTIL(fx, event.type == TOPICS_READY, (void)topics_next(topics, &event));
    topics_close(topics, FIXTURE_CLOSE_MS);
    return 0;
}

int main(void)
{
    const struct CMUnitTest on_mock[] = {
        cmocka_unit_test_setup_teardown(a_lone_member_gets_everything_and_its_commits_last,
                                        fixture_open, fixture_close),
    };
    const struct CMUnitTest on_kafka[] = {
        cmocka_unit_test_setup_teardown(a_lone_member_gets_everything_and_its_commits_last,
                                        kafka_open, fixture_close),
        cmocka_unit_test_setup_teardown(kafka_a_position_of_a_pool_with_other_topics_is_refused,
                                        kafka_open, fixture_close),
        cmocka_unit_test_setup_teardown(kafka_members_share_and_hand_over, kafka_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(kafka_a_static_member_comes_back_to_its_partitions,
                                        kafka_open, fixture_close),
    };
    if (getenv("TEST_KAFKA_BOOTSTRAP") != NULL)
        return cmocka_run_group_tests(on_kafka, NULL, NULL);
    return cmocka_run_group_tests(on_mock, NULL, NULL);
}
