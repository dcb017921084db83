# Refused for now (no resources): one error stands for all aboard, and may be one's own. Each is tried
# alone before it counts as an attempt of its own, and backs off.
set retry.max_attempts 2
set retry.initial 10s
hide looks

request r1 ein-a ein-b
    event: r1/ein-a accepted
    event: r1/ein-b accepted
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    call 1: SOFT ein-a ein-b
answer 1 ResourceInsufficient
    ledger: seen ein-a clear, ein-b clear
    ledger: intent 2 SOFT ein-b
    ledger: intent 3 SOFT ein-a
wait 300ms
    call 2: SOFT ein-b
    call 3: SOFT ein-a
answer 2 ok
    event: r1/ein-b dispatched attempts=2 call=2
answer 3 ResourceInsufficient
    event: r1/ein-a retrying attempts=2 call=3 error=ResourceInsufficient
    ledger: seen ein-a clear
wait 10s
    ledger: intent 4 SOFT ein-a
    call 4: SOFT ein-a
answer 4 ResourceInsufficient
    event: r1/ein-a failed attempts=3 call=4 error=ResourceInsufficient
