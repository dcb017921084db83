# An id that comes again with other content: the first one counts, and it is said.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
request r1 ein-a kind=HARD
    note: came again with other content: r1
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ResourceNotFound.InstanceNotExist
    event: r1/ein-a failed attempts=1 call=1 error=ResourceNotFound.InstanceNotExist
request r1 ein-a kind=HARD
    event: r1/ein-a failed attempts=1 call=1 error=ResourceNotFound.InstanceNotExist (again)
