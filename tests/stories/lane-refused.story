# Every instance of a lane is refused, and none was ever accepted: it is not the instances, it is
# us. After twenty in a row the breaker opens instead of burning the queue, and from then on nothing
# fails any more.
set api.batch_size 1
set api.linger 0
hide looks intents events calls

request r1 ein-[01-19]
wait 2s
answer 1 UnauthorizedOperation.ForbiddenOperation
answer 2 UnauthorizedOperation.ForbiddenOperation
answer 3 UnauthorizedOperation.ForbiddenOperation
answer 4 UnauthorizedOperation.ForbiddenOperation
answer 5 UnauthorizedOperation.ForbiddenOperation
answer 6 UnauthorizedOperation.ForbiddenOperation
answer 7 UnauthorizedOperation.ForbiddenOperation
answer 8 UnauthorizedOperation.ForbiddenOperation
answer 9 UnauthorizedOperation.ForbiddenOperation
answer 10 UnauthorizedOperation.ForbiddenOperation
answer 11 UnauthorizedOperation.ForbiddenOperation
answer 12 UnauthorizedOperation.ForbiddenOperation
answer 13 UnauthorizedOperation.ForbiddenOperation
answer 14 UnauthorizedOperation.ForbiddenOperation
answer 15 UnauthorizedOperation.ForbiddenOperation
answer 16 UnauthorizedOperation.ForbiddenOperation
answer 17 UnauthorizedOperation.ForbiddenOperation
answer 18 UnauthorizedOperation.ForbiddenOperation
answer 19 UnauthorizedOperation.ForbiddenOperation
show events calls
request r2 ein-20
    event: r2/ein-20 accepted
    call 20: SOFT ein-20
answer 20 UnauthorizedOperation.ForbiddenOperation
    note: breaker open: UnauthorizedOperation.ForbiddenOperation
    ledger: seen ein-20 clear
request r3 ein-21
    event: r3/ein-21 accepted
wait 999ms
# A probe.
wait 1ms
    call 21: SOFT ein-20
answer 21 UnauthorizedOperation.ForbiddenOperation
    ledger: seen ein-20 clear
wait 2s
    call 22: SOFT ein-21
# The permission was given.
answer 22 ok
    note: breaker closed
    event: r3/ein-21 dispatched attempts=1 call=22
wait 100ms
    call 23: SOFT ein-20
answer 23 ok
    event: r2/ein-20 dispatched attempts=3 call=23
