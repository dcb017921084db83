# Credentials are refused: no call can succeed until a person acts. Nothing fails and nothing is
# sent, but one probe now and then: a batch of one.
hide looks

request r1 ein-a ein-b ein-c
    event: r1/ein-a accepted
    event: r1/ein-b accepted
    event: r1/ein-c accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b ein-c
    call 1: SOFT ein-a ein-b ein-c
answer 1 AuthFailure.SecretIdNotFound
    note: breaker open: AuthFailure.SecretIdNotFound
wait 1s
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
# Still: the next probe waits twice as long.
answer 2 AuthFailure.SecretIdNotFound
request r2 ein-d
    event: r2/ein-d accepted
wait 1999ms
wait 1ms
    ledger: intent 3 SOFT ein-b
    call 3: SOFT ein-b
# A person has acted. Any answer that judges instances closes it.
answer 3 ok
    note: breaker closed
    event: r1/ein-b dispatched attempts=2 call=3
wait 200ms
    ledger: intent 4 SOFT ein-c ein-a ein-d
    call 4: SOFT ein-c ein-a ein-d
answer 4 ok
    event: r1/ein-c dispatched attempts=2 call=4 batch=3
    event: r1/ein-a dispatched attempts=3 call=4 batch=3
    event: r2/ein-d dispatched attempts=1 call=4 batch=3
