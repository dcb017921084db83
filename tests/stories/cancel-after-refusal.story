# Between two attempts a request can be withdrawn: at once after one that was provably refused,
# after a look at the instance when it might have been rebooted all the same.
request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 not-sent
cancel r1 ein-a
    event: r1/ein-a cancelled
wait 10s

# The worker looks before anything else follows from a busy answer. No look succeeds: the cancel
# waits too.
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
reads fail
answer 2 OperationDenied.InstanceOperationInProgress
    event: r2/ein-b retrying attempts=1 call=2 error=OperationDenied.InstanceOperationInProgress
    look: no answer
cancel r2 ein-b
ein-b is STARTING after StartInstances OPERATING
reads work
wait 1s
    look: ein-b STARTING
    ledger: seen ein-b clear
    event: r2/ein-b cancelled attempts=1
wait 10s
