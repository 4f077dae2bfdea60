"""Progress bars."""

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bars(Progress):
    """One bar a stage of the work; a stage appears when it begins."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._stages: dict[str, TaskID] = {}

    def show(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Set a stage's bar to ``done`` of ``total``."""
        if stage not in self._stages:
            self._stages[stage] = self.add_task(stage, total=total, note=note)
        self.update(self._stages[stage], completed=done, note=note)

    def step(self, done: int, total: int, success_rate: float | None) -> None:
        """Show training steps, with the last evaluation beside them."""
        note = "" if success_rate is None else f"success {success_rate:.0%}"
        self.show("train", done, total, note)

    def warn(self, what: str) -> None:
        """Print a line above the bars."""
        self.console.print(f"warning: {what}", markup=False, highlight=False, soft_wrap=True)

    def episode(self, done: int, total: int) -> None:
        """Show episodes of an evaluation."""
        self.show("evaluate", done, total)
