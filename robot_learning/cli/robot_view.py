"""``robot-learning robot view``: a page in the browser."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.base.extras import require
from robot_learning.cli.options import Robot


def view(
    what: Annotated[
        str, typer.Argument(help="Robot name or YAML file; or a run, a bundle, a shipped policy.")
    ],
    ros: Annotated[
        bool, typer.Option("--ros", help="Show a live arm, from what its nodes publish.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="ROS namespace of the live arm.")] = "",
    robot: Robot = "",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the page is; 0 for any free port.")
    ] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 opens the page to the network.")
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Show a robot and its limits, a policy's episodes, or a live arm, until Ctrl-C."""
    require("view", "robot view")
    if namespace and not ros:
        raise ConfigError(f"--namespace {namespace}: goes with --ros")
    where = Where(host, port, browser)
    if ros:
        require("ros", "robot view --ros")
        _show_live(where, what, namespace)
    elif _is_robot(what):
        _show_robot(where, what)
    else:
        require("sim", "robot view of a bundle")
        _show_bundle(where, Path(what), robot)


class Where(NamedTuple):
    """Where a page is."""

    host: str
    port: int
    browser: bool


def _is_robot(what: str) -> bool:
    """Say whether a robot is meant and not a policy."""
    from robot_learning.base.paths import shipped_policies
    from robot_learning.robot import available_robots

    robots, policies = available_robots(), shipped_policies()
    if Path(what).is_dir() or what in policies:
        return False
    if Path(what).is_file() or what in robots:
        return True
    known = f"no shipped robot ({', '.join(robots)}) and no shipped policy ({', '.join(policies)})"
    raise ConfigError(f"'{what}': no such file or folder, {known}")


def _show_robot(where: Where, what: str) -> None:
    from robot_learning.robot import RobotSpec
    from robot_learning.viewing.page import page
    from robot_learning.viewing.robot import RobotPage

    spec = RobotSpec.load(what)
    with page(where.host, where.port, spec.name) as server:
        made = RobotPage(server, spec)
        _announce(server, where, made.stage.failed)
        made.run()


def _show_bundle(where: Where, path: Path, robot: str) -> None:
    from robot_learning.cli.options import load_bundle
    from robot_learning.evaluation.rollout import env_of
    from robot_learning.policy import PolicyRunner
    from robot_learning.viewing.bundle import BundlePage
    from robot_learning.viewing.page import page

    bundle, spec = load_bundle(path, robot)
    runner = PolicyRunner(bundle, spec)
    with page(where.host, where.port, bundle.name) as server:
        made = BundlePage(server, env_of(bundle, spec), runner)
        _announce(server, where, made.stage.failed)
        made.run()


def _show_live(where: Where, what: str, namespace: str) -> None:
    from contextlib import closing

    from robot_learning.nodes.listener import Listener
    from robot_learning.robot import RobotSpec
    from robot_learning.viewing.live import LivePage
    from robot_learning.viewing.page import page

    spec = RobotSpec.load(what)
    with closing(Listener(spec, namespace)) as source:
        with page(where.host, where.port, f"{spec.name}, live") as server:
            made = LivePage(server, spec, source)
            _announce(server, where, made.stage.failed)
            made.run()


def _announce(server: Any, where: Where, failed: Sequence[str]) -> None:
    """Say where the page is and open it."""
    from robot_learning.viewing.page import open_browser, url

    for line in failed:
        typer.secho(line, fg="yellow", err=True)
    typer.echo(f"{url(server)}   (Ctrl-C ends it)")
    if where.browser:
        open_browser(url(server))
