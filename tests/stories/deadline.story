# A process is stopped between the intent and the call. When it wakes up too little of the
# signature's life is left: the call is not made, and the instance goes back to waiting with a new
# intent. The clock counts while a machine sleeps.
set confirm.enabled false
set api.signature_life 5m
show answers
hide looks

request r1 ein-a
    event: r1/ein-a accepted
hold reports
wait 200ms
    ledger: intent 1 SOFT ein-a
suspend A
wait 150s
release reports
resume A
    ledger: answer 1: ein-a not sent
wait 300ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
answer 2 ok
    ledger: answer 2: ein-a sent
    event: r1/ein-a dispatched final attempts=1 call=2

# One that sleeps for less than half of it makes the call.
hold reports
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 3 SOFT ein-b
suspend A
wait 149s
release reports
resume A
    call 3: SOFT ein-b signed=-149s
