# A call that never left (refused, DNS, TLS) is as if it had not been: no attempt, no event; it backs
# off and tries again. Several in a row open the breaker.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 not-sent
wait 3s
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 not-sent
wait 5s
    ledger: intent 3 SOFT ein-a
    call 3: SOFT ein-a
answer 3 not-sent
wait 9s
    ledger: intent 4 SOFT ein-a
    call 4: SOFT ein-a
answer 4 not-sent
wait 17s
    ledger: intent 5 SOFT ein-a
    call 5: SOFT ein-a
answer 5 not-sent
    note: breaker open: network.not_sent
wait 33s
    ledger: intent 6 SOFT ein-a
    call 6: SOFT ein-a
answer 6 ok
    note: breaker closed
    event: r1/ein-a dispatched attempts=1 call=6
