# The place of a reader is deleted under it. It knows nothing about what it missed: everything of the
# partition is discarded, and read again from the BEGIN.
set snapshot_bytes_min 150
hide looks

request r1 ein-a notBefore=+1h
    A: event: r1/ein-a accepted
hold reads of B
give all to B
wait 1s
request r2 ein-b notBefore=+1h
    A: event: r2/ein-b accepted
request r3 ein-c notBefore=+20s
    A: ledger: begin
    A: ledger: image ein-a ein-b ein-c
    A: ledger: end
    A: event: r3/ein-c accepted
wait 1s
    A: ledger: deleted below 6
    A: tasks: deleted below 3
move all to B
release reads of B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
    B: ledger: deleted below 6
    B: tasks: deleted below 3
wait 20s
    B: ledger: intent 1 SOFT ein-c
    B: call 1: SOFT ein-c
