"""The benchmarks count correctly. Their figures are not tested."""

import json
import math
import os
import subprocess
import sys

import pytest

from benchmarks import idle, mailbox, queries, relays, results, two_processes
from benchmarks.__main__ import parse
from benchmarks.drivers import LoadFailed, drive
from benchmarks.figures import percentiles
from benchmarks.load import Phase
from benchmarks.results import Aim, Section, aims_section, keep
from benchmarks.servers import Site
from benchmarks.usage import cpu_seconds
from tools.provision import Unavailable

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]

TINY = "--senders 2 --messages 40 --rounds 1 --sockets 40 --idle-seconds 0.2 --sizes 60 120 --repeats 2"


@pytest.fixture(scope="module")
def site():
    site = Site()
    try:
        site.__enter__()
    except Unavailable as error:
        pytest.skip(str(error))
    yield site
    site.__exit__(None, None, None)


@pytest.fixture
def options(monkeypatch):
    monkeypatch.setattr(idle, "SETTLE_SECONDS", 0.3)
    return parse([*TINY.split(), "--minutes", "0.05", "--step", "0.02"])


def job(site, app, senders=2, **more) -> dict:
    people = site.people(app, 2 * senders)
    pairs = {"senders": people[:senders], "recipients": people[senders:]}
    return {
        "transport": "socket",
        "ports": [app.port],
        "warm_up": 20,
        "messages": 50,
        "grace_seconds": 0.5,
        **pairs,
        **more,
    }


# --- counting --------------------------------------------------------------------------------------------------------


def test_floor_socket_and_post_deliver_everything(site, options):
    section = relays.measure_table(site, options)
    assert [row["relay"] for row in section.data] == ["floor", "socket", "post"]
    for row in section.data:
        assert row["counts"] == {"delivered": 40, "dropped": 0, "refused": 0, "unexpected": 0, "resyncs": 0}
        assert all(row["figures"][name] > 0 for name in ("cpu", "rate", "p50", "p99"))


def test_lost_pushes_are_counted(site):
    floor = site.start_floor(FLOOR_DROPS_EVERY="10")
    try:
        seen = drive(job(site, floor))
    finally:
        site.stop_app(floor)
    assert (seen["sent"], seen["accepted"], seen["delivered"], seen["dropped"]) == (50, 50, 45, 5)


@pytest.mark.parametrize("transport", ["socket", "post"])
def test_refused_messages_are_not_counted_as_dropped(site, transport):
    app = site.vibechat()
    stale = [{**person, "fingerprint": "f" * 64} for person in site.people(app, 4)[2:]]
    seen = drive(job(site, app, transport=transport, recipients=stale))
    assert (seen["refused"], seen["accepted"], seen["dropped"]) == (50, 0, 0)
    assert "stale_key" in seen["refusals"][0]


def test_many_senders_may_share_one_recipient(site, options):
    section = relays.measure_one_recipient(site, options)
    assert [row["counts"]["delivered"] for row in section.data] == [40, 40, 40]


def test_fixed_rate_is_kept(site):
    seen = drive(job(site, site.floor(), per_second=50, seconds=1))
    assert 45 <= seen["delivered"] <= 55
    assert seen["dropped"] == 0


def test_unreachable_server_fails_the_load(site):
    nowhere = site.start_floor()
    site.stop_app(nowhere)
    with pytest.raises(LoadFailed):
        drive(job(site, nowhere))


def test_repeated_push_is_unexpected():
    phase = Phase(messages=1)
    phase.undelivered[b"one"] = 0.0
    phase.deliver(b"one")
    phase.deliver(b"one")
    assert (len(phase.latencies_ms), phase.unexpected) == (1, 1)


@pytest.mark.parametrize("waiting", ["", "print(flush=True); sys.stdin.read()"], ids=["ended", "alive"])
def test_cpu_of_children_counts(waiting):
    burn = f"import sys, time\nwhile time.process_time() < 0.5: pass\n{waiting}"
    then = "" if waiting else "print(flush=True); sys.stdin.read()"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); {then}"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        found = cpu_seconds([process.pid])
        process.stdin.close()
    assert found >= 0.4  # the kernel rounds user and system time of each process to ticks


# --- the other parts -------------------------------------------------------------------------------------------------


def test_idle_sockets_stay_open_and_are_measured(site, options):
    floor, ours = idle.measure(site, options).data
    assert (floor["open"], ours["open"]) == (40, 40)
    assert ours["with_deflate"] == 0
    assert ours["resident_kib"] > 0


def test_soak_receives_every_push_and_measures_memory(site, options):
    section = idle.soak(site, options)
    (found,) = section.data
    assert [aim.found for aim in section.aims[:2]] == [0, 0]
    assert found["seen"]["delivered"] > 0
    assert len(found["minutes"]) >= 2


def test_queries_of_every_call_are_counted(site, options):
    counts = queries.measure(site, options).data
    assert all(count > 0 for count, _ in counts.values()), counts  # sends that come together share statements


def test_mailbox_is_filled_to_each_size(site, options):
    section = mailbox.measure(site, options)
    for call in ("send", "sync", "inbox"):
        assert list(section.data["calls"][call]) == [60, 120]
        assert section.data["calls"][call][120]["p50"] > 0
    assert len(section.aims) == 3


def test_two_processes_without_cpu_quotas_raise_no_quota(monkeypatch, tmp_path):
    monkeypatch.setattr(two_processes, "CPU_CONTROLLER", tmp_path / "absent")
    with pytest.raises(two_processes.NoQuota), two_processes.limited_to(20, os.getpid()):
        pass


# --- figures and results ---------------------------------------------------------------------------------------------


def test_percentiles_use_the_nearest_rank():
    assert percentiles(range(1, 101)) == {"p50": 50, "p95": 95, "p99": 99}
    assert percentiles([7]) == {"p50": 7, "p95": 7, "p99": 7}
    assert all(map(math.isnan, percentiles([]).values()))


@pytest.mark.parametrize(
    ("aim", "verdict"),
    [
        (Aim("CPU", 2.5, 2.5), "met"),
        (Aim("CPU", 2.5, 2.51), "MISSED"),
        (Aim("two", 1.8, 1.8, at_least=True), "met"),
        (Aim("two", 1.8, 1.79, at_least=True), "MISSED"),
        (Aim("CPU", 2.5, math.nan), "not measured"),
    ],
)
def test_aims_are_met_missed_or_not_measured(aim, verdict):
    assert aim.verdict == verdict
    assert verdict in aims_section([Section("part", "Part", "", aims=[aim])]).text


def test_kept_results_name_machine_and_date(monkeypatch, tmp_path, site):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    section = Section("part", "Part", "| a table |", {"figure": math.nan}, [Aim("CPU", 2.5, 2.0)])
    about = results.machine(site)
    path = keep(about, "python -m benchmarks", [section])
    assert about["date"] in path.read_text()
    assert about["processor"] in path.read_text()
    assert "| a table |" in path.read_text()
    kept = json.loads(path.with_suffix(".json").read_text())
    assert kept["results"]["part"]["data"] == {"figure": None}
    assert kept["machine"] == about
