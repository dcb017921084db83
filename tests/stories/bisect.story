# The message names nobody, and looking does not tell either: the batch is halved until the offender
# is alone. What the API accepts clears its half.
hide looks events

request r1 ein-[1-8]
wait 200ms
    ledger: intent 1 SOFT ein-1 ein-2 ein-3 ein-4 ein-5 ein-6 ein-7 ein-8
    call 1: SOFT ein-1 ein-2 ein-3 ein-4 ein-5 ein-6 ein-7 ein-8
answer 1 UnauthorizedOperation.ForbiddenOperation No permission.
    ledger: seen ein-1 clear, ein-2 clear, ein-3 clear, ein-4 clear, ein-5 clear
    ledger: intent 2 SOFT ein-1 ein-2 ein-3 ein-4
wait 200ms
    call 2: SOFT ein-1 ein-2 ein-3 ein-4
    ledger: seen ein-6 clear, ein-7 clear, ein-8 clear
    ledger: intent 3 SOFT ein-5 ein-6 ein-7 ein-8
    call 3: SOFT ein-5 ein-6 ein-7 ein-8
answer 2 ok
answer 3 UnauthorizedOperation.ForbiddenOperation No permission.
    ledger: seen ein-5 clear, ein-6 clear, ein-7 clear, ein-8 clear
    ledger: intent 4 SOFT ein-7 ein-8
    ledger: intent 5 SOFT ein-5 ein-6
    call 4: SOFT ein-7 ein-8
wait 200ms
    call 5: SOFT ein-5 ein-6
answer 5 ok
answer 4 UnauthorizedOperation.ForbiddenOperation No permission.
    ledger: seen ein-7 clear, ein-8 clear
    ledger: intent 6 SOFT ein-8
    ledger: intent 7 SOFT ein-7
    call 6: SOFT ein-8
wait 200ms
    call 7: SOFT ein-7
show events
answer 6 ok
    event: r1/ein-8 dispatched attempts=4 call=6
# Proven: it fails, with the API's word for it.
answer 7 UnauthorizedOperation.ForbiddenOperation No permission.
    event: r1/ein-7 failed attempts=4 call=7 error=UnauthorizedOperation.ForbiddenOperation
