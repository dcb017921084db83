# Two reboots of one instance in a row: that it was seen down during the first says nothing about
# the second.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
request r2 ein-a allowRepeat
    event: r2/ein-a accepted
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 ok
    event: r2/ein-a dispatched attempts=1 call=2
# The second has not begun yet.
wait 10s
ein-a is REBOOTING
wait 5s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r2/ein-a succeeded attempts=1 call=2 confirmedBy=state
