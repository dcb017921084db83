# A stronger reboot serves whoever it serves by its own time, whatever weaker one came after it.
hide looks

request r1 ein-a kind=HARD
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 HARD ein-a
    call 1: HARD ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# A weaker one that was wanted again.
request r2 ein-a allowRepeat
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 ok
    event: r2/ein-a dispatched attempts=1 call=2
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r2/ein-a succeeded attempts=1 call=2 confirmedBy=state

# HARD again: the first one serves it. SOFT: the last one.
request r3 ein-a kind=HARD
    event: r3/ein-a accepted
    event: r3/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
request r4 ein-a
    event: r4/ein-a accepted
    event: r4/ein-a succeeded servedBy=r2 call=2 confirmedBy=state
# Past its window it serves nobody, and the last one is too weak.
wait 290s
request r5 ein-a kind=HARD
    event: r5/ein-a accepted
wait 200ms
    ledger: intent 3 HARD ein-a
    call 3: HARD ein-a
