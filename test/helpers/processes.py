"""Processes of their own that find this source tree and these helpers."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from robot_learning.cli.session import stop

ROOT = Path(__file__).parents[2]
MOST_DOMAINS = 200


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a process that a test starts."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'test'}", **more}


def output(code: str) -> str:
    """Return what ``code`` prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment()
    )
    return done.stdout


def cli(*arguments, cwd, **env):
    """Run ``robot-learning`` in a process of its own and return what became of it."""
    command = [sys.executable, "-m", "robot_learning.cli.main", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment(COLUMNS="200", **env),
    )


def start_node(name, parameters, env, log, namespace="", remaps=None):
    """Start one of the package's nodes; what it prints goes to ``log``."""
    command = [sys.executable, "-u", "-m", f"robot_learning.nodes.{name}", "--ros-args"]
    for key, value in parameters.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        command += ["-p", f"{key}:={text}"]
    own = {"__ns": f"/{namespace}"} if namespace else {}
    for given, other in {**own, **(remaps or {})}.items():
        command += ["-r", f"{given}:={other}"]
    return subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT, text=True)


def end(processes):
    """End processes: SIGINT, and SIGKILL to what is left after 20 s."""
    stop(processes, patience=20.0)


def claim_domain():
    """Return a ROS domain that no other test run on this machine is in, and the file that says so.

    The claim lasts until the file is closed.
    """
    for domain in range(1, MOST_DOMAINS):
        path = Path(tempfile.gettempdir(), f"robot_learning_domain_{domain}")
        try:
            file = path.open("a", encoding="utf-8")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return domain, file
    raise RuntimeError(f"all {MOST_DOMAINS} ROS domains are taken")
