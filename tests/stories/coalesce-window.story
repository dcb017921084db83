# A reboot whose call started at S serves a request made at R when S > R - dedup.window.
#
# The second alarm of one incident rides on the first one's reboot; the next incident gets its own.
set dedup.window 5m
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 800ms
ein-a is RUNNING
wait 10s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state

# S is 200 ms after the start. A request at S + 5m - 1ms is still served, with an event of its own
# and no call.
wait 4m
wait 49199ms
request r2 ein-a
    event: r2/ein-a accepted
    event: r2/ein-a succeeded servedBy=r1 call=1 confirmedBy=state

# At S + 5m it is a new incident.
wait 1ms
request r3 ein-a
    event: r3/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
