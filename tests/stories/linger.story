# A batch leaves when its oldest instance has waited api.linger, with all that have come meanwhile.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 150ms
request r2 ein-b ein-c
    event: r2/ein-b accepted
    event: r2/ein-c accepted
wait 49ms
wait 1ms
    ledger: intent 1 SOFT ein-a ein-b ein-c
    call 1: SOFT ein-a ein-b ein-c
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1 batch=3
    event: r2/ein-b dispatched attempts=1 call=1 batch=3
    event: r2/ein-c dispatched attempts=1 call=1 batch=3
