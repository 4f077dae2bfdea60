"""Many commands of many adversaries through a safety filter, and what the judge says of it."""

import functools
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robot_learning.assurance.adversaries import ADVERSARIES, Attack, Target
from robot_learning.assurance.judge import Judge
from robot_learning.assurance.scenes import around
from robot_learning.assurance.starts import colliding, free_start
from robot_learning.base.errors import ConfigError, RobotLearningError, SafetyError
from robot_learning.base.interrupts import deaf, listen
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import Cause, SafetyFilter, SafetyResult
from robot_learning.worlds.bullet import Contacts

Array = NDArray[np.float64]
EPISODE = 200  # commands between two fresh starts
CHUNK = 25  # episodes in one piece of work
REMEMBERED = 20  # states that a late one is taken from
SENSIBLE = 1e6  # rad/s or m/s; commands farther off are not compared
EXAMPLES = 10  # violations that are kept in full


class Filter(Protocol):
    """What is under attack; :class:`SafetyFilter`, or what it is compared with."""

    @property
    def latched(self) -> Cause | None:
        """See :class:`SafetyFilter`."""

    def reset(self, q: Array, now: float) -> None:
        """See :class:`SafetyFilter`."""

    def resume(self, state: ArmState | None, now: float) -> None:
        """See :class:`SafetyFilter`."""

    def reference(self, now: float) -> tuple[Array, Array]:
        """See :class:`SafetyFilter`."""

    def apply(
        self, command: JointCommand | None, state: ArmState | None, dt: float, now: float
    ) -> SafetyResult:
        """See :class:`SafetyFilter`."""


MakeFilter = Callable[[RobotSpec, Sequence[Solid]], Filter]


def safety_filter(spec: RobotSpec, solids: Sequence[Solid]) -> SafetyFilter:
    """Return the safety filter of a robot among solids besides those of its file."""
    made = SafetyFilter(spec)
    made.set_scene([*spec.safety.scene, *solids], 0.0)
    return made


def limits_alone(spec: RobotSpec, solids: Sequence[Solid]) -> SafetyFilter:
    """Return a filter that knows nothing of collisions, for the judge to catch."""
    return SafetyFilter(spec, limits_only=True)


