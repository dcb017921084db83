# One batch over two partitions, and the ledger of one is slow. The call goes out with those whose
# intent has come back; the others are left out after a bound, and their intent, when it comes back
# after all, is decided "not sent", so that no intent is left without an end.
partitions 2
place ein-b 1
show answers
hide looks

request r1 ein-a
    event: r1/ein-a accepted
request r2 ein-b
    event: r2/ein-b accepted
hold ledger 1
wait 200ms
    ledger 0: intent 1 SOFT ein-a
wait 999ms
wait 1ms
    call 1: SOFT ein-a
answer 1 ok
    ledger 0: answer 1: ein-a sent
    event: r1/ein-a dispatched attempts=1 call=1
wait 5s
release ledger 1
    ledger 1: intent 1 SOFT ein-b
    ledger 1: answer 1: ein-b not sent
wait 300ms
    ledger 1: intent 2 SOFT ein-b
    call 2: SOFT ein-b
