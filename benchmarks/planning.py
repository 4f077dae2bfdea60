"""Ways to random free goals among obstacles: found, how fast, and touched by Bullet's account."""

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.learning import Row
from robot_learning.assurance.judge import Judge
from robot_learning.assurance.scenes import around
from robot_learning.assurance.starts import free_start
from robot_learning.base.errors import SafetyError
from robot_learning.planning import Way, find_way, rehearse
from robot_learning.planning.space import line
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.safety.guards import Guards
from robot_learning.worlds.bullet import Contacts

Array = NDArray[np.float64]
ROBOTS = ("arm6", "panda", "iiwa", "xarm6", "ur5", "kinova", "so101")
EACH = 5  # queries in a scene
NODES = 60  # configurations that show what is reachable from where
NEIGHBOURS = 10  # of each that a straight line is tried to
LOOKS = 2  # of Bullet in a control period


class Query(NamedTuple):
    """What became of one query.

    Attributes:
        kind: ``straight``, ``planned``, or empty where no way was found.
        cpu: s of the processor until the way was found, timed and rehearsed.
        wall: s.
        broken: what the judge found along what left the filter.
        why: no way was found.
    """

    kind: str
    cpu: float
    wall: float
    broken: tuple[str, ...] = ()
    why: str = ""


def rows(count: int) -> list[Row]:
    """Return a row a robot, ``count`` queries each, and one for all."""
    found, everything = [], []
    for robot in ROBOTS:
        queries, share = asked(robot, count)
        everything += queries
        found.append(_row(f"{robot}: a way to a random free goal among obstacles", queries, share))
        print(found[-1], flush=True)
    return [*found, _row("all of them", everything, None)]


def asked(robot: str, count: int) -> tuple[list[Query], float]:
    """Return what became of so many queries, and the share of free goals that hang together."""
    spec = RobotSpec.load(robot)
    filter = SafetyFilter(spec, reduced_speed=True)
    assert filter.guards is not None
    found: list[Query] = []
    together: list[float] = []
    for scene in range(-(-count // EACH)):
        solids = around(spec, scene)
        filter.set_scene(solids, 0.0)
        contacts = Contacts(spec, solids)
        try:
            ends, share = reachable(spec, filter, contacts, np.random.default_rng([scene, 15]))
            together.append(share)
            for number in range(min(EACH, count - len(found))):
                start, goal = ends[2 * number : 2 * number + 2]
                found.append(_query(filter, Judge(spec, contacts), start, goal, number))
        finally:
            contacts.close()
    return found, float(np.mean(together))


def reachable(
    spec: RobotSpec, filter: SafetyFilter, contacts: Contacts, rng: np.random.Generator
) -> tuple[Array, float]:
    """Return free configurations (m, n) that straight free lines join, and which share they are.

    Random ones are joined to their neighbours; what hangs together is proven to be reachable,
    and not by the planner. What does not may be parted by the floor, or by the arm itself.
    """
    guards = filter.guards
    assert guards is not None
    nodes: list[Array] = []
    while len(nodes) < NODES:
        q = free_start(spec, rng, filter, contacts)
        if guards.singularity.value(q) > guards.singularity.limit:
            nodes.append(q)
    q = np.array(nodes)
    far = np.linalg.norm(q[:, None] - q[None], axis=2)
    joined = np.zeros((NODES, NODES))
    for i in range(NODES):
        for j in np.argsort(far[i])[1 : NEIGHBOURS + 1]:
            joined[i, j] = joined[i, j] or joined[j, i] or _keeps(guards, q[i], q[j])
    labels = connected_components(csr_matrix(joined), directed=False)[1]
    part = q[labels == np.bincount(labels).argmax()]
    return part[rng.permutation(len(part))], len(part) / NODES


def _keeps(guards: Guards, q: Array, goal: Array) -> bool:
    way = line(q, goal)
    dt = guards.spec.control_period
    return not guards.obstacle(way) and not guards.singularity.check(way, way.qd[0], dt)


def _query(filter: SafetyFilter, judge: Judge, start: Array, goal: Array, seed: int) -> Query:
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        way: Way | None = find_way(filter, start, goal, seed=seed, seconds=20.0)
    except SafetyError as error:
        way, why = None, str(error)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if way is None:
        return Query("", cpu, wall, why=why)
    judge.start(start)
    broken = []
    for result in rehearse(filter, way.motion):
        for look in range(1, LOOKS + 1):
            part = result.stop.tail((look - 1) * result.dt / LOOKS)
            broken += judge.follow(part, result.dt / LOOKS)
    return Query(way.kind, cpu, wall, tuple(item.what for item in broken))


def _row(what: str, queries: list[Query], share: float | None) -> Row:
    found = [query for query in queries if query.kind]
    planned = [query for query in found if query.kind == "planned"]
    cpu = sorted(query.cpu for query in queries)
    around_them = sorted(query.cpu for query in planned)
    broken = sum(bool(query.broken) for query in queries)
    remark = "" if share is None else f"{share:.0%} of free goals hang together"
    remark += "".join(f"; {query.why}" for query in queries if share is not None and query.why)
    return (
        what,
        f"{len(found)} of {len(queries)} found, {len(planned)} planned; "
        f"{np.median(cpu):.2f} s median (planned {np.median(around_them or [0.0]):.2f}, "
        f"longest {max(cpu):.2f}) of CPU; {broken} broken",
        ">= 98 %; <= 0.5 s; 0",
        remark,
    )
