# An append fails for good. The worker drops the partition, reads it again and claims anew; what it
# called itself it need not guess about: the answer goes into the log as a REPLY, and back to itself.
show claims
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
fail append
# The task is lost with the append, and read again behind the cursor.
request r2 ein-b
    ledger: claim
    note: owner of the partition
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
answer 1 ok
    ledger: reply 1 ein-a: ok
    event: r1/ein-a dispatched attempts=1 call=1
answer 2 ok
    event: r2/ein-b dispatched attempts=1 call=2
