"""Training, evaluation, export; the only place that imports torch, SB3 and MLflow."""
