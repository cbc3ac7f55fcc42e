"""The simulation, in its short form: some hundred seeds hold, and each can be replayed exactly."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from simulation.mutants import ROOT
from simulation.safeguards import MUTANTS

SEEDS = 200


def _simulate(*words: str, hash_seed: str = "0") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-m", "simulation", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def _counts(path: Path) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads(path.read_text())
    return counts


def test_some_hundred_seeds_hold(tmp_path: Path) -> None:
    done = _simulate("--seeds", str(SEEDS), "--json", str(tmp_path / "counts.json"))
    assert done.returncode == 0, done.stderr[-3_000:]
    counts = _counts(tmp_path / "counts.json")
    assert counts["seeds"] == SEEDS
    assert counts["actions_median"] >= 200
    assert counts["kills_median"] >= 3
    assert counts["faults_median"] >= 10
    assert counts["settled_s_max"] <= 60


def test_a_seed_replays_exactly_whatever_the_hash_seed(tmp_path: Path) -> None:
    digests = []
    for hash_seed in ("1", "2"):
        path = tmp_path / f"{hash_seed}.json"
        assert _simulate("--seeds", "5", "--jobs", "1", "--json", str(path), hash_seed=hash_seed).returncode == 0
        digests.append(_counts(path)["digest"])
    assert digests[0] == digests[1]


def test_a_failing_seed_comes_with_the_command_that_replays_it(tmp_path: Path) -> None:
    """The first mutant that the simulation hunts, hunted."""
    done = subprocess.run(
        [sys.executable, "-m", "simulation.mutants", "--only", "an answer waits for the commit", "--seeds", "60"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "simulation, seed " in done.stdout


def test_every_safeguard_is_where_its_mutant_says() -> None:
    for mutant in MUTANTS:
        assert (ROOT / mutant.file).read_text().count(mutant.safeguard) == 1, mutant.name


def test_a_wrong_option_is_refused() -> None:
    done = _simulate("--seeds", "many")
    assert done.returncode == 2
    assert "is not a valid integer" in done.stderr
