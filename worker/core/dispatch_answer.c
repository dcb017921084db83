/* SPDX-License-Identifier: Apache-2.0
 *
 * What an answer means for each instance of a batch, and for the calls to come.
 *
 * One error answers for up to 100 instances. Whom the message names is a suspect and goes apart;
 * when it names none or all, the batch is halved until the offender is alone. A suspicion is proven
 * by the next call. */
#include <string.h>

#include "base/check.h"
#include "core/engine_impl.h"

/* So many offences in a row, in a lane that never succeeded: it is not the instances. */
enum { OFFENCES_MAX = 20 };

/* ---- the answer's words ---- */

/* Cut where a character begins. */
static uint16_t copy_text(char *to, size_t to_bytes, struct view from)
{
    size_t n = from.n < to_bytes ? from.n : to_bytes;
    while (n < from.n && n > 0 && ((unsigned char)from.p[n] & 0xc0) == 0x80)
        n--;
    if (n > 0)
        memcpy(to, from.p, n);
    return (uint16_t)n;
}

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool names(struct view message, struct view id)
{
    for (size_t i = 0; i + id.n <= message.n; i++) {
        if (memcmp(message.p + i, id.p, id.n) != 0)
            continue;
        bool begins = i == 0 || !is_id_char(message.p[i - 1]);
        bool ends = i + id.n == message.n || !is_id_char(message.p[i + id.n]);
        if (begins && ends)
            return true;
    }
    return false;
}

static void take_answer(struct engine *eng, struct dispatch *dispatch, const struct answer *answer)
{
    bool known;
    dispatch->state = DISPATCH_ANSWERED;
    dispatch->verdict = verdict_of(answer, &known);
    dispatch->again_ms = TIME_NONE;
    bool ok = dispatch->verdict == VERDICT_DONE;
    dispatch->error_source = ok                           ? ERROR_NONE
                             : answer->kind == ANSWER_API ? ERROR_API
                                                          : ERROR_NETWORK;
    dispatch->code_n = copy_text(dispatch->code, sizeof dispatch->code, answer->code);
    dispatch->message_n = copy_text(dispatch->message, sizeof dispatch->message, answer->message);
    dispatch->api_request_id_n = copy_text(dispatch->api_request_id,
                                           sizeof dispatch->api_request_id, answer->api_request_id);
    if (!known)
        engine_note(eng, (struct note){.type = NOTE_UNKNOWN_CODE,
                                       .partition = -1,
                                       .text = {dispatch->code, dispatch->code_n}});
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        struct aboard *aboard = &dispatch->aboard[i];
        if (aboard->state != ABOARD_CALLED)
            continue;
        aboard->named = !ok && names(answer->message, (struct view){aboard->id, aboard->id_n});
        dispatch->named_n += aboard->named;
    }
}

/* ---- for the calls to come ---- */

/* Full jitter: anything up to the doubled bound (Exponential Backoff And Jitter, AWS 2015). */
static int64_t backoff_ms(struct engine *eng, uint32_t failures)
{
    int64_t bound = eng->options.retry_initial_ms;
    for (uint32_t i = 0; i < failures && bound < eng->options.retry_max_ms; i++)
        bound *= 2;
    if (bound > eng->options.retry_max_ms)
        bound = eng->options.retry_max_ms;
    return now_ms(eng) + (int64_t)random_below(&eng->random, (uint64_t)bound + 1);
}

/* False: every instance of the lane is refused, so it is not the instances. */
static bool judge_lane(struct engine *eng, const struct dispatch *dispatch)
{
    struct lane *lane = lane_find(eng, dispatch->region, dispatch->kind, false);
    bool is_offence =
        dispatch->verdict == VERDICT_OFFENCE || dispatch->verdict == VERDICT_FORBIDDEN;
    if (lane == NULL)
        return true;
    if (dispatch->verdict == VERDICT_DONE) {
        lane->accepted = true;
        lane->refused_n = 0;
    } else if (is_offence && dispatch->called_n == 1) {
        lane->refused_n++;
        return lane->accepted || lane->refused_n < OFFENCES_MAX;
    } else if (dispatch->verdict == VERDICT_TOO_LARGE && dispatch->called_n > 1) {
        lane->batch_max = (dispatch->called_n + 1) / 2;
        struct lane *suspects = lane_find(eng, dispatch->region, dispatch->kind, true);
        if (suspects != NULL)
            suspects->batch_max = lane->batch_max;
    }
    return true;
}

