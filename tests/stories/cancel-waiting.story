# A cancel withdraws a request that waits. It has no events of its own.
hide looks

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
request r2 ein-a
    event: r2/ein-a accepted
cancel r1 ein-a ein-b
    event: r1/ein-a cancelled
    event: r1/ein-b cancelled
# Others go on, with the next one as leader; ein-b is rebooted for nobody.
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ok
    event: r2/ein-a dispatched attempts=1 call=1
# A second cancel finds nothing to do.
cancel r1 ein-a
# The request published once more: its final event, byte for byte.
request r1 ein-b
    event: r1/ein-b cancelled (again)
wait 1s
