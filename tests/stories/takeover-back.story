# The group gives a partition away and back. Whoever works on a partition that the group took away
# lays it down when it reads the next claim, not before.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
hold ledger of B
move all to B
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
answer 1 ok
    A: event: r1/ein-a dispatched attempts=1 call=1
release ledger of B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
    B: event: r1/ein-a dispatched attempts=1 call=1 (again)
ein-a is REBOOTING
wait 2s
move all to A
    A: ledger: claim
    B: note: the partition was claimed by A
    A: note: owner of the partition
ein-a is RUNNING
wait 40s
    A: ledger: seen ein-a running
    A: event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
wait 1m
