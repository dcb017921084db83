# When the log has grown enough the owner writes down everything alive, between BEGIN and END. What
# stands before BEGIN is then deleted, in the ledger and in the tasks, and a successor that starts
# there knows what one knows that has read everything.
set snapshot_bytes_min 280
set dedup.window 1h
show marks
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
    A: ledger: mark
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
answer 1 ok
    A: event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 900ms
    A: ledger: mark
ein-a is RUNNING
wait 10s
    A: ledger: seen ein-a running
    A: event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    A: ledger: mark
request r2 ein-b notBefore=+1m
    A: event: r2/ein-b accepted
    A: ledger: mark
cancel r3 ein-c
    A: ledger: begin
    A: ledger: image ein-a ein-b ein-c
    A: ledger: end
request r4 ein-d notBefore=+1h
    A: event: r4/ein-d accepted
# Not before a MARK says that every event owed before BEGIN is acknowledged.
wait 2s
    A: ledger: mark
    A: ledger: deleted below 11
    A: tasks: deleted below 3
kill A

wait 5s
move all to B
    B: ledger: claim
    B: note: owner of the partition
    B: ledger: deleted below 11
    B: tasks: deleted below 3
# Places in the input, stored events, cancels that came first, the last reboot, what is open:
redeliver r1
request r1 ein-a
    B: event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state (again)
request r3 ein-c
    B: event: r3/ein-c accepted
    B: event: r3/ein-c cancelled
request r5 ein-a
    B: event: r5/ein-a accepted
    B: event: r5/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
hide marks
wait 1m
    B: ledger: intent 2 SOFT ein-b
    B: call 2: SOFT ein-b
