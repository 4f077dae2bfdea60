"""The ladder to the first motion of a real arm: what each rung saw, and which one is open."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from typing import Any

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import data_dir

FORMAT = 1
DRY_RUN, SHADOW, REDUCED, FULL = MODES = ("dry_run", "shadow", "reduced", "full")


@dataclass(frozen=True)
class Threshold:
    """What a rung has to have seen.

    Attributes:
        steady: time at work without a stop, s.
        goals: that were reached.
        before: the rungs that open it.
        at_work: what counts as work, in words.
    """

    steady: float
    goals: int
    before: tuple[str, ...]
    at_work: str


THRESHOLDS = {
    DRY_RUN: Threshold(10.0, 0, (), "the policy asks for motion"),
    SHADOW: Threshold(10.0, 0, (), "the policy asks for motion and somebody moves the arm"),
    REDUCED: Threshold(20.0, 5, (DRY_RUN,), "the arm moves as the policy asks"),
    FULL: Threshold(0.0, 0, (DRY_RUN, SHADOW, REDUCED), "the arm moves as the policy asks"),
}


@dataclass(frozen=True)
class Seen:
    """What a rung saw, in all its runs together.

    Attributes:
        seconds: in which commands were served, s.
        decisions: commands that were taken.
        steady: time at work since the last stop, s.
        stops: that latched.
        goals: that were reached.
        limits: control periods in which each constraint limited the motion, by cause.
        tracking_error: largest distance of the arm from the reference, as a share of what is
            allowed.
        disagreement: largest difference of the joints' velocity from what was asked, as a share
            of their limits; in ``shadow``.
        tip_disagreement: the same of the tip, m/s.
        passed: when it had seen enough, UTC; empty before.
    """

    seconds: float = 0.0
    decisions: int = 0
    steady: float = 0.0
    stops: int = 0
    goals: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    tracking_error: float = 0.0
    disagreement: float = 0.0
    tip_disagreement: float = 0.0
    passed: str = ""

    def plus(self, new: "Seen", mode: str) -> "Seen":
        """Return what was seen once ``new`` came after it."""
        causes = {**self.limits, **new.limits}
        both = Seen(
            seconds=self.seconds + new.seconds,
            decisions=self.decisions + new.decisions,
            steady=new.steady + (0.0 if new.stops else self.steady),
            stops=self.stops + new.stops,
            goals=self.goals + new.goals,
            limits={c: self.limits.get(c, 0) + new.limits.get(c, 0) for c in causes},
            tracking_error=max(self.tracking_error, new.tracking_error),
            disagreement=max(self.disagreement, new.disagreement),
            tip_disagreement=max(self.tip_disagreement, new.tip_disagreement),
            passed=self.passed,
        )
        if both.passed or mode == FULL or both.missing(mode):
            return both
        return replace(both, passed=datetime.now(timezone.utc).isoformat(timespec="seconds"))

    def missing(self, mode: str) -> str:
        """Return what a rung has yet to see, in words; empty where it has seen enough."""
        if self.passed:
            return ""
        least, words = THRESHOLDS[mode], []
        if self.steady < least.steady:
            words.append(
                f"{self.steady:.0f} of {least.steady:.0f} s without a stop while {least.at_work}"
            )
        if self.goals < least.goals:
            words.append(f"{self.goals} of {least.goals} goals reached")
        return "; ".join(words)


class Record:
    """What a bundle and a robot have shown so far, in one file.

    Args:
        robot: the robot's name and hash.
        bundle: the bundle's name and hash.

    Raises:
        ConfigError: where there is a file and it can't be used.

    Attributes:
        path: the file; it need not be there.
        seen: by mode.
    """

    def __init__(self, robot: tuple[str, str], bundle: tuple[str, str]) -> None:
        self._names = {
            "robot": robot[0],
            "robot_hash": robot[1],
            "bundle": bundle[0],
            "bundle_hash": bundle[1],
        }
        name = f"{robot[0]}-{robot[1][:12]}-{bundle[1][:12]}.json"
        self.path = data_dir() / "ladder" / name
        self.seen = dict.fromkeys(MODES, Seen())
        self.read()

    def read(self) -> None:
        """Read what the file says now; nothing was seen where there is none.

        Raises:
            ConfigError: naming the file, and the way out.
        """
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            same = data["format"] == FORMAT and all(
                data[key] == self._names[key] for key in ("robot_hash", "bundle_hash")
            )
            if not same:
                raise ValueError("it is of another robot or bundle")
            self.seen = {mode: _seen(data["rungs"].get(mode, {})) for mode in MODES}
        except FileNotFoundError:
            self.seen = dict.fromkeys(MODES, Seen())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{self.path}: no record of a ladder ({error}); delete it to begin anew"
            ) from error

    def add(self, mode: str, new: Seen) -> None:
        """Add to what a rung saw, and write the file; whoever reads meanwhile finds all or none.

        Raises:
            ConfigError: where it can't be written or is damaged.
        """
        self.read()
        self.seen[mode] = self.seen[mode].plus(new, mode)
        rungs = {mode: vars(seen) for mode, seen in self.seen.items() if seen != Seen()}
        text = json.dumps({"format": FORMAT, **self._names, "rungs": rungs}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            half = self.path.with_suffix(f".{os.getpid()}.tmp")
            with half.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self.path)
        except OSError as error:
            raise ConfigError(f"{self.path}: can't be written: {error.strerror}") from error

    def closed(self, mode: str) -> str:
        """Return what keeps a mode closed, in words; empty where it is open."""
        for before in THRESHOLDS[mode].before:
            if why := self.seen[before].missing(before):
                return f"{before} has seen {why}"
        return ""

    def next(self) -> str:
        """Return the lowest rung that has not yet seen enough."""
        return next((mode for mode in MODES if self.seen[mode].missing(mode)), FULL)


def choose(record: Record, asked: str, skip: bool) -> str:
    """Return the mode to run: the one that is asked for, or the next rung where none is.

    Args:
        record: what was seen so far.
        asked: a mode, or empty.
        skip: run it whatever was seen.

    Raises:
        ConfigError: where it is no mode, or one that is closed.
    """
    mode = check_mode(asked) if asked else record.next()
    if not skip and (why := record.closed(mode)):
        raise ConfigError(
            f"mode {mode} is closed: {why}; run mode:={record.next()} first, or give "
            "skip_ladder:=true"
        )
    return mode


def check_mode(mode: str) -> str:
    """Return a mode.

    Raises:
        ConfigError: where it is none.
    """
    if mode not in MODES:
        raise ConfigError(f"mode '{mode}': expected one of {', '.join(MODES)}")
    return mode


def summary(seen: Seen) -> str:
    """Return what a rung has seen, in words."""
    words = [
        f"{seen.seconds:.0f} s of commands",
        f"{seen.decisions} decisions",
        f"{seen.stops} stops",
        f"{seen.goals} goals reached",
        f"the arm at most {seen.tracking_error:.0%} of the tracking error away",
    ]
    if seen.limits:
        worst = sorted(seen.limits.items(), key=lambda item: -item[1])
        words.append("limited by " + ", ".join(f"{cause} ({n})" for cause, n in worst))
    if seen.disagreement or seen.tip_disagreement:
        words.append(
            f"disagreement up to {seen.disagreement:.0%} of the speed limits, "
            f"{seen.tip_disagreement * 1e3:.0f} mm/s at the tip"
        )
    return ", ".join(words)


def _seen(data: Mapping[str, Any]) -> Seen:
    known = {item.name: item.type for item in fields(Seen)}
    if unknown := set(data) - set(known):
        raise ValueError(f"unknown {', '.join(sorted(unknown))}")
    seen = Seen(**data)
    numbers = (seen.seconds, seen.decisions, seen.steady, seen.stops, seen.goals)
    if not all(isinstance(value, int | float) and value >= 0 for value in numbers):
        raise ValueError("a number is none, or negative")
    return seen
