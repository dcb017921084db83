# SPDX-License-Identifier: Apache-2.0
"""check-config from outside: what is read from where, what is refused and how, what is printed."""
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# What users rely on when they set nothing.
DEFAULTS = {
    "kafka": {"bootstrap.servers": "localhost:9092"},
    "group": "reboot-workers", "static_membership": False,
    "topics": {"requests": "reboot.requests", "tasks": "reboot.tasks", "ledger": "reboot.ledger",
               "results": "reboot.results", "dead_letters": "reboot.requests-dlt",
               "control": "reboot.control", "sightings": "reboot.sightings",
               "partitions": 12, "replication_factor": -1, "create": True},
    "events": {"source": "/reboot-worker/reboot-workers"},
    "limits": {"open_requests": 256, "closed_requests": 256, "entry_bytes": "256KiB"},
    "api": {"endpoint": "https://ecm.intl.tencentcloudapi.com", "service": "ecm",
            "version": "2019-07-19", "region": "", "language": "en-US", "send_region": False,
            "rate_limit": 20, "batch_size": 100, "linger": "200ms", "timeout": "10s",
            "signature_life": "5m", "settle": "30s"},
    "retry": {"max_attempts": 10, "initial": "1s", "max": "60s"},
    "dedup": {"window": "5m"},
    "request": {"max_age": "24h", "max_bytes": "1MiB"},
    "confirm": {"enabled": True, "interval": "5s", "timeout": "10m"},
    "ambiguity": "report",
    "safety": {"allow_force": True, "max_rebooting": 0, "max_unconfirmed": 0, "window": "10m"},
    "dry_run": False, "admin": {"listen": "127.0.0.1:9464"},
    "log": {"level": "info", "format": "auto"}, "drain_timeout": "20s",
}


def printed(cli, *words, **more):
    done = cli("check-config", "--print", *words, **more)
    assert done.code == 0, done.err
    assert done.err == ""
    return yaml.safe_load(done.out)


def refused(cli, *words, **more):
    done = cli("check-config", *words, **more)
    assert done.code == 78, (done.code, done.out, done.err)
    assert done.out == "" and done.err.startswith("reboot-worker check-config: ")
    return done.err


def test_the_defaults_are_the_promised_ones(cli):
    config = printed(cli)
    assert config.pop("name")
    assert config == DEFAULTS


def test_a_good_configuration_is_told_on_stderr_only(cli):
    done = cli("check-config")
    assert (done.code, done.out) == (0, "")
    assert done.err == "reboot-worker check-config: ok\n"


@pytest.mark.parametrize("option, environment", [
    ("reference", None), ("example", None), ("metrics", None)])
def test_generated_pages_are_what_the_program_prints(cli, option, environment):
    path = {"reference": "configuration.md", "example": "reboot-worker.yaml",
            "metrics": "metrics.md"}[option]
    done = cli("check-config", f"--{option}")
    assert done.code == 0
    assert (ROOT / "docs" / path).read_text() == done.out, \
        f"reboot-worker check-config --{option} > docs/{path}"


def test_the_example_is_the_defaults(cli):
    example = printed(cli, "--config", str(ROOT / "docs" / "reboot-worker.yaml"))
    assert example == printed(cli)


def test_every_option_stands_in_reference_and_example(cli):
    reference = (ROOT / "docs" / "configuration.md").read_text()
    example = (ROOT / "docs" / "reboot-worker.yaml").read_text()
    for section, value in printed(cli).items():
        if section == "kafka":
            continue
        for key in value if isinstance(value, dict) else [None]:
            name = section if key is None else f"{section}.{key}"
            assert f"| `{name}` |" in reference
            assert f"{key or section}:" in example


def test_flag_before_environment_before_file(cli, tmp_path):
    file = tmp_path / "w.yaml"
    file.write_text("api:\n  linger: 1s\n  timeout: 1s\n  settle: 1s\n")
    config = printed(cli, "--config", str(file), "--api-linger", "3s",
                     REBOOT_WORKER_API_LINGER="2s", REBOOT_WORKER_API_TIMEOUT="2s")
    assert [config["api"][key] for key in ("linger", "timeout", "settle")] == ["3s", "2s", "1s"]


def test_kafkas_properties_have_four_ways_in(cli, tmp_path):
    file, lines = tmp_path / "w.yaml", tmp_path / "kafka.conf"
    file.write_text("kafka:\n  bootstrap.servers: a:1\n  client.rack: a\n  debug: broker\n")
    lines.write_text("# as kcat reads it\nbootstrap.servers=c:1\nclient.rack = c\n")
    config = printed(cli, "--config", str(file), "--kafka-config", str(lines),
                     "-X", "bootstrap.servers=d:1", REBOOT_WORKER_KAFKA_DEBUG="topic",
                     REBOOT_WORKER_KAFKA_BOOTSTRAP_SERVERS="b:1")
    assert config["kafka"] == {"bootstrap.servers": "d:1", "client.rack": "c", "debug": "topic"}


def test_what_is_printed_reads_back(cli, tmp_path):
    words = ["--name", "it's: #1", "--group", "blue team", "--api-rate-limit", "0.3333333333333333",
             "--retry-max", "61001ms", "--limits-entry-bytes", "16385", "-X", "client.rack=~",
             "-X", "debug=broker,topic"]
    first = cli("check-config", "--print", *words).out
    file = tmp_path / "printed.yaml"
    file.write_text(first)
    assert cli("check-config", "--print", "--config", str(file)).out == first
    assert yaml.safe_load(first)["name"] == "it's: #1"
    assert yaml.safe_load(first)["events"]["source"] == "/reboot-worker/blue%20team"


