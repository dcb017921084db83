# allowRepeat asks for a reboot that is decided after the request was applied, window or not.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a

# The call is in the air: an ordinary request rides on it, one with allowRepeat waits for the next.
request r2 ein-a
    event: r2/ein-a accepted
request r3 ein-a allowRepeat
    event: r3/ein-a accepted
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    event: r2/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a

# Two that wait together share one: it is decided after both were applied.
request r4 ein-b allowRepeat
    event: r4/ein-b accepted
request r5 ein-b allowRepeat
    event: r5/ein-b accepted
wait 200ms
    ledger: intent 3 SOFT ein-b
    call 3: SOFT ein-b
answer 3 ok
    event: r4/ein-b dispatched attempts=1 call=3
