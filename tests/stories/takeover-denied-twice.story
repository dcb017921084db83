# The answer of a call comes back as a REPLY when two owners have changed since. The one in between
# saw the instance rebooting, and that was lost with it.
request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
ein-a is REBOOTING after RebootInstances OPERATING
suspend A
reads fail
move all to B
    B: ledger: claim
    B: note: owner of the partition
hold ledger of B
reads work
wait 5s
    B: look: ein-a REBOOTING, ein-b RUNNING
    B: look: ein-b RUNNING
    B: look: ein-b RUNNING
    B: look: ein-b RUNNING
    B: look: ein-b RUNNING
ein-a is RUNNING after RebootInstances SUCCESS
ein-b is RUNNING after StartInstances SUCCESS
reads fail
move all to C
    C: ledger: claim
    B: note: the partition was claimed by C
    C: note: owner of the partition
release ledger of B
    B: ledger: seen ein-a it went (void)
resume A
    A: note: the partition was claimed by B
reads work
answer 1 OperationDenied.InstanceOperationInProgress It is `ein-b`.
    A: ledger: reply 1 ein-a ein-b: OperationDenied.InstanceOperationInProgress
wait 10s
    C: look: ein-a RUNNING, ein-b RUNNING
    C: ledger: seen ein-a no trace, ein-b clear
    C: event: r1/ein-a unknown attempts=1 call=1 batch=2 error=OperationDenied.InstanceOperationInProgress
    C: ledger: intent 2 SOFT ein-b
    C: call 2: SOFT ein-b
