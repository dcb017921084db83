# Not RUNNING within confirm.timeout: `unconfirmed`, after a fresh look beyond it. It serves no later
# request.
set confirm.timeout 2m
set confirm.interval 7s
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
ein-a is REBOOTING
request r2 ein-a kind=HARD
    event: r2/ein-a accepted
wait 119999ms
show looks
wait 7s
    look: ein-a REBOOTING
    ledger: seen ein-a overdue
    event: r1/ein-a unconfirmed attempts=1 call=1
    ledger: intent 2 HARD ein-a
    call 2: HARD ein-a
