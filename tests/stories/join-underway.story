# A request that joins while a reboot is on its way and is served by it shares its verdict; one that
# it does not serve waits until that is over, and then starts the next.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
# dispatching
request r2 ein-a
    event: r2/ein-a accepted
request r3 ein-a kind=HARD
    event: r3/ein-a accepted
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
# rebooting
request r4 ein-a
    event: r4/ein-a accepted
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    event: r2/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
    event: r4/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
    ledger: intent 2 HARD ein-a
    call 2: HARD ein-a
