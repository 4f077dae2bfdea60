"""Files of examples/ as modules."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    """Return an example as a module."""
    spec = spec_from_file_location(Path(name).stem, EXAMPLES / name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
