"""What is wrong with what a person asked of a market."""

from pathlib import Path


class MarketError(Exception):
    """One line: the file, the line number, the reason, and what to do."""

    @classmethod
    def in_file(cls, path: Path, line: int | None, reason: str, remedy: str) -> "MarketError":
        where = f"{path}" if line is None else f"{path}, line {line}"
        return cls(f"{where}: {reason}; {remedy}")
