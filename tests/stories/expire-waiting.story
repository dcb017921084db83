# expiresAt ends a request that waits. Deadlines are the requests' own, not the instance's.
hide looks

request r1 ein-a notBefore=+1h expiresAt=+10s
    event: r1/ein-a accepted
request r2 ein-a notBefore=+1h expiresAt=+20s
    event: r2/ein-a accepted
wait 9999ms
wait 1ms
    event: r1/ein-a expired
wait 9999ms
wait 1ms
    event: r2/ein-a expired

# One that has passed already is accepted, and expires.
request r3 ein-b expiresAt=-1s
    event: r3/ein-b accepted
    event: r3/ein-b expired
wait 1s

# A call in the air is answered first.
request r4 ein-c expiresAt=+5s
    event: r4/ein-c accepted
wait 200ms
    ledger: intent 1 SOFT ein-c
    call 1: SOFT ein-c
wait 9s
answer 1 ok
    event: r4/ein-c dispatched attempts=1 call=1
