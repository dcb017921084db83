# The same requestId published again, by an upstream that is not sure: nothing is done, and the stored
# final event is published again, byte for byte.
hide looks

request r1 ein-a reason=alarm
    event: r1/ein-a accepted
# Open: its final event is still to come, once.
request r1 ein-a reason=alarm
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
wait 20m
request r1 ein-a reason=alarm
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state (again)
# For another instance the same id is another matter.
request r1 ein-b
    event: r1/ein-b accepted
