# SPDX-License-Identifier: Apache-2.0
"""Workers that join, leave and restart in an orderly way, and what operators see of them."""
import signal

from broker.client import bare, wait_until


def ids(first, count):
    return [f"ein-{i:08x}" for i in range(first, first + count)]


def flood(pool, count, first=0, size=4):
    pool.client.publish_all([
        bare({"requestId": f"r{first + i}", "instanceIds": ids(first + i, size)})
        for i in range(0, count, size)])
    return [(f"r{first + i}", instance) for i in range(0, count, size)
            for instance in ids(first + i, size)]


def test_partitions_are_shared_and_move_without_a_second_reboot(make_pool):
    pool = make_pool(instances=600, reboot_duration="500ms..1500ms")
    first = pool.start("w-first", api_batch_size=10)
    wanted = flood(pool, 200)
    second = pool.start("w-second", api_batch_size=10)
    wait_until(lambda: first.owned() and second.owned(), 30, "both own partitions")
    assert not set(first.owned()) & set(second.owned())
    wanted += flood(pool, 200, 200)
    first.stop()
    wait_until(lambda: len(second.owned()) == 4, 30, "the second owns all")
    wanted += flood(pool, 200, 400)
    outcomes = pool.wait_finals(wanted, 120)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 600)}


def test_a_rolling_restart_in_the_middle_loses_and_doubles_nothing(make_pool):
    pool = make_pool(instances=400, reboot_duration="500ms..1500ms")
    workers = [pool.start(f"a{i}", api_batch_size=5) for i in range(2)]
    wanted = flood(pool, 400)
    for i, old in enumerate(workers):
        wait_until(lambda n=i: len(pool.sim.calls()) > 5 * (n + 1), 60, "calls")
        pool.start(f"b{i}", api_batch_size=5)
        old.stop()
    outcomes = pool.wait_finals(wanted, 120)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 400)}


def test_everybody_leaves_and_the_next_one_goes_on(pool):
    first = pool.start("first", api_batch_size=2, api_rate_limit=5)  # 10 s of work
    wanted = flood(pool, 100)
    wait_until(lambda: len(pool.sim.calls()) > 3, 60, "calls")
    first.stop()
    assert len(pool.sim.calls()) < 50
    pool.start("second", api_batch_size=10)
    outcomes = pool.wait_finals(wanted, 120)
    assert {e["status"] for e in outcomes.finals().values()} == {"succeeded"}
    assert pool.sim.effects() == {i: 1 for i in ids(0, 100)}


def test_a_second_signal_ends_at_once(pool):
    pool.sim.fault(kind="delay", delayMs=30000, action="RebootInstances")
    worker = pool.start(api_timeout="3s", drain_timeout="30s")
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 1)}))
    wait_until(lambda: pool.sim.stats()["calls"] >= 1 and worker.status()["callsInFlight"] > 0, 30,
               "a call in the air")
    worker.signal(signal.SIGTERM)
    wait_until(lambda: worker.said("draining"), 20, "draining")
    worker.signal(signal.SIGTERM)
    worker.wait_end(expected=1)


def test_probes_metrics_and_status_say_what_is(pool):
    worker = pool.start()
    assert worker.get("/livez") == (200, "ok\n")
    assert worker.get("/readyz")[0] == 200
    wait_until(lambda: len(worker.owned()) == 4, 30, "ownership")
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 7)}))
    pool.client.publish(b"not JSON")
    pool.wait_finals([("r", i) for i in ids(0, 7)])
    metrics = worker.get("/metrics")[1]
    for line in ('reboot_worker_requests_total{result="accepted"} 1',
                 'reboot_worker_requests_total{result="refused"} 1',
                 'reboot_worker_outcomes_total{status="succeeded"} 7',
                 'reboot_worker_outcomes_total{status="rejected"} 1',
                 "reboot_worker_dead_letters_total 1", "reboot_worker_partitions_owned 4",
                 'reboot_worker_open_entries{phase="rebooting"} 0'):
        assert line in metrics, line
    assert "ein-" not in metrics
    status = worker.status()
    assert status["ready"] is True and status["stage"] == "running"
    assert status["breaker"] == {"open": False, "code": None}
    assert status["openEntries"] == {"waiting": 0, "dispatching": 0, "unknown": 0, "rebooting": 0}
    assert status["lag"] == {"input": 0, "tasks": 0} and status["lanes"] == []
    assert {p["partition"] for p in status["partitions"]} == set(range(4))
    assert all(p["role"] == "owner" and p["epoch"] >= 0 for p in status["partitions"])
    assert sum(i["next"] for i in status["inputs"]) == 2
    assert worker.get("/nowhere")[0] == 404


