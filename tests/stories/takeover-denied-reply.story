# The answer of a call comes back as a REPLY to the next owner. Nobody looked before it came, so nobody
# has seen a reboot that is over by now: that the latest operation is one, of last week perhaps, says
# nothing, and both go again, as they would with the first owner.
ein-a is RUNNING after RebootInstances SUCCESS
request r1 ein-a ein-b
    A: event: r1/ein-a accepted
    A: event: r1/ein-b accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a ein-b
    A: call 1: SOFT ein-a ein-b
suspend A
reads fail
move all to B
    B: ledger: claim
    B: note: owner of the partition
reads work
resume A
    A: note: the partition was claimed by B
answer 1 OperationDenied.InstanceOperationInProgress It is `ein-b`.
    A: ledger: reply 1 ein-a ein-b: OperationDenied.InstanceOperationInProgress
wait 10s
    B: look: ein-a RUNNING, ein-b RUNNING
    B: ledger: seen ein-a clear, ein-b clear
    B: ledger: intent 2 SOFT ein-a
    B: call 2: SOFT ein-a
    B: ledger: intent 3 SOFT ein-b
    B: call 3: SOFT ein-b
