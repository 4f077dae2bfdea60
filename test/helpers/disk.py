"""A full disk of one's own, and a graph whose logs go there.

``unshare --mount --map-root-user`` gives a process mounts that nobody else sees.
"""

import os
import subprocess
from pathlib import Path

from helpers.graph import Graph, push


def work_without_room() -> None:
    """Let an arm move where no byte can be written."""
    folder = Path(os.environ["ROS_LOG_DIR"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], check=True)
    (folder / "full").write_bytes(b"x" * 4096)
    arm = Graph()
    try:
        arm.start_safety()
        arm.drive(push(arm.spec, speed=1.0), 0.6)
        assert arm.speed() > 0.5
        arm.wait_at_rest(2.0)
        arm.assert_limits_kept()
        assert not arm.latched()
        print("it works")
    finally:
        arm.close()
