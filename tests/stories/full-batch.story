# A hundred leave at once; what is left over waits for its own linger.
hide events looks

request r1 ein-[001-099]
wait 100ms
request r2 ein-[100-130]
    ledger: intent 1 SOFT ein-001 .. ein-100 (100)
    call 1: SOFT ein-001 .. ein-100 (100)
wait 199ms
wait 1ms
    ledger: intent 2 SOFT ein-101 .. ein-130 (30)
    call 2: SOFT ein-101 .. ein-130 (30)
