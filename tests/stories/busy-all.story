# The message names every member of the batch: all are busy, proven, and each backs off on its own
# with full jitter.
set retry.initial 10s
hide looks
ein-a ein-b is STOPPING after StopInstances OPERATING

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 OperationDenied.InstanceOperationInProgress The instances `['ein-a', 'ein-b']` already have operations in progress.
    event: r1/ein-a retrying attempts=1 call=1 batch=2 error=OperationDenied.InstanceOperationInProgress
    event: r1/ein-b retrying attempts=1 call=1 batch=2 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-a clear, ein-b clear
wait 10300ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
    ledger: intent 3 SOFT ein-b
    call 3: SOFT ein-b
