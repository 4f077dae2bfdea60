"""From a URDF to a trained policy that moves the arm safely. Importing this loads nothing else."""

__version__ = "0.1.0"