def test_secrets_are_masked_wherever_they_come_from(cli, tmp_path):
    file, lines, value = tmp_path / "w.yaml", tmp_path / "kafka.conf", tmp_path / "password"
    file.write_text("kafka:\n  sasl.password: hunter2-file\n  ssl.key.pem: hunter2-pem\n")
    lines.write_text("ssl.keystore.password=hunter2-lines\n")
    value.write_text("hunter2-value\n")
    done = cli("check-config", "--print", "--config", str(file), "--kafka-config", str(lines),
               "-X", "ssl.key.password=hunter2-flag", "-X", "sasl.oauthbearer.config=hunter2-oauth",
               REBOOT_WORKER_KAFKA_SASL_PASSWORD_FILE=str(value),
               TENCENTCLOUD_SECRET_ID="hunter2-id", TENCENTCLOUD_SECRET_KEY="hunter2-key")
    assert "hunter2" not in done.out + done.err
    shown = yaml.safe_load(done.out)["kafka"]
    for name in ("sasl.password", "ssl.key.pem", "ssl.keystore.password", "ssl.key.password",
                 "sasl.oauthbearer.config"):
        assert set(shown[name]) == {"*"}


@pytest.mark.parametrize("text, says", [
    ("api:\n  lingre: 1s\n", ':2:3: there is no option "api.lingre"; did you mean "api.linger"?'),
    ("api:\n  linger: soon\n", ':2:11: api.linger: "soon" is not a duration from 0ms to 1m'),
    ("kafka:\n  acks: 0\n", ":2:3: kafka.acks cannot be set: "),
    ("kafka:\n  bootstrap.server: a\n", 'did you mean "bootstrap.servers"?'),
    ("group: [a\n", ":2:1: "),
    ("group: a\ngroup: b\n", ":2:1: this key stands here twice"),
    ("api: {endpoint: 'http://example.com'}\n", "http:// is for loopback hosts only"),
])
def test_an_error_in_the_file_has_its_place(cli, tmp_path, text, says):
    file = tmp_path / "w.yaml"
    file.write_text(text)
    error = refused(cli, "--config", str(file))
    assert says in error
    if ":2:" in says:
        assert f"{file}{says[:5]}" in error


@pytest.mark.parametrize("words, environment, says", [
    (["--api-linger", "soon"], {}, "on the command line: api.linger"),
    (["-X", "acks=1"], {}, "kafka.acks cannot be set"),
    (["-X", "topic.acks=1"], {}, "kafka.topic.acks cannot be set"),
    (["-X", "enable.auto.commit=true"], {}, "kafka.enable.auto.commit cannot be set"),
    (["-X", "sasl.jaas.config=x"], {}, "kafka.sasl.jaas.config: "),
    (["-X", "security.protocol=ssl", "-X", "ssl.ca.location=/nonexistent"], {}, "ssl.ca.location"),
    (["-X", "security.protocol=sasl_ssl", "-X", "sasl.mechanism=PLAIN"], {}, "sasl.password"),
    (["--config", "/nonexistent.yaml"], {}, "/nonexistent.yaml: No such file"),
    (["--kafka-config", "/nonexistent.conf"], {}, "/nonexistent.conf: No such file"),
    (["--api-endpoint", "http://example.com"], {}, "api.endpoint"),
    (["--topics-tasks", "reboot.ledger"], {}, "the same topic"),
    ([], {"REBOOT_WORKER_GROUP": "a", "REBOOT_WORKER_GROUP_FILE": "/x"}, "is set as well"),
    ([], {"REBOOT_WORKER_GROUP_FILE": "/nonexistent"}, "REBOOT_WORKER_GROUP_FILE: /nonexistent"),
    ([], {"REBOOT_WORKER_KAFKA_ACKS": "1"}, "REBOOT_WORKER_KAFKA_ACKS: kafka.acks cannot be set"),
])
def test_a_wrong_configuration_ends_with_78(cli, words, environment, says):
    assert says in refused(cli, *words, **environment)


def test_a_strange_variable_only_warns(cli):
    done = cli("check-config", REBOOT_WORKER_PORT="tcp://10.0.0.1:9464",
               REBOOT_WORKER_API_LINGRE="1s")
    assert done.code == 0
    assert "REBOOT_WORKER_PORT names no option" in done.err
    assert "did you mean REBOOT_WORKER_API_LINGER?" in done.err


@pytest.mark.parametrize("words, says", [
    (["--api-lingre", "1s"], "did you mean --api-linger?"),
    (["--no-such-thing"], "unknown option: --no-such-thing"),
    (["--api-linger"], "a value is missing"),
    (["-X", "nothing"], "-X needs NAME=VALUE"),
    (["extra"], "one argument too many"),
])
def test_a_wrong_command_line_ends_with_2(cli, words, says):
    done = cli("check-config", *words)
    assert done.code == 2
    assert says in done.err and "--help" in done.err


def test_help_is_an_answer(cli):
    done = cli("check-config", "--help")
    assert done.code == 0 and done.err == ""
    for word in ("--print", "--config", "-X", "--kafka-config"):
        assert word in done.out
