# RequestLimitExceeded was blocked before the back end: everybody tries again, no attempt is used up,
# nothing is said; and the pool slows down: three quarters of the slots, then a little more with each call.
set retry.max_attempts 1
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 RequestLimitExceeded
    note: throttled; pace in thousandths: 750
wait 1s
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 RequestLimitExceeded.UinLimitExceeded
    note: throttled; pace in thousandths: 577
wait 1s
    ledger: intent 3 SOFT ein-a
    call 3: SOFT ein-a
answer 3 ok
    event: r1/ein-a dispatched attempts=3 call=3
