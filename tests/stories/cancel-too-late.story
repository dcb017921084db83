# Once the intent is decided a cancel comes too late, unless the call turns out to have been refused
# without effect.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
cancel r1 ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
cancel r1 ein-a
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# Throttled: provably not executed, so the cancel takes effect.
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
cancel r2 ein-b
answer 2 RequestLimitExceeded
    note: throttled; pace in thousandths: 750
    event: r2/ein-b cancelled attempts=1
wait 10s