/* The answer has corrected the clock, if it told the time and was not refused for what an answer
 * before it told. */
static void judge_clock(struct engine *eng, struct dispatch *dispatch, const struct answer *answer)
{
    uint32_t *refused_n = &eng->clock.refused_n;
    if (dispatch->verdict != VERDICT_CLOCK) {
        *refused_n = 0;
        return;
    }
    if (answer->date_s == TIME_NONE || *refused_n > 0)
        dispatch->again_ms = backoff_ms(eng, *refused_n);
    *refused_n += *refused_n < UINT32_MAX;
}

static void judge_pool(struct engine *eng, struct dispatch *dispatch)
{
    struct view code = {dispatch->code, dispatch->code_n};
    dispatch->spared = !judge_lane(eng, dispatch);
    if (dispatch->spared)
        breaker_open(eng, code);
    else
        breaker_judge(eng, dispatch->verdict, dispatch->probe, code);
    if (dispatch->verdict == VERDICT_THROTTLE) {
        quota_throttled(&eng->quota[CALL_REBOOT]);
        eng->throttled_n++;
        engine_note(eng, (struct note){.type = NOTE_THROTTLED,
                                       .partition = -1,
                                       .count = (int64_t)(eng->quota[CALL_REBOOT].pace * 1000),
                                       .text = code});
    }
    if (dispatch->verdict == VERDICT_UNKNOWN)
        engine_note(eng, (struct note){.type = NOTE_ANSWER_LOST,
                                       .partition = -1,
                                       .offset = (int64_t)dispatch->id.count,
                                       .count = dispatch->called_n,
                                       .text = code});
}

/* ---- isolation ---- */

static bool is_alone(const struct dispatch *dispatch)
{
    return dispatch->called_n == 1;
}

static bool is_told_apart(const struct dispatch *dispatch)
{
    return dispatch->named_n > 0 && dispatch->named_n < dispatch->called_n;
}

/* A member that is ours to judge, or NULL. */
static struct entry *own_member(struct engine *eng, struct dispatch *dispatch, uint32_t i)
{
    struct aboard *aboard = &dispatch->aboard[i];
    const struct owner *owner = &eng->owners[aboard->partition];
    if (aboard->state != ABOARD_CALLED || owner->role != ROLE_OWNER)
        return NULL;
    for (uint32_t l = 0; l < dispatch->leg_n; l++)
        if (dispatch->legs[l].partition == aboard->partition &&
            dispatch->legs[l].epoch != owner->epoch)
            return NULL;
    return dispatch_entry(eng, aboard);
}

/* Whether an instance runs, or is there at all, is read before the batch is taken apart. */
static bool reading_tells(struct engine *eng, struct dispatch *dispatch)
{
    if (dispatch->verdict != VERDICT_NOT_RUNNING && dispatch->verdict != VERDICT_NOT_EXIST)
        return false;
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        const struct entry *entry = own_member(eng, dispatch, i);
        if (entry != NULL && (entry->hint == NULL || entry->hint->verdict != dispatch->verdict))
            return true;
    }
    return false;
}

static void halve(struct engine *eng, struct dispatch *dispatch)
{
    struct party *halves[2] = {NULL, NULL};
    uint32_t seen_n = 0;
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        if (dispatch->aboard[i].state != ABOARD_CALLED)
            continue;
        struct entry *entry = own_member(eng, dispatch, i);
        int half = seen_n++ < dispatch->called_n / 2 ? 0 : 1;
        if (entry == NULL)
            continue;
        if (halves[half] == NULL)
            halves[half] = party_make(eng, dispatch);
        party_join(eng, halves[half], entry);
    }
}

