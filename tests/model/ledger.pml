/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger protocol, first part: who owns a partition, and one call for one request.
 *
 * One instance with one request. Workers claim, restore, propose, call and answer; they pause
 * (anything may happen between two steps of a worker), crash (memory is lost) and restart (an
 * append failed for good: the folded state is lost). The log (log.pml) keeps claims, decisions,
 * replies and snapshots; with one instance its image also ends the snapshot.
 *
 * A call that is handed over has its effect at any later moment or never, whether or not its worker
 * lives, as long as its signature does. Signatures die in the order of the intents, and time passes
 * when somebody waits: `dead` is the last intent whose call can have no effect any more. Evidence
 * is true, but a read may tell nothing.
 *
 * Must hold: one effect at most, by an intent that is valid in the log; one final status, whoever
 * tells it; a restored state equals that of who has read everything; nobody concludes by evidence
 * about a call whose REPLY was in the log below what he has read, be it deleted since.
 *
 * Left out: batches and other instances (entries share only epoch and seq), tasks, cursor and
 * forgetting (snapshot.pml), events and marks (outbox.pml), what follows when the API has accepted
 * a call, who is assigned what.
 *
RESULTS
 */
#include "log.pml"

#ifndef CALLS
#define CALLS 2 /* intents */
#endif

/* Records: what an answer or a sighting says is part of the kind. */
#define INTENT 2 /* argument: dispatch, as in answers and replies */
#define ANSWER_DONE 3
#define ANSWER_REFUSED 4 /* it had no effect, or was not sent */
#define ANSWER_LOST 5
#define SEEN_WENT 6 /* a sighting is about whatever flight it meets */
#define SEEN_NOT 7
#define SEEN_NOTHING 8
#define REPLY_DONE 9
#define REPLY_REFUSED 10
#define BEGIN 11
#define IMAGE 12 /* argument: the entry */
#define is_reply(k) ((k) == REPLY_DONE || (k) == REPLY_REFUSED)

/* An entry: its phase, and the dispatch of its flight. */
#define WAITING 1
#define DISPATCHING 2
#define UNKNOWN 3
#define DONE 4     /* closed: succeeded */
#define NO_TRACE 5 /* closed: unknown */
#define entry_of(phase, dispatch) ((phase) + ((dispatch) << 3))
#define phase_of(entry) ((entry)&7)
#define flight_of(entry) ((entry) >> 3)
#define is_unclear(entry) (phase_of(entry) == DISPATCHING || phase_of(entry) == UNKNOWN)
#define is_closed(entry) (phase_of(entry) >= DONE)

/* A worker's call. */
#define NO_CALL 0
#define INTENDED 1 /* its intent is proposed */
#define RELEASED 2 /* its intent has come back */
#define SENT 3
#define CALL_DONE 4
#define CALL_REFUSED 5 /* or never sent */
#define CALL_LOST 6

byte truth[L]; /* the entry after this record, for who has read everything */
byte true_entry = WAITING;
byte sealed; /* dispatches whose intent is valid */
byte intents;
byte call[N], called[N]; /* and the dispatch of it */
bool away[N];            /* the partition was lost since its intent */
byte air, went;          /* dispatches on their way, and those that had their effect */
byte dead, effects, told;
byte said, what;  /* within a step; 0 between them */
hidden byte last; /* within a d_step */

#define set_of(dispatch) (1 << (dispatch))

#ifdef SIGNED_LATE
byte fresh; /* signed when they were sent */
#define may_send(dispatch) true
#define is_alive(dispatch) (fresh & set_of(dispatch))
#else
#define may_send(dispatch) ((dispatch) > dead)
#define is_alive(dispatch) ((dispatch) > dead)
#endif

#ifdef EVIDENCE_FIRST
#define may_look true
#else
#define may_look (!said)
#endif

#ifdef REPLY_DELETED
#define may_cut true
#else
#define may_cut !(said && is_unclear(entry))
#endif

