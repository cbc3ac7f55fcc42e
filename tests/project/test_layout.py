"""What matters about the layout is checked, not remembered."""

import ast
import re
from pathlib import Path

from tests.project import tree

FLOWS = ("prices", "orders", "portfolio", "people", "exchange")

FILE_LINES_MAX = 400

FUNCTION_LINES_MAX = 40
LONG_FUNCTIONS = {
    "locksley/app.py Broker.__init__": "the wiring: it reads as the diagram of both flows, and is not to be cut into pieces",
    "locksley/serving.py _services": "one line for each service that the routes call",
    "locksley/embedded.py embedded": "one adapter of each port, made and closed again in order",
}

DRAWERS = re.compile(r"(^|_)(utils?|helpers?|misc|common|stuff|tools)(_|$)")

PURE = frozenset(
    {
        *("bisect", "collections", "datetime", "enum", "functools", "itertools", "locksley", "msgspec"),
        *("operator", "struct", "typing", "zoneinfo"),
    }
)

# In two pieces, so that this file does not name them either.
REGISTRY_HOSTS = [
    "pypi." + "org",
    "python" + "hosted.org",
    "npm" + "js.",
    "crates" + ".io",
    "docker" + ".io",
    "ghcr" + ".io",
]


def test_every_flow_module_opens_with_a_docstring() -> None:
    modules = [path for flow in FLOWS for path in tree.files(".py") if path.parent == Path("locksley") / flow]
    assert len(modules) > 40
    assert [str(path) for path in modules if tree.text(path) and not ast.get_docstring(tree.module(path))] == []


def test_no_file_is_long() -> None:
    lengths = {str(path): len(tree.text(path).splitlines()) for path in tree.files(".py", ".js", ".css", ".sql", ".md")}
    assert [path for path, lines in lengths.items() if lines > FILE_LINES_MAX] == []


def test_no_function_is_long() -> None:
    lengths = {
        f"{path} {name}": lines
        for path in tree.files(".py")
        if path.parts[0] in ("locksley", "paper_exchange")
        for name, lines in tree.functions(path)
    }
    assert tree.too_long(lengths, FUNCTION_LINES_MAX, LONG_FUNCTIONS) == []


def test_no_drawer_for_leftovers() -> None:
    assert [
        str(path) for path in tree.files(".py") if DRAWERS.search(path.stem) or DRAWERS.search(path.parent.name)
    ] == []


def test_domain_imports_nothing_that_could_do_anything() -> None:
    nodes = [
        node
        for path in tree.files(".py")
        if path.parent == Path("locksley/domain")
        for node in ast.walk(tree.module(path))
    ]
    modules = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in modules} <= PURE
    assert {".".join(name.split(".")[:2]) for name in modules if name.startswith("locksley")} == {"locksley.domain"}


def test_domain_has_no_async() -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    domain = [path for path in tree.files(".py") if path.parent == Path("locksley/domain")]
    assert [str(path) for path in domain for node in ast.walk(tree.module(path)) if isinstance(node, waiting)] == []


def test_no_package_registry_is_named() -> None:
    named = [
        f"{path}: {host}"
        for path in tree.files()
        for host in REGISTRY_HOSTS
        if host.encode() in (tree.ROOT / path).read_bytes()
    ]
    assert named == []
