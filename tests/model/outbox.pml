/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger protocol, third part: the events that decisions owe.
 *
 * Requests are closed by one decision each, with a status that tells who decided; each owes one
 * final event. The owner publishes what it has applied, several at once; the results topic takes
 * an event and acknowledges it later, or loses it with its worker. MARKs say what is acknowledged;
 * whoever owns the partition next publishes the rest again. Snapshots carry the mark, and the
 * prefix is deleted, by anyone who has read both a valid END and a mark that covers everything
 * before its BEGIN, at once or much later. Claims, pauses, crashes, restarts (what is handed to the
 * producer stays on its way), and appends that come late, twice or never are as in ledger.pml.
 *
 * Holds: an event that a valid mark covers, or that is deleted, is in the results; whoever takes
 * over owes all others; only valid decisions are published; one final status for each request.
 *
 * Left out: calls, tasks, images (BEGIN carries which requests are closed), events that are not
 * final (they differ in nothing). Restoring is one step.
 */
#include "log.pml"

#ifndef MARKS
#define MARKS 2
#endif
#ifndef WINDOW
#define WINDOW 2
#endif

#define DONE 2  /* request and status */
#define MARK 3  /* everything owed below this offset is acknowledged */
#define BEGIN 4 /* mark, and the set of closed requests */
#define END 5
#define REQUESTS 2
#define set_of(request) (1 << (request))

/* What a worker knows of an event. */
#define OWED 1
#define SENT 2
#define ACKED 3

byte true_mark, true_closed, true_begun, true_whole;
byte where[REQUESTS], status[REQUESTS]; /* of the valid decision */
byte nth[REQUESTS], closed_n;           /* its place among all */
byte told[REQUESTS];                    /* the status that is in the results */
byte marks;
#if defined(MARK_AHEAD) || defined(ACK_BY_NUMBER)
#define SENT_APART
byte flying[N]; /* events that are handed to the producer: a set of requests */
#endif
#ifdef ACK_BY_NUMBER
byte ticket[N * REQUESTS];
#endif
hidden byte before; /* within a d_step */

inline apply(o, mark, closed, begun, whole)
{
    if
    :: kind[o] == DONE -> closed = closed | set_of(arg[o] >> 2)
    :: kind[o] == MARK -> raise(mark, arg[o])
    :: kind[o] == BEGIN -> begun = o
    :: kind[o] == END -> whole = begun
    :: else
    fi
}

inline fold(o, now_epoch, now_seq, mark, closed, begun, whole)
{
    valid = false;
    if
    :: kind[o] == CLAIM -> now_epoch = o; now_seq = 0
    :: else ->
        valid = epoch[o] == now_epoch && seq[o] == now_seq;
        if
        :: valid -> now_seq++; apply(o, mark, closed, begun, whole)
        :: else
        fi
    fi
}

/* Everything owed below this offset is in the results. */
inline check_told(below)
{
    i = 0;
    do
    :: i < REQUESTS -> assert(!where[i] || where[i] >= below || told[i]); i++
    :: else -> break
    od;
    i = 0
}

inline judge(o)
{
    before = true_closed;
    fold(o, true_epoch, true_seq, true_mark, true_closed, true_begun, true_whole);
    if
    :: kind[o] == DONE && true_closed != before ->
        where[arg[o] >> 2] = o;
        status[arg[o] >> 2] = arg[o] & 3;
        nth[arg[o] >> 2] = closed_n;
        closed_n++
    :: else
    fi;
    check_told(true_mark)
}

