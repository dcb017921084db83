# The ledger is the outbox: what a MARK does not cover is published again by the successor, the same
# bytes with the same id, in the order of the log.
show marks
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
    A: ledger: mark
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
# The results topic acknowledges nothing more.
hold results
answer 1 ok
    A: not acknowledged:
    A: event: r1/ein-a dispatched attempts=1 call=1
request r2 ein-b
    A: not acknowledged:
    A: event: r2/ein-b accepted
ein-a is REBOOTING
wait 5s
    A: ledger: intent 2 SOFT ein-b
    A: call 2: SOFT ein-b
kill A
release results
# The first `accepted` was marked.
move all to B
    B: ledger: claim
    B: note: owner of the partition
    B: event: r1/ein-a dispatched attempts=1 call=1 (again)
    B: event: r2/ein-b accepted (again)
wait 1s
    B: ledger: mark