/* Who was told apart before, and is refused together again, is told apart by halves only: names
 * and reads would bring the same ones together for ever. */
static bool are_suspects(struct engine *eng, struct dispatch *dispatch)
{
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        const struct entry *entry = own_member(eng, dispatch, i);
        if (entry != NULL && (entry->hint == NULL || !entry->hint->suspect))
            return false;
    }
    return true;
}

static void mark_members(struct engine *eng, struct dispatch *dispatch)
{
    const struct verdict_rule *rule = verdict_rule(dispatch->verdict);
    bool isolate = rule->isolates && !is_alone(dispatch);
    bool wait_for_reads = isolate && !is_told_apart(dispatch) && reading_tells(eng, dispatch);
    bool proven = dispatch->verdict == VERDICT_BUSY && dispatch->named_n == dispatch->called_n;
    /* Who named all has told none from another: suspicions stay what they are. */
    bool tells = is_alone(dispatch) || is_told_apart(dispatch) || proven;
    bool suspects = isolate && are_suspects(eng, dispatch);
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        struct entry *entry = own_member(eng, dispatch, i);
        if (entry == NULL || (entry->hint == NULL && dispatch->verdict == VERDICT_DONE))
            continue;
        struct hint *hint = hint_need(eng, entry);
        hint->verdict = (uint8_t)dispatch->verdict;
        hint->looked = false;
        hint->looks_n = 0;
        hint->look_ms = TIME_NONE;
        if (dispatch->verdict == VERDICT_DONE)
            hint->suspect = hint->baseline = false;
        else if (rule->isolates && tells && !suspects)
            hint->suspect = is_alone(dispatch) || dispatch->aboard[i].named;
    }
    if (isolate && (suspects || !is_told_apart(dispatch)) && !wait_for_reads && !proven)
        halve(eng, dispatch);
}

static void begin_answer(struct engine *eng, struct dispatch *dispatch)
{
    for (uint32_t i = 0; i < dispatch->leg_n; i++) {
        struct leg *leg = &dispatch->legs[i];
        const struct owner *owner = &eng->owners[leg->partition];
        if (owner->role != ROLE_OWNER || owner->epoch != leg->epoch)
            leg->replying = true;
    }
    mark_members(eng, dispatch);
}

void dispatch_answer(struct engine *eng, struct dispatch *dispatch, const struct answer *answer)
{
    take_answer(eng, dispatch, answer);
    judge_pool(eng, dispatch);
    judge_clock(eng, dispatch, answer);
    begin_answer(eng, dispatch);
}

/* ---- for each member ---- */

static struct member back(int64_t next_ms, uint32_t flags)
{
    return (struct member){.verdict = MEMBER_BACK, .flags = flags, .next_ms = next_ms};
}

static struct member ends_as(enum member_verdict verdict)
{
    return (struct member){.verdict = verdict, .next_ms = TIME_NONE};
}

static uint32_t strikes_of(const struct entry *entry)
{
    uint32_t strikes = 0;
    for (const struct request *req = entry->open; req != NULL; req = req->next)
        if ((req->flags & REQUEST_LEADS) && req->strikes > strikes)
            strikes = req->strikes;
    return strikes;
}

