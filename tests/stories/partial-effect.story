# Whether the API does a batch whole or in part is not documented. An instance that is seen REBOOTING
# after an attempt that was not provably refused whole counts as sent: a second call for it would be
# a second reboot.
request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
ein-a is REBOOTING
answer 1 OperationDenied.InstanceOperationInProgress The instance `['ein-b']` already has operation in progress.
    look: ein-a REBOOTING, ein-b RUNNING
    ledger: seen ein-a it went, ein-b clear
    event: r1/ein-a dispatched attempts=1 call=1 batch=2
hide looks
wait 2s
    ledger: intent 2 SOFT ein-b
    call 2: SOFT ein-b
ein-a is RUNNING
answer 2 ok
    event: r1/ein-b dispatched attempts=2 call=2
wait 5s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 batch=2 confirmedBy=state