@dataclass
class Tally:
    """What became of the commands of one adversary.

    Attributes:
        commands: how many there were.
        statuses: what the filter did, by status.
        causes: why, by cause.
        broken: limits that were passed, by kind.
        worst: the most that one was passed by, by kind, in its unit.
        examples: some of them in full.
        distance: sum of the distances between asked and given velocities, rad/s or m/s.
        compared: commands in that sum.
        seconds: time of each call by the logarithm of microseconds, tenths of a decade.
    """

    commands: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    distance: float = 0.0
    compared: int = 0
    seconds: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count what ``other`` has counted."""
        for name in ("commands", "distance", "compared"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("statuses", "causes", "broken", "seconds"):
            getattr(self, name).update(getattr(other, name))
        for what, by in other.worst.items():
            self.worst[what] = max(by, self.worst.get(what, 0.0))
        self.examples = [*self.examples, *other.examples][:EXAMPLES]

    def microseconds(self, share: float) -> float:
        """Return the time that ``share`` of the calls stayed below, to a tenth of a decade."""
        left = share * sum(self.seconds.values())
        for tenth, count in sorted(self.seconds.items()):
            left -= count
            if left <= 0:
                return float(10 ** ((tenth + 1) / 10))
        return float("nan")


@dataclass(frozen=True)
class Piece:
    """Some episodes of one adversary against one robot; ready to be sent to a process."""

    robot: str
    adversary: str
    episodes: range
    seed: int
    make: MakeFilter


def run(
    robot: str,
    commands: int,
    seed: int,
    *,
    make: MakeFilter = safety_filter,
    only: Sequence[str] = (),
    processes: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Tally]:
    """Return what became of about ``commands`` commands, by adversary.

    The same seed gives the same commands, whatever the number of processes.

    Args:
        robot: name or YAML file.
        commands: how many, shared evenly by the adversaries, in whole episodes.
        seed: of everything.
        make: makes what is attacked; a function of a module, since it is sent to processes.
        only: names of adversaries; all where it is empty.
        processes: how many work side by side.
        progress: told the commands done and all.

    Raises:
        ConfigError: where there is no such adversary.
    """
    pieces = list(_pieces(robot, commands, seed, make, only))
    total = EPISODE * sum(len(piece.episodes) for piece in pieces)
    found: dict[str, Tally] = {piece.adversary: Tally() for piece in pieces}
    done = 0
    for piece, tally in _work(pieces, processes):
        found[piece.adversary].add(tally)
        done += tally.commands
        progress(done, total)
    return found


def _work(pieces: list[Piece], processes: int) -> Iterator[tuple[Piece, Tally]]:
    if processes == 1:
        yield from zip(pieces, map(attack, pieces), strict=True)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), listen)
    try:
        with deaf():
            found = pool.map(attack, pieces)
        yield from zip(pieces, found, strict=True)
    except BrokenProcessPool as error:
        raise RobotLearningError(
            "campaign: one of its processes was ended, by the kernel where memory is short; "
            "try fewer --processes"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _pieces(
    robot: str, commands: int, seed: int, make: MakeFilter, only: Sequence[str]
) -> Iterator[Piece]:
    for name in only:
        if name not in ADVERSARIES:
            raise ConfigError(f"adversary '{name}': there are {', '.join(ADVERSARIES)}")
    chosen = [name for name in ADVERSARIES if name in only or not only]
    episodes = max(1, -(-commands // (EPISODE * len(chosen))))
    for start in range(0, episodes, CHUNK):
        for name in chosen:
            yield Piece(robot, name, range(start, min(start + CHUNK, episodes)), seed, make)


@functools.lru_cache(maxsize=1)
def _stage(robot: str, seed: int) -> tuple[RobotSpec, list[Solid], SafetyFilter, Array]:
    """Return a robot, what stands around it, its filter there, and where it collides (., n)."""
    spec = RobotSpec.load(robot)
    solids = around(spec, seed)
    contacts = Contacts(spec, [*spec.safety.scene, *solids])
    into = colliding(spec, contacts, seed)
    contacts.close()
    return spec, solids, safety_filter(spec, solids), into


def attack(piece: Piece) -> Tally:
    """Return what became of one piece of a campaign."""
    spec, solids, free, into = _stage(piece.robot, piece.seed)
    # New for each piece, since both remember: what came before must not matter.
    contacts, filter = Contacts(spec, [*spec.safety.scene, *solids]), piece.make(spec, solids)
    judge, tally = Judge(spec, contacts), Tally()
    target = Target(spec, ArmModel(spec), into)
    for episode in piece.episodes:
        number = list(ADVERSARIES).index(piece.adversary)
        rng = np.random.default_rng([piece.seed, number, episode])
        start = free_start(spec, rng, free, contacts)
        attacks = ADVERSARIES[piece.adversary](target, rng)
        for example in _episode(filter, judge, target, attacks, start, tally):
            example.update(adversary=piece.adversary, episode=episode, seed=piece.seed)
            if len(tally.examples) < EXAMPLES:
                tally.examples.append(example)
    contacts.close()
    return tally


def _episode(
    filter: Filter,
    judge: Judge,
    target: Target,
    attacks: Iterator[Attack],
    start: Array,
    tally: Tally,
) -> Iterator[dict[str, Any]]:
    """Follow one episode and yield an example for each command after which a limit is passed."""
    filter.reset(start, 0.0)
    judge.start(start)
    now, past = 0.0, deque[ArmState](maxlen=REMEMBERED)
    for step in range(EPISODE):
        target.q, qd = filter.reference(now)
        state = ArmState(target.q, qd, now)
        past.append(state)
        if filter.latched is not None and not qd.any():
            _resume(filter, state, now)
        attack = next(attacks)
        seen = None if attack.lag is None else past[max(-1 - attack.lag, -len(past))]
        began = time.perf_counter()
        result = filter.apply(attack.command, seen, attack.dt, now)
        took = time.perf_counter() - began
        broken = judge.follow(result.stop, attack.elapsed)
        _count(tally, attack, result, took)
        for item in broken:
            tally.broken[item.what] += 1
            tally.worst[item.what] = max(item.by, tally.worst.get(item.what, 0.0))
        if broken:
            yield {
                "step": step,
                "broken": [item._asdict() for item in broken],
                "q": target.q.tolist(),
                "qd": qd.tolist(),
                "asked": None if attack.command is None else attack.command.qd.tolist(),
            }
        now += attack.elapsed


def _resume(filter: Filter, state: ArmState, now: float) -> None:
    try:
        filter.resume(state, now)
    except SafetyError:
        return  # while its cause stands, as it should


def _count(tally: Tally, attack: Attack, result: SafetyResult, took: float) -> None:
    tally.commands += 1
    tally.statuses[result.status.name] += 1
    tally.causes.update(cause.value for cause in result.active)
    tally.seconds[int(10 * math.log10(took * 1e6))] += 1
    command, given = attack.command, result.stop.qd[min(1, len(result.stop.qd) - 1)]
    if command is None or command.q is not None or command.qd.shape != given.shape:
        return
    if (np.abs(command.qd) < SENSIBLE).all():
        tally.distance += float(np.linalg.norm(command.qd - given))
        tally.compared += 1


def to_json(found: dict[str, Tally]) -> dict[str, Any]:
    """Return tallies ready for JSON."""
    return {name: vars(tally) for name, tally in found.items()}
