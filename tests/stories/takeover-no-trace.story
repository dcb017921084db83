# A successor finds an intent without an answer, and nobody can say whether the call went out: after
# the horizon the final word is `unknown`. It counts as an attempt; the error is not known.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
kill A
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 329s
wait 2s
    B: ledger: seen ein-a no trace, running
    B: event: r1/ein-a unknown attempts=1 call=1
