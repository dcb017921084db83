# A REPLY that stands in the log when a successor restores it: it decides on it as soon as it owns
# the partition, without a look.
request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
move all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
kill B
answer 1 ok
    A: ledger: reply 1 ein-a ein-b: ok
wait 5s
move all to C
    C: ledger: claim
    C: note: owner of the partition
    C: event: r1/ein-a dispatched attempts=1 call=1 batch=2
    C: event: r1/ein-b dispatched attempts=1 call=1 batch=2
