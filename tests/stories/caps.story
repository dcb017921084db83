# Open requests and memory of closed ones are capped for each instance. Over the cap of open ones a
# request is refused by name; beyond that of closed ones the oldest is forgotten.
set limits.open_requests 2
set limits.closed_requests 2
hide looks

request r1 ein-a notBefore=+1h
    event: r1/ein-a accepted
request r2 ein-a notBefore=+1h
    event: r2/ein-a accepted
request r3 ein-a
    event: r3/ein-a rejected error=request.cap
wait 1s
cancel r1 ein-a
    event: r1/ein-a cancelled
cancel r2 ein-a
    event: r2/ein-a cancelled
# A refused id stays free.
request r3 ein-a notBefore=+1h
    event: r3/ein-a accepted
cancel r3 ein-a
    event: r3/ein-a cancelled
# Two closed ones are remembered; r1 is new again.
request r2 ein-a
    event: r2/ein-a cancelled (again)
request r1 ein-a
    event: r1/ein-a accepted
