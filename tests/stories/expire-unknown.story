# A request whose answer was lost is resolved before it expires, whatever its expiresAt says.
ein-a is RUNNING after StartInstances
request r1 ein-a expiresAt=+10s
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
hide looks
answer 1 lost
    note: an answer is lost; instances unknown: 1
wait 1m
# The horizon: api.signature_life + api.settle after the intent. It did not go; it is not sent
# again, since its time is over.
wait 269999ms
wait 6s
    ledger: seen ein-a it did not
    event: r1/ein-a expired attempts=1 error=network.timeout

# And one that went is watched to its end.
request r2 ein-b expiresAt=+10s
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
answer 2 lost
    note: an answer is lost; instances unknown: 1
wait 20s
ein-b is REBOOTING
wait 5s
    ledger: seen ein-b it went
    event: r2/ein-b dispatched attempts=1 call=2
ein-b is RUNNING
wait 10s
    ledger: seen ein-b running
    event: r2/ein-b succeeded attempts=1 call=2 confirmedBy=state
