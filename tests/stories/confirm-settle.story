# RUNNING right after the answer proves nothing: the reboot may not have begun. It is believed once
# the instance was seen not RUNNING, or after api.settle.
set api.settle 30s

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
wait 500ms
    look: ein-a RUNNING
wait 5s
    look: ein-a RUNNING
ein-a is REBOOTING
wait 5s
    look: ein-a REBOOTING
ein-a is RUNNING
wait 5s
    look: ein-a RUNNING
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# Never seen down: a quick one.
hide looks
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
answer 2 ok
    event: r2/ein-b dispatched attempts=1 call=2
wait 29s
wait 7s
    ledger: seen ein-b running
    event: r2/ein-b succeeded attempts=1 call=2 confirmedBy=state
