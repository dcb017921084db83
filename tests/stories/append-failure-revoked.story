# An owner goes on until it reads a foreign claim, whatever the group says. But it never claims what
# it is not assigned: when an append fails then, it is over.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
# B is assigned, and its claim is held up.
hold ledger of B
move all to B
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
fail append
answer 1 ok
    A: ledger: reply 1 ein-a: ok
wait 10s
release ledger of B
    B: ledger: claim
    B: note: owner of the partition
    B: event: r1/ein-a dispatched attempts=1 call=1
