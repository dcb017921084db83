# A request that had been tried expires with the error of its last attempt, and not before it is
# known that the attempt had no effect.
request r1 ein-a expiresAt=+10s
    event: r1/ein-a accepted
request r2 ein-a notBefore=+1h expiresAt=+10s
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
reads fail
answer 1 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a retrying attempts=1 call=1 error=OperationDenied.InstanceOperationInProgress
    look: no answer
hide looks
wait 9799ms
# Only r1 was part of the attempt.
wait 1ms
    event: r2/ein-a expired
reads work
wait 30s
    ledger: seen ein-a clear
    event: r1/ein-a expired attempts=1 error=OperationDenied.InstanceOperationInProgress