#ifdef COMPACTION /* needs whole entries in every record, and knows no seq without gaps */
#define waits(entry) true
#define flies(entry, dispatch) true
#else
#define waits(entry) (phase_of(entry) == WAITING)
#define flies(entry, dispatch) (is_unclear(entry) && flight_of(entry) == (dispatch))
#endif

inline apply(o, entry)
{
    if
    :: kind[o] == INTENT && waits(entry) -> entry = entry_of(DISPATCHING, arg[o])
    :: kind[o] == ANSWER_DONE && flies(entry, arg[o]) -> entry = DONE
    :: kind[o] == ANSWER_REFUSED && flies(entry, arg[o]) -> entry = WAITING
    :: kind[o] == ANSWER_LOST && flies(entry, arg[o]) -> entry = entry_of(UNKNOWN, arg[o])
    :: kind[o] == SEEN_WENT && is_unclear(entry) -> entry = DONE
    :: kind[o] == SEEN_NOT && is_unclear(entry) -> entry = WAITING
    :: kind[o] == SEEN_NOTHING && is_unclear(entry) -> entry = NO_TRACE
    :: kind[o] == IMAGE -> entry = arg[o]
    :: else
    fi
}

inline fold(o, now_epoch, now_seq, entry)
{
    valid = false;
    if
    :: kind[o] == CLAIM -> now_epoch = o; now_seq = 0
    :: kind[o] == 0 || is_reply(kind[o])
    :: else ->
#if defined(COMPACTION)
        valid = epoch[o] >= now_epoch;
#elif defined(EPOCH_IGNORED)
        valid = seq[o] == now_seq;
#elif defined(REPEATED_ACCEPTED)
        valid = epoch[o] == now_epoch;
#else
        valid = epoch[o] == now_epoch && seq[o] == now_seq;
#endif
        if
        :: valid -> now_seq = seq[o] + 1; apply(o, entry)
        :: else
        fi
    fi
}

inline judge(o)
{
    fold(o, true_epoch, true_seq, true_entry);
    truth[o] = true_entry;
    if
    :: kind[o] == INTENT && valid && true_entry == entry_of(DISPATCHING, arg[o]) ->
        sealed = sealed | set_of(arg[o])
    :: else
    fi
}

inline propose(new_kind, new_arg)
{
    send(new_kind, new_arg);
    proposed = seq_out
}

#ifdef REPLY_OF_ANOTHER
#define is_about(o, dispatch) true
#else
#define is_about(o, dispatch) (arg[o] == (dispatch))
#endif

/* What the replies [from, to) say of a dispatch; nothing: 0. */
inline find_reply(dispatch, from, to)
{
    d_step {
        i = from;
        do
        :: i < to ->
            if
            :: is_reply(kind[i]) && is_about(i, dispatch) -> said = kind[i]
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0
    }
}

/* No reply that was read says what became of the call; from now on it can have no effect. */
inline wait_out(dispatch)
{
    d_step {
        i = 1;
        do
        :: i < pos -> same(!(is_reply(kind[i]) && arg[i] == dispatch)); i++
        :: else -> break
        od;
#ifndef NOT_WAITED
        raise(dead, dispatch);
#endif
        i = 0
    }
}

inline tell()
{
    if
    :: is_closed(entry) ->
        same(!told || told == entry);
        told = entry
    :: else
    fi
}

inline hang_up()
{
    call[me] = NO_CALL;
    called[me] = 0;
    away[me] = false
}

/* What only an owner has. */
inline lose()
{
    own = 0;
    nonce = 0;
    seq_out = 0;
    proposed = 0;
    snap = 0;
    begun = 0;
    if
    :: call[me] == NO_CALL || call[me] == CALL_LOST -> hang_up()
    :: else ->
        away[me] = true;
        if
        :: call[me] < SENT -> call[me] = CALL_REFUSED
        :: else
        fi
    fi
}

inline forget()
{
    pos = 1;
    now_epoch = 0;
    now_seq = 0;
    heard = 1;
    entry = (kind[0] -> WAITING : 0)
}

