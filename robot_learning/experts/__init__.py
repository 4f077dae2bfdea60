"""Scripts that solve the tasks."""
