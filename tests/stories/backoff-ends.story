# A pause is for those whose attempt came back. r1 uses up its attempts and ends; r2, which was not
# aboard, goes when its own time comes.
set retry.max_attempts 1
set retry.initial 60s
hide looks

request r1 ein-a
    event: r1/ein-a accepted
request r2 ein-a notBefore=2s
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a failed attempts=1 call=1 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-a clear
wait 1s
wait 1s
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
