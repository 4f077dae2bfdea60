"""Bundles: a trained policy with all that is needed to trust it, in one folder.

bundle.json       interface, the robot it is for, task, provenance, format version
policy.onnx       the network, observation normalisation folded in
statistics.json   what each observation term looked like in training
evaluation.json   the evaluation that earned it
SHA256SUMS        a hash of every file above; ``sha256sum -c SHA256SUMS`` checks it
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot_learning.base.errors import BundleError
from robot_learning.policy.interface import Interface
from robot_learning.robot import RobotSpec
from robot_learning.robot.contract import differences

FORMAT = 4
SUMS = "SHA256SUMS"
FILES = ("bundle.json", "evaluation.json", "policy.onnx", "statistics.json")
DEVIATION = 0.005  # m, the least that counts, so that a tracker with a covariance is heard at all
_FIELDS = {"format", "name", "task", "interface", "robot", "robot_hash", "provenance"}


@dataclass(frozen=True)
class PolicyBundle:
    """A bundle whose every byte was checked.

    Attributes:
        path: its folder.
        name: the run that made it.
        task: the task it was trained for.
        interface: how it sees and moves the arm.
        robot: the contract of the robot it was trained for.
        robot_hash: sha256 of that contract.
        statistics: ``{"count": N, "terms": {term: {"mean", "std", "min", "max"}}}``.
        evaluation: the evaluation that earned it.
        provenance: code version, seeds, algorithm, steps.
        hash: sha256 of the list of hashes: names this very bundle.
    """

    path: Path
    name: str
    task: str
    interface: Interface
    robot: Mapping[str, Any]
    robot_hash: str
    statistics: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    provenance: Mapping[str, Any]
    hash: str

    @property
    def episode_steps(self) -> int | None:
        """Policy periods in an episode of its task; None where the bundle does not say."""
        steps = self.task_settings.get("steps")
        return None if steps is None else int(steps)

    @property
    def object_deviation(self) -> float:
        """Largest standard deviation of an object's position that the policy is trusted with, m.

        It is that of the training, noise and offset together, or 5 mm where that is less.
        """
        return max(float(self.provenance.get("object_deviation", 0.0)), DEVIATION)

    @property
    def tolerated_delay(self) -> float | None:
        """Longest delay that it was trained with, s, from a state to the motion it leads to.

        One control period at least; None where the bundle does not say.
        """
        told = self.provenance.get("tolerated_delay")
        return None if told is None else max(float(told), self.interface.control_period)

    @classmethod
    def load(cls, path: str | Path) -> "PolicyBundle":
        """Read a bundle; anything missing, added, changed or newer is refused.

        Raises:
            BundleError: naming the file or the field.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise BundleError(f"{folder}: no such bundle folder")
        _check_files(folder)
        manifest = _read_json(folder / "bundle.json")
        where = folder / "bundle.json"
        if manifest.get("format") != FORMAT:
            raise BundleError(
                f"{where}: format: {manifest.get('format')}, but this version reads {FORMAT}; "
                "upgrade robot_learning or export the run again"
            )
        if set(manifest) != _FIELDS:
            raise BundleError(f"{where}: fields differ: {sorted(set(manifest) ^ _FIELDS)}")
        return cls(
            path=folder,
            name=manifest["name"],
            task=manifest["task"],
            interface=Interface.from_dict(manifest["interface"]),
            robot=manifest["robot"],
            robot_hash=manifest["robot_hash"],
            statistics=_read_json(folder / "statistics.json"),
            evaluation=_read_json(folder / "evaluation.json"),
            provenance=manifest["provenance"],
            hash=_sha256((folder / SUMS).read_bytes()),
        )

    @property
    def task_settings(self) -> dict[str, Any]:
        """What its task was asked to be, as a task's YAML file says it, within its tolerance."""
        told = self.provenance.get("task", {"task": self.task})
        return {**told, "tolerance": self.interface.tolerance}

    def check_robot(self, spec: RobotSpec) -> None:
        """Refuse any robot but the one the policy was trained for.

        Raises:
            BundleError: naming every field that differs.
        """
        differing = differences(self.robot, spec.contract(), "the bundle", str(spec.path))
        if tuple(self.interface.joints) != spec.joints:
            differing.append(f"interface.joints: {self.interface.joints}, not {spec.joints}")
        made_for, other = self.robot.get("name"), spec.name
        if differing or self.robot_hash != spec.hash:
            other = f"{other} as it is now" if other == made_for else other
            raise BundleError(
                f"made for {made_for}, not {other}: {self.path}: "
                f"{'; '.join(differing) or 'robot_hash'}"
            )


def write_bundle(
    path: str | Path,
    *,
    name: str,
    task: str,
    interface: Interface,
    spec: RobotSpec,
    onnx: bytes,
    statistics: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> PolicyBundle:
    """Write a bundle folder, replacing an older one there, and load it back."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in (*FILES, SUMS):
            raise BundleError(f"{folder}: holds '{old.name}', which is no part of a bundle")
    manifest = {
        "format": FORMAT,
        "name": name,
        "task": task,
        "interface": interface.to_dict(),
        "robot": spec.contract(),
        "robot_hash": spec.hash,
        "provenance": provenance,
    }
    contents = {
        "bundle.json": _json_bytes(manifest),
        "evaluation.json": _json_bytes(evaluation),
        "policy.onnx": onnx,
        "statistics.json": _json_bytes(statistics),
    }
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    sums = "".join(f"{_sha256(contents[file])}  {file}\n" for file in FILES)
    (folder / SUMS).write_text(sums, encoding="utf-8")
    return PolicyBundle.load(folder)


def _check_files(folder: Path) -> None:
    present = {entry.name for entry in folder.iterdir()}
    for file in (*FILES, SUMS):
        if file not in present:
            raise BundleError(f"{folder / file}: missing")
    for file in sorted(present - {*FILES, SUMS}):
        raise BundleError(
            f"{folder / file}: no part of a bundle (which holds no pickle and nothing unlisted)"
        )
    lines = (folder / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    sums = {parts[1]: parts[0] for parts in (line.split() for line in lines) if len(parts) == 2}
    if set(sums) != set(FILES) or len(lines) != len(FILES):
        raise BundleError(f"{folder / SUMS}: expected one line for each of {', '.join(FILES)}")
    for file in FILES:
        if _sha256((folder / file).read_bytes()) != sums[file]:
            raise BundleError(f"{folder / file}: sha256 differs from {SUMS}; the file was changed")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except ValueError as error:
        raise BundleError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise BundleError(f"{path}: expected an object")
    return data


def _json_bytes(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
