# One request, one reboot, one final event.
#
# Every decision is a record in the ledger first; its events and its call follow when it has been
# read back. This story shows all records; the others leave out the dull ones.
show tasks answers marks

request r1 ein-a
    ledger: tasks r1/ein-a
    event: r1/ein-a accepted
    ledger: mark
wait 199ms
# api.linger is over: the intent, then the call.
wait 1ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    ledger: answer 1: ein-a sent
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
wait 1s
    look: ein-a REBOOTING
    ledger: mark
ein-a is RUNNING
wait 5s
    look: ein-a RUNNING
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
    ledger: mark
