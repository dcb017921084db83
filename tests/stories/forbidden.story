# The gateway refuses a call for want of permission: no part of it was executed. The offender is found
# by halving, and nobody has to be read before the next call.
request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 AuthFailure.UnauthorizedOperation No permission.
    ledger: intent 2 SOFT ein-b
    ledger: intent 3 SOFT ein-a
wait 300ms
    call 2: SOFT ein-b
    call 3: SOFT ein-a
answer 2 ok
    event: r1/ein-b dispatched attempts=2 call=2
answer 3 AuthFailure.UnauthorizedOperation No permission.
    event: r1/ein-a failed attempts=2 call=3 error=AuthFailure.UnauthorizedOperation
