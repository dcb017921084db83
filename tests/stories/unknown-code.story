# A code that the worker does not know: loud, isolated like any offence, then final.
hide looks

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 FailedOperation.NeverHeardOf It is about ein-b.
    note: unknown code: FailedOperation.NeverHeardOf
    ledger: seen ein-a clear, ein-b clear
wait 300ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
    ledger: intent 3 SOFT ein-a
    call 3: SOFT ein-a
answer 2 FailedOperation.NeverHeardOf
    note: unknown code: FailedOperation.NeverHeardOf
    event: r1/ein-b failed attempts=2 call=2 error=FailedOperation.NeverHeardOf
answer 3 ok
    event: r1/ein-a dispatched attempts=2 call=3
