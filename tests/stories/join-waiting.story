# A request for an instance whose reboot still waits joins it: the merged reboot takes the strongest
# kind asked for and leaves when the first of them may. Each request has its own final event; the
# oldest leads, the others name it.
hide looks

request r1 ein-a notBefore=+20s
    event: r1/ein-a accepted
request r2 ein-a notBefore=+10s
    event: r2/ein-a accepted
request r3 ein-a kind=HARD notBefore=+10s
    event: r3/ein-a accepted
wait 10s
wait 200ms
    ledger: intent 1 HARD ein-a
    call 1: HARD ein-a
answer 1 ok
    event: r2/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r2/ein-a succeeded attempts=1 call=1 confirmedBy=state
    event: r3/ein-a succeeded servedBy=r2 call=1 confirmedBy=state
# r1 wanted a reboot that starts later than that one.
wait 3800ms
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a

# Asked for at once, a request pulls along those whose time has come, and nobody else.
request r4 ein-b kind=HARD notBefore=+1h
    event: r4/ein-b accepted
request r5 ein-b kind=SOFT_FIRST
    event: r5/ein-b accepted
wait 200ms
    ledger: intent 3 SOFT_FIRST ein-b
    call 3: SOFT_FIRST ein-b
