"""The project's own files, as these tests read them."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("locksley", "paper_exchange", "simulation", "bench", "tests", "docs", "scripts", ".ci", "deploy", "frontend")
NOT_OURS = frozenset({"__pycache__", "node_modules", ".hypothesis"})


def files(*endings: str) -> list[Path]:
    """Every file of the project, or those whose names end so; relative to its root."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file() and NOT_OURS.isdisjoint(path.parts)]
    return sorted(path.relative_to(ROOT) for path in found if not endings or path.name.endswith(endings))


def text(path: Path | str) -> str:
    return (ROOT / path).read_text()


def module(path: Path) -> ast.Module:
    return ast.parse(text(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(qualified name, lines) of each."""
    return _functions(module(path), "")


def _functions(node: ast.AST, inside: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        name = f"{inside}{getattr(child, 'name', '')}"
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            assert child.end_lineno is not None
            yield name, child.end_lineno - child.lineno + 1
        is_named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _functions(child, f"{name}." if is_named else inside)


def too_long(lengths: Mapping[str, int], lines_max: int, allowed: Mapping[str, str]) -> list[str]:
    """What is longer than it may be, and what is allowed to be but is not there any more."""
    return [
        f"{name}: {lines} lines" for name, lines in lengths.items() if lines > lines_max and name not in allowed
    ] + [f"{name}: allowed, but not there" for name in allowed if name not in lengths]