static struct member judge(struct engine *eng, const struct dispatch *dispatch,
                           const struct entry *entry, bool named)
{
    const struct verdict_rule *rule = verdict_rule(dispatch->verdict);
    bool alone = is_alone(dispatch);
    bool proven = alone || (named && dispatch->named_n == dispatch->called_n) || !rule->isolates;
    uint32_t flags =
        (rule->refused ? MEMBER_REFUSED : 0u) | (rule->counts && proven ? MEMBER_STRIKE : 0u);
    uint32_t strikes = strikes_of(entry);
    switch (dispatch->verdict) {
    case VERDICT_DONE:
        return ends_as(MEMBER_SENT);
    case VERDICT_UNKNOWN:
        return ends_as(MEMBER_UNKNOWN);
    case VERDICT_NOT_SENT:
        return (struct member){.verdict = MEMBER_NOT_SENT,
                               .next_ms = dispatch->held_back || dispatch->called_n == 0
                                              ? TIME_NONE
                                              : backoff_ms(eng, eng->breaker.failures)};
    case VERDICT_THROTTLE:
    case VERDICT_BREAKER:
        return back(TIME_NONE, flags);
    case VERDICT_CLOCK:
        return back(dispatch->again_ms, flags);
    case VERDICT_TOO_LARGE:
        return alone ? ends_as(MEMBER_FAILED) : back(TIME_NONE, 0);
    case VERDICT_BUSY:
        return back(proven || named ? backoff_ms(eng, strikes) : TIME_NONE, flags);
    case VERDICT_NOT_RUNNING:
        return alone ? back(backoff_ms(eng, strikes), flags) : back(TIME_NONE, 0);
    case VERDICT_NOT_EXIST:
    case VERDICT_OFFENCE:
    case VERDICT_FORBIDDEN:
        return alone && !dispatch->spared ? ends_as(MEMBER_FAILED) : back(TIME_NONE, flags);
    }
    UNREACHABLE();
}

struct member dispatch_member(struct engine *eng, const struct dispatch *dispatch,
                              const struct entry *entry, uint32_t i)
{
    struct member member = judge(eng, dispatch, entry, dispatch->aboard[i].named);
    member.instance_id = entry_id(entry);
    return member;
}

/* ---- answers to calls of another worker, or of ours before we lost the partition ---- */

struct dispatch *dispatch_of_reply(struct engine *eng, struct owner *owner,
                                   const struct record *record)
{
    struct dispatch *dispatch = pool_need(&eng->pool, sizeof *dispatch);
    dispatch->id = record->u.reply.dispatch;
    dispatch->from_reply = true;
    dispatch->leg_n = 1;
    dispatch->legs[0] = (struct leg){
        .partition = owner->partition, .proposed = true, .acked = true, .folded = true};
    for (uint32_t i = 0; i < record->u.reply.instance_n && i < CALL_REBOOT_INSTANCES_MAX; i++) {
        struct view id = record->u.reply.instance_ids[i];
        struct aboard *aboard = &dispatch->aboard[dispatch->aboard_n++];
        *aboard = (struct aboard){
            .partition = owner->partition, .state = ABOARD_CALLED, .id_n = (uint8_t)id.n};
        memcpy(aboard->id, id.p, id.n);
    }
    dispatch->legs[0].count = dispatch->aboard_n;
    dispatch->called_n = record->u.reply.batch_size;
    enum answer_kind kind = !record->u.reply.sent                           ? ANSWER_NOT_SENT
                            : record->u.reply.error_source == ERROR_NETWORK ? ANSWER_LOST
                                                                            : ANSWER_API;
    take_answer(eng, dispatch,
                &(struct answer){.kind = kind,
                                 .code = record->u.reply.error_code,
                                 .message = record->u.reply.error_message,
                                 .api_request_id = record->u.reply.api_request_id,
                                 .date_s = TIME_NONE});
    return dispatch;
}

void dispatch_begin_reply(struct engine *eng, struct owner *owner, struct dispatch *dispatch)
{
    dispatch->legs[0].epoch = owner->epoch;
    for (uint32_t i = 0; i < dispatch->aboard_n; i++) {
        const struct entry *entry = dispatch_entry(eng, &dispatch->aboard[i]);
        bool sent = dispatch->verdict == VERDICT_DONE;
        if (entry == NULL || !entry_awaits(entry, dispatch->id, sent)) {
            dispatch->aboard[i].state = ABOARD_OUT;
            continue;
        }
        dispatch->kind = entry->flight->kind;
        struct view region = entry_region(entry);
        dispatch->region.p = dispatch->region_text;
        dispatch->region.n = copy_text(dispatch->region_text, sizeof dispatch->region_text, region);
    }
    dispatch_link(eng, dispatch);
    begin_answer(eng, dispatch);
}
