# The old owner's OK reaches the log while the new owner's finding is on its way: the finding folds
# behind it, and the OK is not lost under it. (The instance had been rebooted, then stopped and
# started by somebody: its latest operation misled the new owner.)
hide looks
ein-a is RUNNING after StartInstances

request r1 ein-a
    A: event: r1/ein-a accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
suspend A
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 5m
hold ledger of B
wait 1m
resume A
    A: note: the partition was claimed by B
answer 1 ok
    A: ledger: reply 1 ein-a: ok
release ledger of B
    B: ledger: seen ein-a it did not
    B: event: r1/ein-a dispatched attempts=1 call=1
wait 5s
    B: ledger: seen ein-a running
    B: event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
