# The API refuses the signature for its time, and does not tell the time: the next try would be
# refused as well. It backs off, longer each time, and counts no attempt.
set retry.initial 10s
set retry.max_attempts 1
hide looks

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
clock api untold
answer 1 AuthFailure.SignatureExpire
wait 1s
wait 9s
    ledger: intent 2 SOFT ein-a ein-b
    call 2: SOFT ein-a ein-b
answer 2 AuthFailure.SignatureExpire
wait 1s
wait 19s
    ledger: intent 3 SOFT ein-a ein-b
    call 3: SOFT ein-a ein-b
answer 3 ok
    event: r1/ein-a dispatched attempts=3 call=3 batch=2
    event: r1/ein-b dispatched attempts=3 call=3 batch=2
