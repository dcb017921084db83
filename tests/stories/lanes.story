# A batch never mixes regions, nor kinds of reboot.
hide looks events
set api.region ap-default-ecm
set api.linger 100ms

request r1 ein-a ein-b
wait 10ms
request r2 ein-c region=ap-xian-ecm
wait 10ms
request r3 ein-d kind=HARD
wait 10ms
request r4 ein-e region=ap-default-ecm
wait 1s
    ledger: intent 1 SOFT ein-a ein-b ein-e in ap-default-ecm
    call 1: SOFT ein-a ein-b ein-e in ap-default-ecm
    ledger: intent 2 SOFT ein-c in ap-xian-ecm
    call 2: SOFT ein-c in ap-xian-ecm
    ledger: intent 3 HARD ein-d in ap-default-ecm
    call 3: HARD ein-d in ap-default-ecm
