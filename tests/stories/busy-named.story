# One instance of a batch is busy, and the message names it: it goes apart and backs off, the rest go
# at once. Between the two everybody is looked at: the batch may have been done in part.
request r1 ein-a ein-b ein-c
    event: r1/ein-a accepted
    event: r1/ein-b accepted
    event: r1/ein-c accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b ein-c
    call 1: SOFT ein-a ein-b ein-c
ein-b is STOPPING after StopInstances OPERATING
# No `retrying`: it is a suspicion, not proven to be ein-b's own.
answer 1 OperationDenied.InstanceOperationInProgress The instance `['ein-b']` already has operation in progress.
    look: ein-a RUNNING, ein-b STOPPING, ein-c RUNNING
    ledger: seen ein-a clear, ein-b clear, ein-c clear
wait 200ms
    ledger: intent 2 SOFT ein-a ein-c
    call 2: SOFT ein-a ein-c
answer 2 ok
    event: r1/ein-a dispatched attempts=2 call=2 batch=2
    event: r1/ein-c dispatched attempts=2 call=2 batch=2
hide looks
wait 1s
    ledger: intent 3 SOFT ein-b
    call 3: SOFT ein-b
# Alone, it is the offender.
answer 3 OperationDenied.InstanceOperationInProgress
    event: r1/ein-b retrying attempts=2 call=3 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-b clear
ein-b is RUNNING
wait 3s
    ledger: intent 4 SOFT ein-b
    call 4: SOFT ein-b
answer 4 ok
    event: r1/ein-b dispatched attempts=3 call=4
