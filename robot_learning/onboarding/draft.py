"""A robot's YAML file as it comes about: values, and where each comes from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robot_learning.base.settings import check
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import RobotFile


@dataclass
class Draft:
    """What is known of a robot so far.

    Attributes:
        path: the YAML file that will hold it.
        values: its keys and values.
        sources: where a value comes from, by its key; of a limit, ``limits.<joint>``.
        remarks: what the user should look at.
    """

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any, source: str) -> None:
        """Set a value; a dot leads into a section."""
        *sections, last = key.split(".", 1)
        section = self.values
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = value
        self.sources[key] = source

    def spec(self) -> RobotSpec:
        """Return the robot as it is described so far.

        Raises:
            ConfigError: naming the field and what was expected.
        """
        return RobotSpec.of(check(RobotFile, self.values, self.path), self.path)
