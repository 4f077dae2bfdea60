"""Attacks on the safety filter, judged by somebody else."""
