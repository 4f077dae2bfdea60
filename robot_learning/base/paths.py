"""Where the package's own data lives: in the source tree, or under share/ once installed."""

import functools
import importlib.util
import os
import sys
from itertools import chain
from pathlib import Path

from robot_learning.base.errors import BundleError, ConfigError


def share_dir() -> Path:
    """Return the folder that holds ``config/``, ``urdf/`` and ``launch/``."""
    source = Path(__file__).resolve().parents[2]
    candidates = [
        source,
        *_ros_shares("robot_learning", _prefixes()),
        Path(sys.prefix, "share/robot_learning"),
    ]
    candidates += [parent / "share/robot_learning" for parent in source.parents]
    for candidate in candidates:
        if (candidate / "config" / "robots").is_dir():
            return candidate
    raise ConfigError(f"config/robots was found in none of {', '.join(map(str, candidates))}")


def data_dir() -> Path:
    """Return the folder of what the package keeps for this user; it need not be there."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local/share") / "robot_learning"


def config_dir() -> Path:
    """Return the folder of the shipped YAML files."""
    return share_dir() / "config"


def find_bundle(given: str | Path) -> Path:
    """Return the folder of a bundle.

    Args:
        given: the folder, that of the run that wrote it, or the name of a shipped policy.

    Raises:
        BundleError: where it is none of these.
    """
    path, shipped = Path(given), config_dir() / "policies"
    there = bool(str(given)) and path.exists()
    for folder in (path, path / "bundle") if there else (shipped / path,):
        if (folder / "bundle.json").is_file():
            return folder.resolve()
    if there:
        raise BundleError(f"{path}: holds neither bundle.json nor bundle/bundle.json")
    names = ", ".join(shipped_policies())
    raise BundleError(f"'{given}': no such folder, and no shipped policy: {names}")


def shipped_policies() -> list[str]:
    """Return the names of the shipped policies."""
    return sorted(folder.name for folder in (config_dir() / "policies").iterdir())


def shipped_policy(robot: str, task: str) -> str:
    """Return the name of the shipped policy for a robot and a task, or nothing."""
    name = f"{robot}-{task}"
    there = task and Path(name).name == name and (config_dir() / "policies" / name).is_dir()
    return name if there else ""


def resolve_uri(uri: str, base: Path) -> Path:
    """Turn a file reference of a YAML file or URDF into a path.

    Args:
        uri: ``package://<package>/<path>`` where the package is a ROS package, a Python package,
            a folder under ``cmeel.prefix/share``, one of that name beside or above ``base``, or
            one above it that holds the file; or a path, relative to ``base``.
        base: folder of the file that holds the reference.
    """
    if not uri.startswith("package://"):
        return (base / uri.removeprefix("file://")).resolve()
    package, _, rest = uri.removeprefix("package://").partition("/")
    return _in_package(package, rest, base)


def find_package(package: str, base: Path) -> Path:
    """Return the folder of a package, looked for as :func:`resolve_uri` does.

    Where none has that name it is the package around ``base``, kept under another name.
    """
    found, around = _in_package(package, "", base), (base, *base.absolute().parents)
    if found.is_dir():
        return found
    own = [folder for folder in around if (folder / "package.xml").is_file()]
    return own[0] if own else base.absolute().parent


def _in_package(package: str, rest: str, base: Path) -> Path:
    """Return a file of a package; where there is none, where it should be."""
    roots, around = package_roots(package), (base, *base.absolute().parents)
    # Without a ROS environment the package is the folder of that name around the URDF, or beside;
    # or one around it that was given another name.
    places = chain(
        (root / rest for root in roots),
        (folder / package / rest for folder in around),
        (folder / rest for folder in around if rest),
    )
    for path in places:
        if path.exists():
            return path.resolve()
    return (roots[0] if roots else base / package) / rest


def package_roots(package: str) -> list[Path]:
    """Return the folders that may stand for ``package``; the package itself is not imported."""
    return list(_roots(package, _prefixes(), tuple(sys.path)))


@functools.lru_cache
def _roots(package: str, prefixes: str, path: tuple[str, ...]) -> tuple[Path, ...]:
    """Return them for these ROS prefixes and this Python path; a URDF asks for each mesh."""
    roots = _ros_shares(package, prefixes)
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is not None and spec.submodule_search_locations:
        roots += [Path(location) for location in spec.submodule_search_locations]
    cmeel = [Path(entry) / "cmeel.prefix/share" / package for entry in path if entry]
    return *roots, *(folder for folder in cmeel if folder.is_dir())


def _prefixes() -> str:
    return os.environ.get("AMENT_PREFIX_PATH", "")


def _ros_shares(package: str, prefixes: str) -> list[Path]:
    shares = [Path(p) / "share" / package for p in prefixes.split(os.pathsep) if p]
    return [share for share in shares if share.is_dir()]
