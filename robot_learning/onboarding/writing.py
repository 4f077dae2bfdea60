"""The YAML file of a draft, with a comment for where each value comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from robot_learning.onboarding.draft import Draft

WIDTH = 60  # columns after which a comment begins on a line of its own
ORDER = (
    *("urdf", "base_link", "tip_link", "tool_axis", "gravity", "home", "hold", "limits"),
    *("gripper", "workspace", "safety", "control_period", "policy_every", "controller"),
)


def yaml_text(draft: Draft, command: str) -> str:
    """Return the text of a draft's YAML file.

    Args:
        draft: what it says.
        command: that made it.
    """
    lines = [f"# Made by: {command}", "# Each comment says where a value comes from."]
    lines += [f"# LOOK: {remark}" for remark in draft.remarks]
    for key in ORDER:
        if key in draft.values:
            lines += _entry(draft, key, key, draft.values[key], "")
    return "\n".join(lines) + "\n"


def _entry(draft: Draft, path: str, key: str, value: Any, indent: str) -> Iterator[str]:
    source = draft.sources.get(path, "")
    inner = isinstance(value, Mapping) and any(
        name.startswith(f"{path}.") for name in draft.sources
    )
    if inner:
        yield from _commented(f"{indent}{flow(key)}:", source, indent)
        for name, part in value.items():
            yield from _entry(draft, f"{path}.{name}", name, part, indent + "  ")
    else:
        yield from _commented(f"{indent}{flow(key)}: {flow(value)}", source, indent)


def _commented(line: str, source: str, indent: str) -> list[str]:
    if not source:
        return [line]
    if len(line) > WIDTH:
        return [f"{indent}# {source}", line]
    return [f"{line}  # {source}"]


def flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def rows(draft: Draft) -> list[tuple[str, str, str]]:
    """Return key, value and source of all that was found, for a table."""
    found = []
    for path, source in draft.sources.items():
        value: Any = draft.values
        for name in path.split(".", 1):
            value = value[name]
        found.append((path, flow(value), source))
    return found
