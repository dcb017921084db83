# A call is denied, and has had part of its effect: the old owner sees that, and cannot say so any
# more. For the new one it is over; what it reads must show that there was no reboot before there is
# another call.
request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
ein-a is REBOOTING after RebootInstances OPERATING
reads fail
answer 1 OperationDenied.InstanceOperationInProgress It is `ein-b`.
    A: look: no answer
hold ledger of A
reads work
wait 5s
    A: look: ein-a REBOOTING, ein-b RUNNING
ein-a is RUNNING after RebootInstances SUCCESS
ein-b is RUNNING after StartInstances SUCCESS
move all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
release ledger of A
    A: ledger: seen ein-a it went, ein-b clear (void)
wait 10s
    B: look: ein-a RUNNING, ein-b RUNNING
    B: ledger: seen ein-a no trace, ein-b clear
    B: event: r1/ein-a unknown attempts=1 call=1 batch=2 error=OperationDenied.InstanceOperationInProgress
    B: ledger: intent 2 SOFT ein-b
    B: call 2: SOFT ein-b
