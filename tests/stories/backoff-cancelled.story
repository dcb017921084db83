# The one that backs off is withdrawn: the other goes at once, or at its time.
set retry.initial 60s
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a retrying attempts=1 call=1 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-a clear
request r2 ein-a notBefore=1s
    event: r2/ein-a accepted
cancel r1 ein-a
    event: r1/ein-a cancelled attempts=1
wait 1s
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
