/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger protocol, second part: what a partition remembers, and how it forgets.
 *
 * Two requests for one instance or for two. The tasks topic brings both, in order, and one of them
 * again (redelivered input). The owner joins tasks, closes requests, marks its cursor, up to WINDOW
 * records on their way at once; it writes snapshots that leave out what may be forgotten, and
 * deletes the prefix, at once or much later. Claims, pauses, crashes: as in ledger.pml.
 *
 * Must hold: no request joins twice or is closed twice; none below the cursor is missing; no open
 * one is forgotten; an image is the exact state at its place; a restored state (requests, cursor,
 * source position) equals that of who has read everything.
 *
 * Left out: calls (closing a request is one decision), replies, events and the marks of what is
 * published (outbox.pml; here the prefix goes as soon as END is valid, the earliest moment), state
 * that is kept when the partition is lost (ledger.pml).
 *
RESULTS
 */
#include "log.pml"

#ifndef MARKS
#define MARKS 1
#endif
#ifndef WINDOW
#define WINDOW 2
#endif
#ifdef NO_POSITIONS /* and no redelivery */
#define TASKS 2
#else
#define TASKS 3
#endif

#define TASK 2  /* offset of the task */
#define DONE 3  /* request */
#define MARK 4  /* cursor */
#define BEGIN 5 /* cursor and source position */
#define IMAGE 6 /* instance and its requests */
#define END 7

/* What is remembered of a request, two bits each. */
#define OPEN 1
#define CLOSED 2
#define shift_of(request) (2 * ((request)-1))
#define state_of(memory, request) (((memory) >> shift_of(request)) & 3)
#define opens_any(memory) (((memory)&3) == OPEN || ((memory) >> 2) == OPEN)
#define instance_of(request) ((request) == 2 && apart)
#define mask_of(instance) (mask[instance])
#define set_of(instance) (1 << (instance))

byte truth[L]; /* cursor, source position and requests after this record */
byte true_cursor, true_source, true_memory, true_covered;
byte joined, closed; /* sets of requests */
byte marks;
byte task[TASKS]; /* the request that it brings */
bool apart;       /* the requests are for two instances */
byte mask[2] = {15, 0};
hidden byte request, before; /* within a d_step */

#define packed(cursor, source, memory) ((cursor) << 6 | (source) << 4 | (memory))

#if defined(POSITIONS_IGNORED) || defined(NO_POSITIONS)
#define is_new(request, source) true
#else
#define is_new(request, source) ((request) > (source))
#endif

inline apply(o, cursor, source, memory, covered)
{
    if
    :: kind[o] == TASK ->
        raise(cursor, arg[o] + 1);
        request = task[arg[o]];
        if
        :: is_new(request, source) ->
            raise(source, request);
            covered = covered | set_of(instance_of(request));
            if
            :: state_of(memory, request) == 0 -> memory = memory | OPEN << shift_of(request)
            :: else -> request = 0
            fi
        :: else -> request = 0
        fi
    :: kind[o] == DONE ->
        covered = covered | set_of(instance_of(arg[o]));
        if
        :: state_of(memory, arg[o]) == OPEN -> memory = memory + (1 << shift_of(arg[o]))
        :: else
        fi
    :: kind[o] == MARK -> raise(cursor, arg[o])
    :: kind[o] == BEGIN -> covered = 0
    :: kind[o] == IMAGE ->
        i = (arg[o] >> 4) & 1;
#ifdef CURSOR_IN_ENTRIES
        raise(cursor, arg[o] >> 5);
#endif
        memory = (memory & ~mask_of(i)) | (arg[o] & 15);
        covered = covered | set_of(i)
    :: kind[o] == END ->
        if
        :: !(covered & 1) -> memory = memory & ~mask_of(0)
        :: else
        fi;
        if
        :: !(covered & 2) -> memory = memory & ~mask_of(1)
        :: else
        fi;
        covered = 0
    :: else
    fi
}

inline fold(o, now_epoch, now_seq, cursor, source, memory, covered)
{
    valid = false;
    request = 0;
    if
    :: kind[o] == CLAIM -> now_epoch = o; now_seq = 0
    :: else ->
#ifdef GAP_ACCEPTED
        valid = epoch[o] == now_epoch && seq[o] >= now_seq;
#else
        valid = epoch[o] == now_epoch && seq[o] == now_seq;
#endif
        if
        :: valid -> now_seq = seq[o] + 1; apply(o, cursor, source, memory, covered)
        :: else
        fi
    fi
}