/* The events of what was folded from the log: owed from the mark on. */
inline owe(o)
{
    i = 0;
    do
    :: i < REQUESTS ->
        if
        :: kind[o] == DONE && valid && (arg[o] >> 2) == i && where[i] == o -> event[i] = OWED
        :: kind[o] == MARK && valid && where[i] < mark -> event[i] = 0
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* What only an owner has: what was sent and is not acknowledged is to be sent again. */
inline lose()
{
    own = 0;
    nonce = 0;
    seq_out = 0;
    closing = 0;
    marking = false;
    beginning = 0;
    i = 0;
    do
    :: i < REQUESTS ->
        if
        :: event[i] == SENT -> event[i] = OWED
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline forget()
{
    pos = 1;
    now_epoch = 0;
    now_seq = 0;
    mark = 0;
    closed = 0;
    begun = 0;
    whole = 0;
    first = 0;
    i = 0;
    do
    :: i < REQUESTS -> event[i] = 0; i++
    :: else -> break
    od;
    i = 0
}

/* To where the log starts now. */
inline catch_up()
{
    if
    :: pos < start ->
        forget();
        pos = start;
        now_epoch = epoch[start];
        now_seq = seq[start];
        mark = arg[start] & 15;
        closed = arg[start] >> 4;
#ifdef ACK_BY_NUMBER
        i = 0;
        do
        :: i < REQUESTS ->
            if
            :: where[i] && where[i] < start -> first++
            :: else
            fi;
            i++
        :: else -> break
        od;
#endif
        i = 0
    :: else
    fi
}

#ifdef MARK_AHEAD /* of what is only sent */
#define is_pending(request) (event[request] == OWED)
#else
#define is_pending(request) (event[request] == OWED || event[request] == SENT)
#endif

/* The first offset that owes something still. */
inline find_published()
{
    d_step {
        published = pos;
        i = 0;
        do
        :: i < REQUESTS ->
            if
            :: is_pending(i) && where[i] < published -> published = where[i]
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0
    }
}

#ifdef DELETED_UNMARKED
#define may_cut (whole > start)
#else
#define may_cut (whole > start && mark >= whole)
#endif

#define can_propose (own && !is_deaf && end < L && seq_out < now_seq + WINDOW)

#define is_closed (closed | closing)

/* The first one first: they differ in nothing. */
inline close(request)
{
    atomic {
        can_propose && !(is_closed & set_of(request)) && (request == 0 || is_closed) ->
            closing = closing | set_of(request);
            send(DONE, request << 2 | (me + 1));
#ifdef PUBLISHED_BEFORE_READ_BACK
            tell(request, me + 1)
#endif
    }
}

inline tell(request, with)
{
    assert(!told[request] || told[request] == with);
    told[request] = with
}

#ifdef SENT_APART
inline publish(request)
{
    d_step {
        own && event[request] == OWED && !(flying[me] & set_of(request)) ->
            event[request] = SENT;
#ifdef ACK_BY_NUMBER
            ticket[me * REQUESTS + request] = nth[request] - first;
#endif
            flying[me] = flying[me] | set_of(request)
    }
}

/* The results topic has it, and says so. */
inline deliver(request)
{
    d_step {
        (flying[me] & set_of(request)) ->
            flying[me] = flying[me] & ~set_of(request);
            tell(request, status[request]);
#ifdef ACK_BY_NUMBER /* counted from where the reading began */
            i = 0;
            do
            :: i < REQUESTS ->
                if
                :: event[i] == SENT && nth[i] - first == ticket[me * REQUESTS + request] ->
                    event[i] = ACKED
                :: else
                fi;
                i++
            :: else -> break
            od;
            i = 0;
            ticket[me * REQUESTS + request] = 0
#else
            if
            :: event[request] == SENT -> event[request] = ACKED
            :: else
            fi
#endif
    }
}
#else
/* On its way is as good as not sent, as long as nobody counts it: one step. */
inline publish(request)
{
    d_step { own && event[request] == OWED -> event[request] = ACKED; tell(request, status[request]) }
}
#endif

proctype worker(byte me)
{
    byte pos = 1, now_epoch, now_seq, mark, closed, begun, whole; /* the fold */
    byte event[REQUESTS];
    byte first;     /* how many events the log owed before the reading began */
    byte nonce;     /* of the claim on its way */
    byte own;       /* our epoch, 0: not the owner */
    byte seq_out;   /* of the next proposal */
    byte closing;   /* decisions on their way: a set of requests */
    byte beginning; /* a snapshot on its way: 1: BEGIN, 2: END */
    bool marking;   /* a mark on its way */
    byte published;
    do
    :: atomic { may_claim -> claim() }
    :: d_step { /* read up to that claim */
        may_restore ->
            catch_up();
            do
            :: pos <= claim_at[nonce] ->
                fold(pos, now_epoch, now_seq, mark, closed, begun, whole);
                owe(pos);
                pos++
            :: else -> break
            od;
            own = claim_at[nonce];
            nonce = 0;
            i = 0;
            do
            :: i < REQUESTS -> assert(!where[i] || where[i] > own || told[i] || event[i]); i++
            :: else -> break
            od;
            i = 0
    }
    :: d_step { /* the next record is deleted */
        own && pos < start -> lose(); forget()
    }
    :: d_step { /* the next record */
        own && pos >= start && pos < end ->
            fold(pos, now_epoch, now_seq, mark, closed, begun, whole);
            owe(pos);
            if
            :: kind[pos] == CLAIM -> lose()
            :: kind[pos] == DONE && valid -> closing = closing & ~set_of(arg[pos] >> 2)
            :: kind[pos] == MARK && valid -> marking = false
            :: kind[pos] == END && valid -> beginning = 0
            :: else
            fi;
            pos++
    }
    :: close(0)
    :: close(1)
    :: publish(0)
    :: publish(1)
#ifdef SENT_APART
    :: deliver(0)
    :: deliver(1)
    :: d_step { /* restart: what is on its way stays there */
        deaths < DEATHS && (own || nonce || pos > 1) && flying[me] -> deaths++; lose(); forget()
    }
#endif
    :: atomic {
        can_propose && !marking && marks < MARKS ->
            find_published();
            if
            :: published > mark ->
                marks++;
                marking = true;
                send(MARK, published)
            :: else
            fi;
            published = 0
    }
#if SNAPS
    :: atomic {
        can_propose && !beginning && !closing && snaps < SNAPS ->
            snaps++;
            beginning = 1;
            send(BEGIN, closed << 4 | mark)
    }
    :: atomic {
        can_propose && beginning == 1 ->
            beginning = 2;
            send(END, 0)
    }
    :: d_step { own && may_cut && !cut -> cut = whole }
#endif
    :: d_step { /* crash */
        deaths < DEATHS && (own || nonce || pos > 1) ->
            deaths++;
            lose();
            forget();
#ifdef SENT_APART
            flying[me] = 0
#endif
    }
    od
}

proctype world()
{
    do
    :: late_lands
#if SNAPS
    :: d_step {
        cut ->
            delete_prefix();
            check_told(start)
    }
#endif
    od
}

init
{
    atomic { run_all() }
}
