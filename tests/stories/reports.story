# An intent that has been read back may still be lost (older brokers show records before they are
# safe): the call waits for the delivery report as well.
request r1 ein-a
    event: r1/ein-a accepted
hold reports
wait 200ms
    ledger: intent 1 SOFT ein-a
wait 500ms
release reports
    call 1: SOFT ein-a