/* To where the log starts now. */
inline catch_up()
{
    if
    :: pos < start ->
        pos = start;
#ifndef OLD_STATE_KEPT
        now_epoch = epoch[start];
        now_seq = seq[start];
        heard = start;
        entry = 0
#endif
    :: else
    fi
}

/* A valid record of ours: what it sets free. */
inline take_back()
{
#ifdef LOOSE_MATCH
    proposed = 0;
#else
    if
    :: proposed == seq[pos] + 1 -> proposed = 0
    :: else
    fi;
#endif
    if
    :: kind[pos] == INTENT && call[me] <= INTENDED ->
        called[me] = arg[pos];
        if
        :: entry == entry_of(DISPATCHING, arg[pos]) -> call[me] = RELEASED
        :: else -> hang_up()
        fi
    :: kind[pos] >= ANSWER_DONE && kind[pos] <= ANSWER_LOST && called[me] == arg[pos] &&
           !away[me] ->
        hang_up()
    :: kind[pos] == BEGIN && snap -> begun = pos
    :: kind[pos] == IMAGE && snap == 2 -> snap = 3
    :: else
    fi
}

#define can_decide (own && !is_deaf && !proposed && snap != 1 && end < L)
#define is_mine(dispatch) (call[me] != NO_CALL && called[me] == (dispatch))

proctype worker(byte me)
{
    byte pos = 1, now_epoch, now_seq, entry = WAITING; /* the fold */
    byte heard = 1;      /* replies from here on are known */
    byte nonce;          /* of the claim on its way */
    byte own;            /* our epoch, 0: not the owner */
    byte seq_out;        /* of the next proposal */
    byte proposed;       /* seq + 1 of the decision about the instance on its way */
    byte snap, begun;    /* 1: BEGIN is proposed, 2: so is the image, 3: it has come back */
    do
    :: atomic {
        may_claim ->
            claim();
#ifdef CLAIM_NOT_AWAITED
            if
            :: claim_at[nonce] ->
                catch_up();
                own = claim_at[nonce];
                nonce = 0
            :: else
            fi
#endif
    }
    :: d_step { /* read up to that claim */
        may_restore ->
            catch_up();
            do
            :: pos <= claim_at[nonce] -> fold(pos, now_epoch, now_seq, entry); pos++
            :: else -> break
            od;
            own = claim_at[nonce];
            nonce = 0;
            same(entry == truth[own]);
            tell()
    }
    :: d_step { /* the next record is deleted */
        own && pos < start -> lose(); forget()
    }
    :: d_step { /* the next record */
        own && pos >= start && pos < end ->
            fold(pos, now_epoch, now_seq, entry);
            same(entry == truth[pos]);
            if
#ifdef CLAIM_NOT_AWAITED
            :: kind[pos] == CLAIM && pos <= own
#endif
            :: kind[pos] == CLAIM && pos > own ->
                lose();
#ifdef REPLY_FORGOTTEN
                heard = pos
#endif
#ifdef REPLY_UNDER_PROPOSAL
            :: is_reply(kind[pos]) && proposed -> heard = pos + 1
#endif
            :: valid && now_epoch == own -> take_back(); tell()
            :: else
            fi;
            pos++
    }
    :: atomic { /* decide: call */
        can_decide && phase_of(entry) == WAITING && call[me] == NO_CALL && intents < CALLS ->
            intents++;
            called[me] = intents;
            propose(INTENT, intents);
#ifdef CALL_BEFORE_READ_BACK
            call[me] = RELEASED
#else
            call[me] = INTENDED
#endif
    }
    :: atomic { /* what our call's answer means */
        can_decide && call[me] >= CALL_DONE && !away[me] ->
            propose(ANSWER_DONE + call[me] - CALL_DONE, called[me])
    }
    :: atomic { /* a call that is not ours, or is forgotten: news, or else evidence */
        can_decide && is_unclear(entry) && !is_mine(flight_of(entry)) ->
            find_reply(flight_of(entry), heard, pos);
            if
            :: said -> what = ANSWER_DONE + said - REPLY_DONE
            :: may_look && (went & set_of(flight_of(entry))) -> what = SEEN_WENT
            :: may_look -> wait_out(flight_of(entry)); what = SEEN_NOTHING
            :: may_look && !(went & set_of(flight_of(entry))) ->
                wait_out(flight_of(entry));
                what = SEEN_NOT
            fi;
            propose(what, flight_of(entry));
            what = 0;
            said = 0
    }
#if SNAPS
    :: atomic { /* from here on the instance is imaged before anything else is proposed about it */
        own && !is_deaf && !snap && snaps < SNAPS && end < L ->
            snaps++;
            snap = 1;
            send(BEGIN, 0)
    }
    :: atomic {
        own && !is_deaf && snap == 1 && !proposed && end < L ->
            snap = 2;
            propose(IMAGE, entry)
    }
    :: d_step { /* it is valid: the prefix may go, unless it holds news that is not decided yet */
        own && snap == 3 && !cut ->
            find_reply(flight_of(entry), heard, begun);
            if
            :: may_cut -> cut = begun; snap = 0; begun = 0
            :: else
            fi;
            said = 0
    }
#endif
    :: d_step { /* call */
        call[me] == RELEASED ->
            if
            :: may_send(called[me]) ->
                call[me] = SENT;
                air = air | set_of(called[me]);
#ifdef SIGNED_LATE
                fresh = fresh | set_of(called[me])
#endif
            :: else -> call[me] = CALL_REFUSED
            fi
    }
    :: d_step { /* the API does not take it */
        call[me] == SENT && (air & set_of(called[me])) ->
            air = air & ~set_of(called[me]);
            call[me] = CALL_REFUSED
    }
    :: d_step { /* no answer */
        call[me] == SENT ->
            call[me] = CALL_LOST;
            if
            :: away[me] -> hang_up()
            :: else
            fi
    }
    :: atomic { /* the partition was lost: the answer is news for its owner */
        away[me] && call[me] >= CALL_DONE && end < L ->
            append(REPLY_DONE + call[me] - CALL_DONE, 0, 0, called[me]);
            hang_up()
    }
    :: d_step { /* crash */
        deaths < DEATHS && (own || nonce || call[me] || pos > 1) ->
            deaths++;
            lose();
            hang_up();
            forget()
    }
    :: d_step { /* restart: what was called is not forgotten */
        deaths < DEATHS && own -> deaths++; lose(); forget()
    }
    od
}

