# An explicit notBefore demands a reboot that starts no earlier, within the window or not.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# In the past, but behind the reboot: not served by it, and due at once.
request r2 ein-a notBefore=-3s
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 ok
    event: r2/ein-a dispatched attempts=1 call=2
# In the future, while that reboot is on its way: it waits for its own time, then for the phase.
request r3 ein-a notBefore=+1m
    event: r3/ein-a accepted
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 20s
    ledger: seen ein-a running
    event: r2/ein-a succeeded attempts=1 call=2 confirmedBy=state
wait 38999ms
wait 201ms
    ledger: intent 3 SOFT ein-a
    call 3: SOFT ein-a
