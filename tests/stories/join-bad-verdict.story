# Whoever rides on a reboot shares its verdict, bad ones too; and a reboot that failed serves no
# later request.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
request r2 ein-a
    event: r2/ein-a accepted
answer 1 FailedOperation.OperationNotAllow
    event: r1/ein-a failed attempts=1 call=1 error=FailedOperation.OperationNotAllow
    event: r2/ein-a failed servedBy=r1 call=1 error=FailedOperation.OperationNotAllow
wait 10s
request r3 ein-a
    event: r3/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