inline judge(o)
{
    before = true_memory;
    fold(o, true_epoch, true_seq, true_cursor, true_source, true_memory, true_covered);
    truth[o] = packed(true_cursor, true_source, true_memory);
    if
    :: kind[o] == TASK && request ->
        assert(!(joined & set_of(request)));
        joined = joined | set_of(request)
    :: kind[o] == IMAGE && valid -> assert(before == true_memory)
    :: kind[o] == END && valid -> assert((before & 5) == (true_memory & 5))
    :: else
    fi;
    i = 0;
    do
    :: i < true_cursor -> assert(joined & set_of(task[i])); i++
    :: else -> break
    od
}

inline lose()
{
    own = 0;
    nonce = 0;
    seq_out = 0;
    next_task = 0;
    mark = 0;
    tasks[0] = 0;
    tasks[1] = 0;
    proposed[0] = 0;
    proposed[1] = 0;
    snap = 0;
    begun = 0;
    imaged = 0;
    pos = 1;
    now_epoch = 0;
    now_seq = 0;
    cursor = 0;
    source = 0;
    memory = 0;
    covered = 0
}

/* Tasks that come again are no news. */
inline skip_known()
{
    do
    :: next_task < TASKS && !is_new(task[next_task], source) -> next_task++
    :: else -> break
    od
}

/* To where the log starts now. */
inline catch_up()
{
    if
    :: pos < start ->
        pos = start;
        now_epoch = epoch[start];
        now_seq = seq[start];
        memory = 0;
        covered = 0;
        cursor = arg[start] >> 2;
        source = arg[start] & 3
    :: else
    fi
}

inline take_back()
{
    i = 0;
    do
    :: i < 2 ->
        if
        :: tasks[i] == now_seq -> tasks[i] = 0
        :: else
        fi;
        if
        :: proposed[i] == now_seq -> proposed[i] = 0
        :: else
        fi;
        i++
    :: else -> break
    od;
    if
    :: kind[pos] == DONE && memory != before ->
        assert(!(closed & set_of(arg[pos])));
        closed = closed | set_of(arg[pos])
    :: kind[pos] == MARK -> mark = false
    :: kind[pos] == BEGIN && snap -> begun = pos
    :: kind[pos] == END && snap == 2 ->
        snap = 3
    :: else
    fi
}

#define can_propose (own && !is_deaf && end < L && seq_out < now_seq + WINDOW)
#define knows(instance) (memory & mask_of(instance))
#define is_imaged(instance) (snap != 1 || (imaged & set_of(instance)))
/* What is neither imaged nor touched since BEGIN: is it to be forgotten, or nothing at all? */
#define may_end(instance) \
    ((imaged & set_of(instance)) || \
     (!proposed[instance] && !tasks[instance] && !opens_any(memory & mask_of(instance))))

#if defined(IMAGE_OMITTED)
#define may_join(instance) true
#define may_close(instance) true
#elif defined(TASK_BEFORE_IMAGE)
#define may_join(instance) true
#define may_close(instance) is_imaged(instance)
#else
#define may_join(instance) (is_imaged(instance) || !knows(instance))
#define may_close(instance) is_imaged(instance)
#endif

#ifdef TASK_BEFORE_IMAGE
#define covers(instance) !knows(instance)
#define may_image(instance) (!proposed[instance])
#else
#define covers(instance) true
#define may_image(instance) (!proposed[instance] && !tasks[instance])
#endif

#ifdef BEGIN_TOO_EARLY
#define may_begin true
#else
#define may_begin (!tasks[0] && !tasks[1] && !mark)
#endif

#if defined(CURSOR_NOT_IN_BEGIN)
#define begin_of(cursor, source) (source)
#elif defined(CURSOR_IN_ENTRIES)
#define begin_of(cursor, source) (source)
#elif defined(POSITION_NOT_IN_BEGIN)
#define begin_of(cursor, source) ((cursor) << 2)
#else
#define begin_of(cursor, source) ((cursor) << 2 | (source))
#endif

#ifdef CURSOR_IN_ENTRIES
#define image_of(instance) (cursor << 5 | instance << 4 | (memory & mask_of(instance)))
#else
#define image_of(instance) (instance << 4 | (memory & mask_of(instance)))
#endif

#ifdef END_NOT_AWAITED
#define may_cut (snap >= 2 && begun)
#else
#define may_cut (snap == 3)
#endif

