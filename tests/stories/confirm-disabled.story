# confirm.enabled: false ends at `dispatched`, which is final then.
set confirm.enabled false

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
request r2 ein-a
    event: r2/ein-a accepted
answer 1 ok
    event: r1/ein-a dispatched final attempts=1 call=1
    event: r2/ein-a dispatched final servedBy=r1 call=1
wait 1m
# The window holds all the same.
request r3 ein-a
    event: r3/ein-a accepted
    event: r3/ein-a dispatched final servedBy=r1 call=1
