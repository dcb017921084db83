# SPDX-License-Identifier: Apache-2.0
"""What all subcommands have in common: help, hints, exit codes, stdout for data only."""
import json

import pytest

SUBCOMMANDS = ["run", "check-config", "submit", "watch", "ledger", "sign", "version"]


def test_help_names_every_subcommand(cli):
    for asked in ("--help", "-h", "help"):
        done = cli(asked)
        assert (done.code, done.err) == (0, "")
        assert all(f"\n  {name} " in done.out for name in SUBCOMMANDS)
    done = cli()
    assert (done.code, done.out) == (2, "") and "usage: reboot-worker" in done.err


def test_an_unknown_subcommand_is_told_with_the_one_that_was_meant(cli):
    done = cli("wach")
    assert (done.code, done.out) == (2, "")
    assert 'unknown subcommand: wach; did you mean "watch"?' in done.err
    done = cli("frobnicate")
    assert done.code == 2 and "did you mean" not in done.err
    assert "See: reboot-worker --help" in done.err


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_each_has_help_and_a_hint_at_it(cli, name):
    done = cli(name, "--help")
    assert (done.code, done.err) == (0, "") and done.out.startswith(f"usage: reboot-worker {name}")
    assert cli(name, "-h").out == done.out
    done = cli(name, "--no-such-option")
    assert (done.code, done.out) == (2, "")
    assert "--no-such-option" in done.err and f"See: reboot-worker {name} --help" in done.err


def test_version(cli):
    done = cli("version")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("reboot-worker ") and "librdkafka " in done.out
    assert cli("--version").out == done.out
    found = json.loads(cli("version", "-o", "json").out)
    assert done.out == ("reboot-worker {version} (ledger format {ledgerFormat})\nlibrdkafka "
                        "{librdkafka}, libcurl {libcurl}, {openssl}, jansson {jansson}\n"
                        ).format(**found)


def test_check_config(cli, tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("api:\n  linger: 1s\nkafka:\n  sasl.password: hunter2\n")
    bad.write_text("api:\n  linger: soon\nkafka:\n  sasl.password: hunter2\n")
    done = cli("check-config", "--config", good)
    assert (done.code, done.out) == (0, "")
    done = cli("check-config", "--config", good, "--print")
    assert done.code == 0 and "linger: 1s" in done.out and "hunter2" not in done.out + done.err
    done = cli("check-config", "--config", bad)
    assert (done.code, done.out) == (78, "")
    assert "api.linger" in done.err and "hunter2" not in done.err
    assert cli("check-config", "--config", tmp_path / "nowhere").code == 78


def test_ledger(cli, broker):
    for args, said in (([], "--partition is required"),
                       (["-p", "x"], "--partition is a number from 0"),
                       (["-p", "-1"], "--partition is a number from 0"),
                       (["-p", "0", "--from", "x"], "--from is an offset from 0"),
                       (["-p", "0", "-o", "yaml"], "--output is text or json")):
        done = cli("ledger", *args)
        assert (done.code, done.out) == (2, "")
        assert said in done.err and "See: reboot-worker ledger --help" in done.err
    done = cli("ledger", "-p", "4")
    assert done.code == 1 and "reboot.ledger has 4 partitions, from 0" in done.err
    done = cli("ledger", "-p", "3", "-o", "json")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_without_a_broker_each_says_why_and_to_try_again_later(start):
    secret = ["-X", "security.protocol=sasl_plaintext", "-X", "sasl.mechanism=PLAIN", "-X",
              "sasl.username=anna", "-X", "sasl.password=hunter2"]
    running = [start(*args, *secret, REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
               for args in (["submit", "ein-1"], ["submit", "--wait", "ein-1"], ["watch"],
                            ["ledger", "-p", "0"])]
    for done in [one.end() for one in running]:
        assert (done.code, done.out) == (75, "")
        assert "no broker answers: " in done.err and "Connection refused" in done.err
        assert "hunter2" not in done.err
