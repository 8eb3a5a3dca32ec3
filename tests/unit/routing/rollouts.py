"""A rollout played: what is decided, told and looked at again, as passes do it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from routing.reading import rollout_status
from routing.reading.rollout_status import RolloutStatus, Told
from routing.stepping.progress import progress
from routing.stepping.rollout import Check, Enough, Measure, Rollout, Step, Verdict
from routing.stepping.scene import Scene
from tests.unit.routing.worlds import NOW

SUCCESS = Check("success", Measure.SUCCESS, least=99.0)
STEPS = (Step(5, 60.0), Step(25, 120.0), Step(50, 60.0))
CHECKED = Rollout(STEPS, (SUCCESS,), Enough(within=600.0))
TIMED = Rollout(STEPS)
GOOD = (Told("success", Verdict.GOOD, 990.0, 1000.0, "99 % of 1,000 good"),)
OPEN = (Told("success", Verdict.OPEN, 9.0, 9.0, "too few to judge"),)
BAD = (Told("success", Verdict.BAD, 10.0, 50.0, "20 % of 50 good"),)
READY = Scene("httpbin-0", "httpbin-1", "1-abc", ready=True, primary_ready=True, pods=2, primary_pods=2)


@dataclass
class Play:
    """A rollout over time; what is decided is written down before it is done, as by passes."""

    rollout: Rollout = CHECKED
    scene: Scene = READY
    state: RolloutStatus | None = None
    now: float = NOW
    again_at: float | None = None
    told: list[str] = field(default_factory=list)

    def look(self, **seen: object) -> Play:
        """Look once more, and once more while something is decided; `seen` stays."""
        self.scene = replace(self.scene, **seen)  # type: ignore[arg-type]
        for _ in range(4):
            before = self.state
            scene = replace(self.scene, applied=before is not None)
            advance = progress(self.rollout, before, scene, self.now)
            after = self.state = rollout_status.read(advance.state.manifest())
            assert after is not None
            self.again_at = advance.again_at
            if after.reason not in self.told[-1:]:
                self.told.append(after.reason)
            if before is not None and before.course == after.course:
                return self
        raise AssertionError(f"it does not come to rest: {self.state}")

    def after(self, seconds: float, **seen: object) -> Play:
        """Look when so many seconds have gone."""
        self.now += seconds
        return self.look(**seen)

    def wish(self, wish: str, by: str = "jane") -> Play:
        return self.look(wish=wish, by=by)

    @property
    def standing(self) -> tuple[str, int, int]:
        """The phase, the step, and the share."""
        assert self.state is not None
        return str(self.state.phase), self.state.step, self.state.share

    @property
    def reason(self) -> str:
        assert self.state is not None
        return self.state.reason

    @property
    def message(self) -> str:
        assert self.state is not None
        return self.state.message