/* The API takes the call: it has its effect. */
inline take_effect(dispatch)
{
    d_step {
        (air & set_of(dispatch)) && is_alive(dispatch) ->
            i = 0;
            do
            :: i < N ->
                if
                :: call[i] == SENT && called[i] == dispatch -> call[i] = CALL_DONE
                :: else
                fi;
                i++
            :: else -> break
            od;
            air = air & ~set_of(dispatch);
            went = went | set_of(dispatch);
            effects++;
            assert(effects == 1);
            assert(sealed & set_of(dispatch))
    }
}

#ifdef COMPACTION
/* Of claims, and of the records of the instance, only the last ones stay. */
inline compact()
{
    said = 0;
    last = 0;
    i = end;
    do
    :: i > 0 ->
        i--;
        if
        :: kind[i] == CLAIM && last -> kind[i] = 0
        :: kind[i] == CLAIM && !last -> last = 1
        :: kind[i] && kind[i] != CLAIM && said -> kind[i] = 0
        :: kind[i] && kind[i] != CLAIM && !said -> said = 1
        :: else
        fi
    :: else -> break
    od;
    said = 0
}
#endif

proctype world()
{
    do
    :: late_lands
    :: take_effect(1)
    :: take_effect(2)
    :: take_effect(3)
#if SNAPS
    :: d_step { cut -> delete_prefix() }
#endif
#ifdef COMPACTION
    :: d_step { kind[0] && end > 1 -> compact() }
#endif
    od
}

init
{
    atomic {
        kind[0] = INTENT; /* anything that has the instance for its key */
        run_all()
    }
}
