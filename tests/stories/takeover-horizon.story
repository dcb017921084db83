# A successor measures the age of an intent by the log's own times, so that workers which come and go
# do not begin the wait anew: 330 s after the intent, whoever owns the partition by then, concludes.
hide looks
ein-a is RUNNING after StartInstances

request r1 ein-a
    A: event: r1/ein-a accepted
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
kill A
wait 150s
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 100s
kill B
# C's own clock is an hour fast. It is not asked.
clock C 1h
move all to C
    C: ledger: claim
    C: note: owner of the partition
wait 100ms
    C: note: the API's clock differs by seconds: -3600
wait 78900ms
wait 2s
    C: ledger: seen ein-a it did not
    C: ledger: intent 2 SOFT ein-a
    C: call 2: SOFT ein-a
