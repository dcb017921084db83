# What depends on policy or on time is judged in the ledger: one `rejected` event, and the id stays
# free.
set request.max_age 24h
set safety.allow_force false

request r1 ein-a kind=HARD
    event: r1/ein-a rejected error=request.policy
request r1 ein-b kind=SOFT_FIRST
    event: r1/ein-b rejected error=request.policy
request r1 ein-c kind=FORCE
    event: r1/ein-c rejected error=request.policy
request r1 ein-a notBefore=+25h
    event: r1/ein-a rejected error=request.policy
request r1 ein-a expiresAt=+25h
    event: r1/ein-a rejected error=request.policy
# expiresAt counts from the later of the two.
request r2 ein-b notBefore=+2h expiresAt=+25h
    event: r2/ein-b accepted
request r1 ein-a
    event: r1/ein-a accepted
