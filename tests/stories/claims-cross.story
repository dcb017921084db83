# For a while two workers believe that they are assigned the same partition: the log decides who is
# the owner, one at any moment. Whoever loses claims again, after a random pause that grows with
# every loss (250 to 500 ms after the first), as long as the group confirms the assignment.
hide looks events

request r1 ein-a notBefore=+1h
give all to B
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
wait 249ms
wait 251ms
    A: ledger: claim
    B: note: the partition was claimed by A
    A: note: owner of the partition
# Now A hears of it. It works on until B, which waits for its turn, has claimed; then it is over.
move all to B
wait 1s
    B: ledger: claim
    A: note: the partition was claimed by B
    B: note: owner of the partition
wait 10m
