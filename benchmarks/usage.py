"""CPU time and memory of processes with their children, from /proc."""

import os
import re
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(roots: list[int]) -> float:
    """User and system time of these processes and their descendants, including ended ones that were waited for."""
    stats = all_stats()
    return sum(stats[pid][1] for pid in tree(roots, stats)) / TICKS_PER_SECOND


def memory_kib(roots: list[int]) -> dict[str, int]:
    """`resident`: all memory in RAM; `private`: memory not shared with other processes."""
    total = {"resident": 0, "private": 0}
    for pid in tree(roots, all_stats()):
        sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE))
        total["resident"] += int(sizes["Rss"])
        total["private"] += int(sizes["Private_Clean"]) + int(sizes["Private_Dirty"])
    return total


def all_stats() -> dict[int, tuple[int, int]]:
    """{pid: (parent pid, ticks including reaped children)}"""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat_fields(name)):
            found[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found


def stat_fields(pid: str) -> list[str]:
    """The fields after the program's name, which may contain spaces; empty if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(roots: list[int], stats: dict[int, tuple[int, int]]) -> set[int]:
    found = {pid for pid in roots if pid in stats}
    while added := {pid for pid, (parent, _) in stats.items() if parent in found} - found:
        found |= added
    return found
