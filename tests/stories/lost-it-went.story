# The answer is lost: the instance is read at once and often, since a reboot is best seen while it
# lasts. Seen REBOOTING after the intent: it went. It is never sent again.
request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 lost
    note: an answer is lost; instances unknown: 1
    look: ein-a RUNNING
wait 1s
    look: ein-a RUNNING
wait 900ms
ein-a is REBOOTING
wait 100ms
    look: ein-a REBOOTING
    ledger: seen ein-a it went
    event: r1/ein-a dispatched attempts=1 call=1
hide looks
wait 10s
ein-a is RUNNING
wait 10s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 confirmedBy=state
