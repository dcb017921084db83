# An instance that does not exist: reading tells which, and the next call proves it.
request r1 ein-a ein-b ein-c
    event: r1/ein-a accepted
    event: r1/ein-b accepted
    event: r1/ein-c accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b ein-c
    call 1: SOFT ein-a ein-b ein-c
ein-b is gone
answer 1 ResourceNotFound.InstanceNotExist
    look: ein-a RUNNING, ein-b gone, ein-c RUNNING
    ledger: seen ein-a clear, ein-b clear, ein-c clear
wait 300ms
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
    ledger: intent 3 SOFT ein-a ein-c
    call 3: SOFT ein-a ein-c
answer 2 ResourceNotFound.InstanceNotExist
    event: r1/ein-b failed attempts=2 call=2 error=ResourceNotFound.InstanceNotExist
answer 3 ok
    event: r1/ein-a dispatched attempts=2 call=3 batch=2
    event: r1/ein-c dispatched attempts=2 call=3 batch=2
