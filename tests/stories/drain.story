# Draining: no new tasks, no new calls. What is in the air is waited for, decided, published and
# marked; then there is nothing left to do. Batches that had not left are decided "not sent".
show answers marks
hide looks

request r1 ein-a
    event: r1/ein-a accepted
    ledger: mark
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
hold reports
request r2 ein-b
    event: r2/ein-b accepted
wait 200ms
    ledger: intent 2 SOFT ein-b
drain A
    ledger: answer 2: ein-b not sent
    ledger: mark
request r3 ein-c
wait 3s
release reports
answer 1 ok
    ledger: answer 1: ein-a sent
    event: r1/ein-a dispatched attempts=1 call=1
    ledger: mark
    drained
