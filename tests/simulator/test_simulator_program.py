# SPDX-License-Identifier: Apache-2.0
"""The program: flags, exit codes, how it starts and ends."""
import signal
import subprocess
import threading

import pytest
from signer import Client

KEYS = ["--secret-id", "i", "--secret-key", "k"]


def run(build_dir, *args):
    return subprocess.run([str(build_dir / "ecm-simulator"), *args], capture_output=True, text=True,
                          timeout=30, check=False)


def test_help_names_every_flag_and_endpoint(build_dir):
    done = run(build_dir, "--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ["--listen", "--secret-id", "--secret-key", "--token", "--instances", "--fleet",
                 "--seed", "--rate-limit", "--signature-life", "--reboot-duration", "--partial",
                 "--reject-force-with-stoptype", "--message-style", "--clock-offset", "--fault",
                 "--tls-cert", "--tls-key",
                 "/_sim/log", "/_sim/faults", "/_sim/instances", "/_sim/stats"]:
        assert word in done.stdout


def test_version(build_dir):
    done = run(build_dir, "--version")
    assert done.returncode == 0 and done.stdout.startswith("ecm-simulator ")


@pytest.mark.parametrize("args", [
    [], ["--secret-id", "i"], [*KEYS, "extra"], [*KEYS, "--nonsense"], [*KEYS, "--seed"],
    [*KEYS, "--listen", "8080"], [*KEYS, "--listen", "127.0.0.1:70000"],
    [*KEYS, "--instances", "-1"], [*KEYS, "--instances", "x"], [*KEYS, "--rate-limit", "1.5"],
    [*KEYS, "--signature-life", "5"], [*KEYS, "--signature-life", "5d"],
    [*KEYS, "--reboot-duration", "9s..3s"], [*KEYS, "--reboot-duration", "9s.."],
    [*KEYS, "--message-style", "loud"], [*KEYS, "--instances", "1", "--fleet", "f"],
    [*KEYS, "--tls-cert", "f"], [*KEYS, "--tls-key", "f"],
])
def test_usage_errors_end_with_2(build_dir, args):
    done = run(build_dir, *args)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("ecm-simulator: ")


@pytest.mark.parametrize("args, words", [
    (["--fleet", "/nonexistent/fleet"], "No such file"),
    (["--fault", "{"], "not JSON"),
    (["--fault", '{"kind":"no"}'], "unknown kind"),
    (["--listen", "192.0.2.1:1"], "cannot listen"),
    (["--tls-cert", "/nonexistent/cert", "--tls-key", "/dev/null"], "No such file"),
    (["--tls-cert", __file__, "--tls-key", "/dev/null"], "not a PEM file"),
    (["--tls-cert", __file__, "--tls-key", __file__], "with this certificate and key"),
])
def test_what_cannot_start_ends_with_1_and_says_why(build_dir, args, words):
    done = run(build_dir, *KEYS, *args)
    assert done.returncode == 1 and words in done.stderr


@pytest.mark.parametrize("line", ["nonsense", '{"id":"a b"}', '{"id":"ein-1","state":"X"}', "[]"])
def test_bad_line_of_a_fleet_is_named(build_dir, tmp_path, line):
    path = tmp_path / "fleet"
    path.write_text('{"id":"ein-00000001"}\n' + line + "\n")
    done = run(build_dir, *KEYS, "--fleet", str(path))
    assert done.returncode == 1 and f"{path}:2" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ends_with_0_on_a_signal_even_with_answers_held_back(sim, client, how):
    sim.fault(kind="delay", delayMs=3600000)
    client.connection.timeout = 0.2
    with pytest.raises(TimeoutError):
        client.describe()
    sim.process.send_signal(how)
    assert sim.process.wait(20) == 0
    sim.stop()


def test_many_callers_at_once_get_their_own_answers(start):
    sim = start(instances=2000)
    failures = []

    def work(first):
        client = Client(sim)
        for i in range(first, first + 100):
            answer = client.reboot([f"ein-{i:08x}"])
            if answer.code is not None:
                failures.append(answer.body)
        client.close()

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(sim.effects()) == 2000 and all(call["answered"] for call in sim.log())
