# max_attempts answers that are proven to be the instance's own, then it fails with the last error.
# Each has one `retrying` event, the last one is final.
set retry.max_attempts 3
set retry.initial 1s
hide looks
ein-a is STOPPING after StopInstances OPERATING

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a retrying attempts=1 call=1 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-a clear
# Throttled: does not count.
wait 2s
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 RequestLimitExceeded
    note: throttled; pace in thousandths: 750
wait 2s
    ledger: intent 3 SOFT ein-a
    call 3: SOFT ein-a
# Pauses double: up to 2 s after the second one.
answer 3 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a retrying attempts=3 call=3 error=OperationDenied.InstanceOperationInProgress
    ledger: seen ein-a clear
wait 3s
    ledger: intent 4 SOFT ein-a
    call 4: SOFT ein-a
answer 4 OperationDenied.InstanceOperationInProgress
    event: r1/ein-a failed attempts=4 call=4 error=OperationDenied.InstanceOperationInProgress
wait 1m
