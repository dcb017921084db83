# The old owner was suspended with its answer unread. By the time it wakes up the new owner has given
# its final word, and the late OK changes nothing about that. But it says when the instance was last
# rebooted: the read that settled the matter has shown it up since, so that reboot serves whoever it
# serves by its time.
hide looks
show answers

request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
suspend A
move all to B
    B: ledger: claim
    B: note: owner of the partition
ein-b is STOPPED
wait 331s
    B: ledger: seen ein-a no trace, running, ein-b no trace
    B: event: r1/ein-a unknown attempts=1 call=1 batch=2
    B: event: r1/ein-b unknown attempts=1 call=1 batch=2
resume A
    A: note: the partition was claimed by B
request r2 ein-a notBefore=1h expiresAt=2h
    B: event: r2/ein-a accepted
answer 1 ok
    A: ledger: reply 1 ein-a ein-b: ok
    B: ledger: answer 1: ein-a sent
wait 1m
# ein-b was down when it was read: nobody knows whether that reboot succeeded.
ein-b is RUNNING
request r3 ein-a requestedAt=-5m
    B: event: r3/ein-a accepted
    B: event: r3/ein-a succeeded servedBy=r1 call=1 batch=2 confirmedBy=state
request r4 ein-b requestedAt=-5m
    B: event: r4/ein-b accepted
wait 1s
    B: ledger: intent 2 SOFT ein-b
    B: call 2: SOFT ein-b
