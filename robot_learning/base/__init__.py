"""What every layer stands on: errors, paths, settings, states and trajectories."""
