"""Every error raised on purpose; each message names the file, the field and the way out."""


class RobotLearningError(Exception):
    """Base of all errors a user can cause and mend."""


class ConfigError(RobotLearningError):
    """A YAML file, a URDF or a command-line override is not usable."""


class BundleError(RobotLearningError):
    """A policy bundle is damaged, incomplete, or made for something else."""


class DatasetError(RobotLearningError):
    """A dataset of demonstrations is damaged, foreign, or made for something else."""


class StateError(RobotLearningError):
    """A measured joint state is not usable (not finite, wrong joints, wrong length)."""


class GoalError(RobotLearningError):
    """A goal can't be reached or is in a frame nobody knows."""


class SafetyError(RobotLearningError):
    """The safety filter refuses what was asked of it."""


class TrainingError(RobotLearningError):
    """A training can't begin, go on or end in a bundle."""


def told(error: OSError) -> str:
    """Return what the system refused, with the file where it is known, in one line."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
