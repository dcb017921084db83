# A worker dies with a call in the air. The group gives its partition to another one, which reads
# the log, claims, and finds an intent without an answer: it looks, early and often, and sends
# nothing for it before the horizon. Waiting requests move on at once.
request r1 ein-a
    A: event: r1/ein-a accepted
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
request r2 ein-b
    A: event: r2/ein-b accepted
kill A
wait 10s
move all to B
    B: ledger: claim
    B: note: owner of the partition
    B: event: r2/ein-b accepted (again)
wait 200ms
    B: look: ein-a RUNNING
    B: ledger: intent 2 SOFT ein-b
    B: call 2: SOFT ein-b
ein-a is REBOOTING
wait 1s
    B: look: ein-a REBOOTING
    B: ledger: seen ein-a it went
    B: event: r1/ein-a dispatched attempts=1 call=1
    B: look: ein-a REBOOTING
answer 2 ok
    B: event: r2/ein-b dispatched attempts=1 call=2
