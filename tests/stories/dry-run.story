# A dry run does everything but the call; its outcomes say so.
set dry_run true
show answers probes

request r1 ein-a ein-b
    event: r1/ein-a accepted dryRun
    event: r1/ein-b accepted dryRun
wait 200ms
    ledger: intent 1 SOFT ein-a ein-b
    ledger: answer 1: ein-a sent, ein-b sent
    event: r1/ein-a dispatched final dryRun
    event: r1/ein-b dispatched final dryRun
wait 1m
