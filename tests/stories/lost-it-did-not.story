# After the horizon a lost call can have no effect any more: RUNNING, with a LatestOperation that is
# no reboot, means that it did not go. Only then is it sent again.
set api.signature_life 5m
set api.settle 30s
hide looks
ein-a is RUNNING after StartInstances

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
wait 10s
answer 1 lost
    note: an answer is lost; instances unknown: 1
wait 319999ms
wait 1ms
    ledger: seen ein-a it did not
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 ok
    event: r1/ein-a dispatched attempts=2 call=2