def test_status_shows_what_waits_and_the_last_error(make_pool):
    pool = make_pool()
    pool.sim.fault(kind="throttle", action="RebootInstances")
    worker = pool.start(api_region="ap-xian-ecm")
    wait_until(lambda: len(worker.owned()) == 4, 30, "ownership")
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 5), "stopType": "HARD"}))
    wait_until(lambda: any(
        row["source"] == "api" and row["text"].startswith("RebootInstances: RequestLimitExceeded")
        for row in worker.status()["lastErrors"]), 30, "the error")
    seen = wait_until(lambda: [s for s in [worker.status()] if s["lanes"]], 30, "a lane")[0]
    assert {(row["region"], row["kind"]) for row in seen["lanes"]} == {("ap-xian-ecm", "HARD")}
    assert 0 < sum(row["due"] for row in seen["lanes"]) <= 5
    assert seen["quota"]["throttled"] > 0 and seen["quota"]["pace"] < 1
    assert sum(seen["openEntries"].values()) == 5
    page = worker.get("/")[1]
    assert "RequestLimitExceeded" in page and "<script" not in page


def test_hangup_reads_the_limits_again(make_pool, artifacts):
    pool = make_pool()
    config = artifacts / "worker.yaml"
    config.write_text("log:\n  level: info\napi:\n  rate_limit: 20\n")
    worker = pool.start(config=config)
    config.write_text("log:\n  level: debug\napi:\n  rate_limit: 7\n  batch_size: 3\n")
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.said("read limits and log level again"), 20, "reload")
    assert worker.status()["quota"]["rateLimit"] == 7
    assert any(line.get("detail") == "api.batch_size" for line in worker.log())


def test_hangup_reads_the_credentials_again(pool, artifacts):
    profile = artifacts / "credentials"
    text = f"[default]\nsecret_id={pool.sim.secret_id}\nsecret_key="
    profile.write_text(text + "wrong\n")
    pool.environment = {"TENCENTCLOUD_SECRET_ID": "", "TENCENTCLOUD_SECRET_KEY": "",
                        "TENCENTCLOUD_CREDENTIALS_FILE": str(profile)}
    worker = pool.start(ready=False)
    pool.client.publish(*bare({"requestId": "r", "instanceIds": ids(0, 1)}))
    wait_until(lambda: worker.status().get("breaker", {}).get("open"), 60, "the breaker")
    assert worker.status()["breaker"]["code"] == "AuthFailure.SignatureFailure"
    profile.write_text(text + pool.sim.secret_key + "\n")
    worker.signal(signal.SIGHUP)
    outcomes = pool.wait_finals([("r", ids(0, 1)[0])])
    assert outcomes.of("r")[-1]["status"] == "succeeded"
    worker.wait_ready()


def test_no_credentials_is_a_matter_of_configuration(pool):
    pool.sim.secret_id = ""
    pool.sim.secret_key = ""
    worker = pool.start("poor", ready=False)
    worker.wait_end(expected=78)
    assert worker.said("no credentials")


def test_another_pool_on_the_same_topics_is_refused(pool):
    pool.start("ours")
    wait_until(lambda: pool.workers[0].owned(), 30, "ownership")
    other = pool.start("theirs", ready=False, group="another-pool")
    wait_until(lambda: other.said("a partition has stopped"), 30, "the refusal")
    assert any("another `group`" in line.get("reason", "") for line in other.log())
