"""What passes begin with is chosen again once one more frame is known. Pure.

Nobody knows where somebody goes who was seen once. Several people who come into view beside one another, and
move from frame to frame by as much as they are apart, may each be taken for the next one. A third frame tells
them apart, because people keep their velocity. Nothing has been told yet of a pass without a number, so its
second sight can still be chosen: by what it costs itself, and by how well it explains the next frame.

This is multiple hypothesis tracking over three frames. Source: D. B. Reid, "An algorithm for tracking
multiple targets", IEEE Transactions on Automatic Control 24, 1979.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import nsmallest

from edge.tracking.assignment import Costs, best_pairs, groups
from edge.tracking.association import FrameFaces, pair_costs
from edge.tracking.passes import Pass, TrackerRules

MOST = 6
"""Groups with more first or second sights are left as they are: a frame has to be done in time."""

FEW = 16
"""So many choices are looked at closely: those that would be best if two passes could share a face."""

Beginning = tuple[int | None, int | None]
"""First and second sight of a pass, by their index; None for the one that there is not."""

Choice = tuple[Beginning, ...]
"""What the passes of a group begin with; each sight is of one of them."""


def reconsidered(
    passes: Sequence[Pass], earlier: float, faces: FrameFaces, rules: TrackerRules
) -> list[Pass]:
    """The passes, with those second sights that explain one more frame best.

    Args:
        passes: Everybody who is followed; their motions stand at the time of the frame.
        earlier: Time of the frame before that of the second sights, which is `faces.before`.
        faces: Of the frame.
        rules: How observations are taken in.

    Returns:
        The same passes, or others in place of some. One that had no track before has the track 0.
    """
    chosen = list(passes)
    doubt = _Doubt(passes, faces, rules)
    if doubt.sights > 2:
        costs = doubt.costs(earlier)
        for firsts, seconds in groups(costs):
            if len(firsts) + len(seconds) > 2 and max(len(firsts), len(seconds)) <= MOST:
                pairs: dict[Beginning, float] = {pair: costs[pair] for pair in costs if pair[0] in firsts}
                single = [*((first, None) for first in firsts), *((None, second) for second in seconds)]
                chosen = doubt.settle(chosen, dict.fromkeys(single, 0.0) | pairs)
    return chosen


def _likeliest(costs: Mapping[Beginning, float], nexts: Mapping[Beginning, Mapping[int, float]]) -> Choice:
    """The choice with the least costs in both frames.

    Args:
        costs: Of each beginning.
        nexts: The cost of each face in the frame after it.
    """
    alone = {each: cost + min(nexts[each].values(), default=0.0) for each, cost in costs.items()}

    def cost(choice: Choice) -> float:
        table = {(at, face): cost for at, each in enumerate(choice) for face, cost in nexts[each].items()}
        return sum(costs[each] for each in choice) + sum(table[pair] for pair in best_pairs(table))

    return min(_choices(alone), key=cost)


def _choices(costs: Mapping[Beginning, float]) -> list[Choice]:
    """The best choices, as far as the cost of each beginning stands for itself."""
    seconds = [second for first, second in costs if first is None]

    def cost(choice: Choice) -> float:
        # A second sight that no first one takes begins a pass of its own.
        return sum(costs[each] - costs.get((None, each[1]), 0.0) for each in choice)

    choices: list[Choice] = [()]
    for first in (first for first, second in costs if second is None):
        longer = [
            (*choice, (first, second))
            for choice in choices
            for second in (None, *_left(seconds, choice))
            if (first, second) in costs
        ]
        choices = nsmallest(FEW, longer, key=cost)
    return [(*choice, *((None, second) for second in _left(seconds, choice))) for choice in choices]


def _left(seconds: Sequence[int | None], choice: Choice) -> list[int | None]:
    """The second sights that no pass of a choice has."""
    taken = {second for _, second in choice}
    return [second for second in seconds if second not in taken]


class _Doubt:
    """The passes of which it can still be chosen which second sight belongs to which first one."""

    def __init__(self, passes: Sequence[Pass], faces: FrameFaces, rules: TrackerRules) -> None:
        self._faces, self._rules = faces, rules
        begun = [person for person in passes if person.beginning]
        self._seconds = [person for person in begun if person.seen == faces.before]
        self._firsts = [
            person
            for person in begun
            if person.began < faces.before and (person in self._seconds or len(person.beginning) == 1)
        ]
        at = {id(person): second for second, person in enumerate(self._seconds)}
        self._present: dict[Beginning, Pass] = {
            (first, at.pop(id(person), None)): person for first, person in enumerate(self._firsts)
        }
        self._present |= {(None, second): self._seconds[second] for second in at.values()}

    @property
    def sights(self) -> int:
        """How many there are; of two there is nothing to choose."""
        return len(self._firsts) + len(self._seconds)

    def costs(self, earlier: float) -> Costs:
        """What each second sight costs for each first one; `earlier` as above."""
        faces = self._faces
        candidates = [self._begin((first, None), faces.before) for first in range(len(self._firsts))]
        seen = [person.beginning[-1].observation for person in self._seconds]
        boxes, looks = [each.face.box for each in seen], [each.probabilities for each in seen]
        costs = pair_costs(candidates, FrameFaces(boxes, looks, faces.before, earlier, faces.picture))
        for first, second in self._present:
            if first is not None and second is not None:
                # It was chosen, so it is possible.
                costs.setdefault((first, second), -1e-9)
        return costs

    def settle(self, passes: Sequence[Pass], costs: Mapping[Beginning, float]) -> list[Pass]:
        """All passes, those of a group with what explains two frames best.

        Args:
            passes: All of them.
            costs: Of whatever the passes of the group may begin with.
        """
        begun = {each: self._begin(each, self._faces.now) for each in costs}
        present = {each: self._present[each] for each in costs if each in self._present}
        others = [person for person in passes if person not in present.values()]
        taken = {face for at, face in best_pairs(pair_costs(passes, self._faces)) if passes[at] in others}
        options, nexts = list(costs), {each: dict[int, float]() for each in costs}
        for (at, face), cost in pair_costs(list(begun.values()), self._faces).items():
            if face not in taken:
                nexts[options[at]][face] = cost
        likeliest = _likeliest(costs, nexts)
        self._name({each: begun[each] for each in likeliest}, present)
        return others + [present.get(each, begun[each]) for each in likeliest]

    def _name(self, chosen: dict[Beginning, Pass], present: dict[Beginning, Pass]) -> None:
        """Gives each pass the track of its first sight, or of one that began when it did and is no more."""
        free = sorted(
            person.track
            for (first, second), person in present.items()
            if first is None and (first, second) not in chosen
        )
        for (first, second), person in chosen.items():
            if first is not None:
                person.track = self._firsts[first].track
            elif (first, second) not in present and free:
                person.track = free.pop(0)

    def _begin(self, beginning: Beginning, now: float) -> Pass:
        """A pass that begins so, with its motion at a time."""
        first, second = beginning
        sights = [] if first is None else [self._firsts[first].beginning[0]]
        sights += [] if second is None else [self._seconds[second].beginning[-1]]
        person = Pass(0, *sights[0])
        for sight in sights[1:]:
            person.motion.advance(sight.now)
            person.observe(*sight, self._rules)
        person.motion.advance(now)
        return person
