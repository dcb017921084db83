# LatestOperation has no time: that it is a reboot proves nothing, unless a read of this instance
# since showed another one.
hide looks
ein-a is RUNNING after StartInstances
ein-b is RUNNING after RebootInstances

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 InternalError
    note: an answer is lost; instances unknown: 2
wait 2s
# Both are running again before anybody saw them down.
ein-a is RUNNING after RebootInstances
wait 1s
    ledger: seen ein-a it went
    event: r1/ein-a dispatched attempts=1 call=1 batch=2
wait 40s
    ledger: seen ein-a running
    event: r1/ein-a succeeded attempts=1 call=1 batch=2 confirmedBy=state
wait 5m
    ledger: seen ein-b no trace, running
    event: r1/ein-b unknown attempts=1 call=1 batch=2 error=InternalError
