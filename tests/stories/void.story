# A stalled owner wakes up after it was succeeded. What it appends is void, by the rule of epoch and
# seq alone; it acts on nothing that has not come back valid, so it calls nobody.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
suspend A
wait 1m
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 200ms
    B: ledger: intent 1 SOFT ein-a
    B: call 1: SOFT ein-a
# A's clock says that its batch has been due for long. What it reads comes later than what it writes.
hold reads of A
resume A
    A: ledger: intent 2 SOFT ein-a (void)
wait 1s
release reads of A
    A: note: the partition was claimed by B
    A: ledger: reply 2 ein-a: not sent
wait 5s
answer 1 ok
    B: event: r1/ein-a dispatched attempts=1 call=1
