# `ambiguity: retry` gives the promise of at most one reboot up, knowingly: without evidence it is
# sent again, though not before the horizon.
set ambiguity retry
hide looks

request r1 ein-a
    event: r1/ein-a accepted
wait 200ms
    ledger: intent 1 SOFT ein-a
    call 1: SOFT ein-a
answer 1 unreadable
    note: an answer is lost; instances unknown: 1
wait 329999ms
wait 1ms
    ledger: seen ein-a it did not
wait 200ms
    ledger: intent 2 SOFT ein-a
    call 2: SOFT ein-a
