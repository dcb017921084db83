# The old owner's answer was lost, too: it says so, and the new owner goes on gathering evidence.
hide looks

request r1 ein-a
    A: event: r1/ein-a accepted
wait 1s
    A: ledger: intent 1 SOFT ein-a
    A: call 1: SOFT ein-a
move all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
wait 9s
answer 1 lost
    A: note: an answer is lost; instances unknown: 1
    A: ledger: reply 1 ein-a: network.timeout
ein-a is REBOOTING
wait 5s
    B: ledger: seen ein-a it went
    B: event: r1/ein-a dispatched attempts=1 call=1
