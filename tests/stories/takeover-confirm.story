# A successor watches reboots that its predecessor began; what was seen down is forgotten with the
# predecessor, so RUNNING is believed after api.settle, counted from the intent.
set api.settle 30s
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
wait 200ms
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
answer 1 ok
    A: event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 10s
kill A
ein-a is RUNNING
move all to B
    B: ledger: claim
    B: note: owner of the partition
wait 19s
wait 6s
    B: ledger: seen ein-a running
    B: event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
