"""From a URDF to a trained policy that moves the arm safely. Importing this loads nothing else."""

__version__: str


def __getattr__(name: str) -> str:
    """Return ``__version__`` as ``package.xml`` has it, the one place that holds it."""
    if name != "__version__":
        raise AttributeError(f"module 'robot_learning' has no attribute '{name}'")
    import xml.etree.ElementTree as ET

    from robot_learning.base.paths import share_dir

    return ET.parse(share_dir() / "package.xml").findtext("version", "")
