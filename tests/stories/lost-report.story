# The evidence does not tell: the latest operation cannot be read, so the instance may have been
# rebooted or not. With `ambiguity: report` (the default) the final word is `unknown`, and there is
# no second reboot for this request. A new request asks anew.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 lost
    note: an answer is lost; instances unknown: 1
request r2 ein-a
    event: r2/ein-a accepted
wait 329s
wait 1s
    ledger: seen ein-a no trace, running
    event: r1/ein-a unknown attempts=1 call=1 error=network.timeout
    event: r2/ein-a unknown servedBy=r1 call=1 error=network.timeout
wait 1m
request r3 ein-a
    event: r3/ein-a accepted
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
