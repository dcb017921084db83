# With dedup.window 0 the log's order decides, no clock: only a dispatch decided after a request was
# applied serves it.
set dedup.window 0
hide looks

request r1 ein-a
    event: r1/ein-a accepted
# Still waiting: the dispatch is yet to be decided.
request r2 ein-a
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
# In the air: too late for this one, even at the same millisecond.
request r3 ein-a
    event: r3/ein-a accepted
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
ein-a is RUNNING
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    event: r2/ein-a succeeded servedBy=r1 call=1 confirmedBy=state
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
