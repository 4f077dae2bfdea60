"""What a deployed policy looks like against what it was trained on, and reports about runs."""
