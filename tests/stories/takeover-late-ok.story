# The old owner was suspended with its answer unread. By the time it wakes up the new owner has given
# its final word; the late OK changes nothing about that.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
suspend A
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 331s
    B: ledger: seen ein-a no trace
    B: event: r1/ein-a unknown attempts=1 call=1
resume A
    A: note: the partition was claimed by B
answer 1 ok
    A: ledger: reply 1 ein-a: ok
wait 1m
