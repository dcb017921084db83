# Refused for now (no resources): everybody backs off and tries again; it counts.
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 ResourceInsufficient
    event: r1/ein-a retrying attempts=1 call=1 error=ResourceInsufficient
    ledger: seen ein-a clear
wait 1300ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
