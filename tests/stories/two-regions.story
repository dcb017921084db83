# Two requests that name different regions for one instance: the region of the oldest open one.
hide looks

request r1 ein-a region=ap-xian-ecm
    event: r1/ein-a accepted
request r2 ein-a region=ap-hefei-ecm
    event: r2/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a in ap-xian-ecm
    call 1: SOFT ein-a in ap-xian-ecm
answer 1 ok
    event: r1/ein-a dispatched attempts=1 call=1