/* Since BEGIN there is a record about it. */
inline cover(instance)
{
    if
    :: snap == 1 -> imaged = imaged | set_of(instance)
    :: else
    fi
}

inline join(instance)
{
    atomic {
        can_propose && next_task < TASKS && instance_of(task[next_task]) == instance &&
        is_new(task[next_task], source) && may_join(instance) ->
            send(TASK, next_task);
            next_task++;
            tasks[instance] = seq_out;
            if
            :: covers(instance) -> cover(instance)
            :: else
            fi
    }
}

inline close(request)
{
    atomic {
        can_propose && state_of(memory, request) == OPEN &&
        !proposed[instance_of(request)] && may_close(instance_of(request)) ->
            send(DONE, request);
            proposed[instance_of(request)] = seq_out;
            cover(instance_of(request))
    }
}

inline image(instance)
{
    atomic {
        snap == 1 && can_propose && knows(instance) && !is_imaged(instance) && may_image(instance) ->
            send(IMAGE, image_of(instance));
            proposed[instance] = seq_out;
            cover(instance)
    }
}

proctype worker(byte me)
{
    byte pos = 1, now_epoch, now_seq, cursor, source, memory, covered; /* the fold */
    byte nonce;     /* of the claim on its way */
    byte own;       /* our epoch, 0: not the owner */
    byte seq_out;   /* of the next proposal */
    byte next_task; /* to be taken in */
    byte tasks[2], proposed[2]; /* by instance, on their way: seq + 1 of the last one */
    bool mark;                  /* is on its way */
    byte snap, begun, imaged;   /* 1: BEGIN is proposed, 2: so is END, 3: that has come back */
    do
    :: atomic { may_claim -> claim() }
    :: d_step { /* read up to that claim */
        may_restore ->
            catch_up();
            do
            :: pos <= claim_at[nonce] ->
                fold(pos, now_epoch, now_seq, cursor, source, memory, covered);
                pos++
            :: else -> break
            od;
            own = claim_at[nonce];
            nonce = 0;
            next_task = cursor;
            skip_known();
            same(packed(cursor, source, memory) == truth[own])
    }
    :: d_step { /* the next record is deleted */
        own && pos < start -> lose()
    }
    :: d_step { /* the next record */
        own && pos >= start && pos < end ->
            before = memory;
            fold(pos, now_epoch, now_seq, cursor, source, memory, covered);
            same(packed(cursor, source, memory) == truth[pos]);
            if
            :: kind[pos] == CLAIM -> lose()
            :: else ->
                if
                :: valid && now_epoch == own -> take_back()
                :: else
                fi;
                skip_known();
                pos++
            fi
    }
    :: join(0)
    :: join(1)
    :: close(1)
    :: close(2)
    :: atomic {
        can_propose && next_task > cursor && !mark && marks < MARKS ->
            marks++;
            mark = true;
#ifdef CURSOR_AHEAD /* it was read, but is not proposed */
            if
            :: next_task < TASKS -> send(MARK, next_task + 1)
            :: else -> send(MARK, next_task)
            fi
#else
            send(MARK, next_task)
#endif
    }
#if SNAPS
    :: atomic { /* from here on what is known is imaged before anything else about it */
        can_propose && !snap && snaps < SNAPS && may_begin ->
            snaps++;
            snap = 1;
            send(BEGIN, begin_of(cursor, source))
    }
    :: image(0)
    :: image(1)
    :: atomic { /* from here on what was not imaged is forgotten */
        snap == 1 && can_propose && may_end(0) && may_end(1) ->
            snap = 2;
            imaged = 0;
            send(END, 0)
    }
    :: d_step { may_cut && !cut -> cut = begun; begun = 0; snap = 0 }
#endif
    :: d_step { /* crash */
        deaths < DEATHS && (own || nonce) -> deaths++; lose()
    }
    od
}

proctype world()
{
    do
    :: late_lands
#if SNAPS
    :: d_step { cut -> delete_prefix() }
#endif
    od
}

init
{
    atomic {
        task[0] = 1;
        task[1] = 2;
#if TASKS > 2
        if
        :: task[2] = 1
        :: task[2] = 2
        :: task[1] = 1; task[2] = 2
        fi;
#endif
        if
        :: apart = true; mask[0] = 3; mask[1] = 12
        :: true
        fi;
        run_all()
    }
}
