"""From a URDF that nobody has seen to a robot's YAML file."""
