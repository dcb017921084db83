# A partition is taken over while a call is in the air. The old owner hears the answer, and appends it
# as a REPLY: news, on which the new owner decides like on an answer of its own.
hide looks

request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 200ms
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
move all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
wait 3s
answer 1 ok
    A: ledger: reply 1 ein-a ein-b: ok
    B: event: r1/ein-a dispatched attempts=1 call=1 batch=2
    B: event: r1/ein-b dispatched attempts=1 call=1 batch=2
