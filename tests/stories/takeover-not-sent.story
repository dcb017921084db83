# The old owner had decided an intent, and had not made the call when it lost the partition: it says
# so. No look, no horizon: the new owner sends it at once.
request r1 ein-a
    A: event: r1/ein-a accepted
# The delivery report of the intent is outstanding: no call without it.
hold reports of A
wait 1s
    A: ledger: intent 1 SOFT ein-a
move all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    A: ledger: reply 1 ein-a: not sent
    B: note: owner of the partition
wait 300ms
    B: ledger: intent 2 SOFT ein-a
    B: call 2: SOFT ein-a
release reports of A
wait 1s
answer 2 ok
    B: event: r1/ein-a dispatched attempts=1 call=2
