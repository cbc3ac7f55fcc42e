"""Under what conditions something was measured: without them a figure says nothing."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import apsw
import msgspec

PACKAGES = ("granian", "falcon", "msgspec", "uvloop", "aiohttp", "apsw", "rocksdict")


class CpuTime(msgspec.Struct, frozen=True):
    """Since the machine started, in ticks of the kernel's clock. Stolen: wanted, and given to another machine by the host of both."""

    busy: int
    stolen: int


class Conditions(msgspec.Struct):
    """`load_before` and `load_after` are the machine's one-minute load averages: well above zero before, something else was running.
    `stolen` is the part of the processor time wanted meanwhile that the machine's host gave to others: of 0.1, waits get long."""

    at: str
    command: str
    cpu: str
    cpus: int
    kernel: str
    python: str
    versions: dict[str, str]
    load_before: float
    cpu_before: CpuTime
    load_after: float = 0.0
    stolen: float = 0.0

    def end(self) -> None:
        self.load_after = os.getloadavg()[0]
        now = cpu_time()
        busy, stolen = now.busy - self.cpu_before.busy, now.stolen - self.cpu_before.stolen
        self.stolen = stolen / max(1, busy + stolen)

    def lines(self) -> list[str]:
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [
            f"{self.command}, {self.at}",
            f"{self.cpus} x {self.cpu}, Linux {self.kernel}, Python {self.python}, SQLite {apsw.sqlite_lib_version()}",
            versions,
            f"load average {self.load_before:.2f} before, {self.load_after:.2f} after; "
            f"{self.stolen:.1%} of the processor time stolen by the host",
        ]


def conditions(command: str, packages: Sequence[str] = PACKAGES) -> Conditions:
    return Conditions(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command=command,
        cpu=_cpu(),
        cpus=len(os.sched_getaffinity(0)),
        kernel=platform.release(),
        python=platform.python_version(),
        versions={name: metadata.version(name) for name in packages},
        load_before=os.getloadavg()[0],
        cpu_before=cpu_time(),
    )


def cpu_time() -> CpuTime:
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    )
    return CpuTime(user + nice + system + irq + softirq, steal)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
