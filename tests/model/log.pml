/* SPDX-License-Identifier: Apache-2.0
 *
 * The log that the models share: one partition of the ledger, and the network before it.
 *
 * Appends are stored at once, in one order for everybody. LATE of them are held back: stored later,
 * behind records of anybody, or never; with TWICE also stored at once and once more later. (A
 * decision held back beyond the next claim would be void like the records of a deposed owner, of
 * which there may be VOIDS; it is dropped.) Records below `start` are deleted.
 *
 * A model defines the other kinds of records, and judge(): the fold of a record for who has read
 * everything, and what must hold then.
 */
#ifndef N
#define N 2 /* workers */
#endif
#ifndef L
#define L 10 /* room in the log */
#endif
#ifndef CLAIMS
#define CLAIMS 3
#endif
#ifndef DEATHS
#define DEATHS 1 /* crashes and restarts */
#endif
#ifndef SNAPS
#define SNAPS 1 /* snapshots begun */
#endif
#ifndef LATE
#define LATE 0
#endif
#ifndef VOIDS
#define VOIDS 1
#endif

#define CLAIM 1 /* the only kind known here; argument: nonce */

byte kind[L], epoch[L], seq[L], arg[L];
byte end = 1; /* offset 0 is taken: no epoch is 0 */
byte start;
byte true_epoch, true_seq;
byte claim_at[CLAIMS + 1]; /* by nonce */
byte claims, claimers, deaths, snaps;
byte voids;
byte late, late_kind, late_epoch, late_seq, late_arg;
byte cut;             /* a deletion that was decided */
hidden byte i, valid; /* within a d_step */

#ifdef HARM_ONLY /* how far a broken rule leads */
#define same(equal) skip
#else
#define same(equal) assert(equal)
#endif

inline raise(low, to)
{
    if
    :: to > low -> low = to
    :: else
    fi
}

inline forget_late()
{
    late_kind = 0;
    late_epoch = 0;
    late_seq = 0;
    late_arg = 0
}

inline store(new_kind, new_epoch, new_seq, new_arg)
{
    d_step {
        kind[end] = new_kind;
        epoch[end] = new_epoch;
        seq[end] = new_seq;
        arg[end] = new_arg;
        judge(end);
        if
        :: kind[end] == CLAIM ->
            if
            :: !claim_at[arg[end]] -> claim_at[arg[end]] = end
            :: else
            fi;
            if
            :: late_epoch -> forget_late()
            :: else
            fi
        :: else
        fi;
        i = 0;
        end++
    }
}

inline append(new_kind, new_epoch, new_seq, new_arg)
{
    if
    :: store(new_kind, new_epoch, new_seq, new_arg)
    :: late < LATE && !late_kind ->
        late++;
        late_kind = new_kind;
        late_epoch = new_epoch;
        late_seq = new_seq;
        late_arg = new_arg;
#ifdef TWICE
        if
        :: store(new_kind, new_epoch, new_seq, new_arg)
        :: true
        fi
#endif
    fi
}

#define late_lands \
    d_step { \
        late_kind && end < L -> \
            store(late_kind, late_epoch, late_seq, late_arg); \
            forget_late() \
    }

/* A worker that the log has deposed, and that does not know it yet, may go on for so long. */
#define is_deaf (own != true_epoch && voids == VOIDS)

/* The next decision of an owner. */
inline send(new_kind, new_arg)
{
    if
    :: own != true_epoch -> voids++
    :: else
    fi;
    append(new_kind, own, seq_out, new_arg);
    seq_out++
}

/* Anyone may claim at any time. Workers differ in nothing: they come in their order. */
#define may_claim (!own && claims < CLAIMS && end < L && me <= claimers)

inline claim()
{
    if
    :: me == claimers -> claimers++
    :: else
    fi;
    claims++;
    nonce = claims;
    append(CLAIM, 0, 0, nonce)
}

/* Restoring is one step, from the log's start to the worker's own claim: nothing that it reads on
 * the way sets anything free. */
#define may_restore (nonce && claim_at[nonce] && claim_at[nonce] >= start)

inline delete_prefix()
{
    raise(start, cut);
    cut = 0
}

inline run_all()
{
    byte w;
    do
    :: w < N -> run worker(w); w++
    :: else -> break
    od;
    run world()
}
