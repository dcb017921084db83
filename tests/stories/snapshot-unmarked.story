# As long as an event that is owed before BEGIN is not acknowledged nothing is deleted: it would be
# lost with its record.
set snapshot_bytes_min 150
show marks
hide looks

request r1 ein-a notBefore=+1h
    event: r1/ein-a accepted
    ledger: mark
hold results
wait 1s
request r2 ein-b notBefore=+1h
    not acknowledged:
    event: r2/ein-b accepted
request r3 ein-c notBefore=+1h
    ledger: begin
    ledger: image ein-a ein-b ein-c
    ledger: end
    not acknowledged:
    event: r3/ein-c accepted
    ledger: mark
wait 1m
release results
    ledger: mark
    ledger: deleted below 5
    tasks: deleted below 3
