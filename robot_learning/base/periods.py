"""How long a silence may last. Counted in periods, so that it fits slow arms and fast ones."""

# Control periods after which a measured state no longer counts.
STATE_PERIODS = 5
# Policy periods after which a command no longer counts.
COMMAND_PERIODS = 3
# Control periods of steady time without any ROS time after which the clock stands still.
CLOCK_PERIODS = 8
# Policy periods within which a goal that follows another is one of a stream.
STREAM_PERIODS = 3
# Policy periods inside the tolerance after which a goal is reached.
SETTLE_PERIODS = 12
# Episodes of a policy's task that its goal may take.
EPISODES = 2
# Positions streamed in one control period to a controller that does not interpolate.
STREAMED = 10
