"""Results of the parts, the description of the machine, and the files for both."""

import importlib.metadata
import json
import math
import os
import platform
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg
import redis

from benchmarks.figures import markdown_table, number

FOLDER = Path(__file__).resolve().parent / "results"
PACKAGES = ("django", "channels", "uvicorn", "uvloop", "httptools", "psycopg", "asyncpg", "redis")
FSYNC_WRITES = 200


@dataclass
class Aim:
    what: str
    limit: float
    found: float
    at_least: bool = False  # False: at most

    @property
    def verdict(self) -> str:
        if math.isnan(self.found):
            return "not measured"
        met = self.found >= self.limit if self.at_least else self.found <= self.limit
        return "met" if met else "MISSED"

    def row(self) -> list[str]:
        sign = "≥" if self.at_least else "≤"
        return [self.what, f"{sign} {number(self.limit)}", number(self.found), self.verdict]


@dataclass
class Section:
    """The result of one part: Markdown for people, data for programs."""

    name: str
    title: str
    text: str
    data: object = None
    aims: list[Aim] = field(default_factory=list)

    def markdown(self) -> str:
        return f"## {self.title}\n\n{self.text}\n"


def not_run(name: str, title: str, reason: str) -> Section:
    return Section(name, title, f"NOT RUN: {reason}", {"not_run": reason})


def aims_section(sections: list[Section]) -> Section | None:
    aims = [aim for section in sections for aim in section.aims]
    if not aims:
        return None
    head = ["aim", "limit", "found", ""]
    rows = [aim.row() for aim in aims]
    data = [asdict(aim) | {"verdict": aim.verdict} for aim in aims]
    return Section("aims", "Against the aims", markdown_table(head, rows), data)


# --- the machine -----------------------------------------------------------------------------------------------------


def machine(site) -> dict:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "revision": revision(),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
        "fsync_ms": fsync_ms(site.folder),
        "postgresql": postgresql_version(site.postgres.url),
        "redis": redis_version(site.redis.url),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "–"


def fsync_ms(folder: Path) -> float:
    """The median time to write and flush 8 KiB, which each commit waits for."""
    durations = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(FSYNC_WRITES):
            start = time.perf_counter()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            durations.append(1000 * (time.perf_counter() - start))
    return round(statistics.median(durations), 3)


def postgresql_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        return connection.execute("SHOW server_version").fetchone()[0]


def redis_version(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        info = client.info("server")
    return f"{info.get('server_name', 'redis')} {info.get('valkey_version') or info['redis_version']}"


# --- files -----------------------------------------------------------------------------------------------------------


def markdown(about: dict, command: str, sections: list[Section]) -> str:
    facts = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in about.items())
    parts = "\n".join(section.markdown() for section in sections)
    return f"# Benchmark of {about['date']}\n\n`{command}`\n\n{facts}\n\n{parts}"


def keep(about: dict, command: str, sections: list[Section]) -> Path:
    """Writes both files, named by the time; returns the Markdown file."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{time.strftime('%Y-%m-%d-%H%M')}.md"
    path.write_text(markdown(about, command, sections))
    found = {section.name: {"data": section.data, "aims": list(map(asdict, section.aims))} for section in sections}
    content = {"machine": about, "command": command, "results": without_nan(found)}
    path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    return path


def without_nan(value):
    if isinstance(value, dict):
        return {str(key): without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
