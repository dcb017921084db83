# Only a reboot at least as strong serves: HARD > SOFT_FIRST and forced > SOFT.
hide looks

request r1 ein-a kind=SOFT_FIRST
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT_FIRST ein-a
    call 1: SOFT_FIRST ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# Weaker and as strong: served.
request r2 ein-a kind=SOFT
    event: r2/ein-a accepted
    event: r2/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
request r3 ein-a kind=FORCE
    event: r3/ein-a accepted
    event: r3/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
# Stronger: a reboot of its own.
request r4 ein-a kind=HARD
    event: r4/ein-a accepted
wait 200ms
    ledger: intent 2 HARD ein-a
    call 2: HARD ein-a
