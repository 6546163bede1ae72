"""How much is known of one person's mask: votes in weighted seconds, old ones fading. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.types import Observation, Probabilities

FULL = 1.5
"""A face of this many times the least size or sharpness counts in full."""

LONGEST_VOTE_S = 0.5
"""What one observation may count for at most, so that a slow camera does not decide on one frame."""


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """From when on a face is good enough to be judged; at `FULL` times the limit it counts in full.

    Without `min_face_px` it is the size from which the answers of the model at work can be trusted.
    """

    min_face_px: float | None
    min_sharpness: float

    def of(self, observation: Observation) -> float:
        """0 (too small or too blurred) to 1, scaled by the detector's score."""
        size = _ramp(observation.face.box.side, self.least_px(observation))
        sharpness = _ramp(observation.sharpness, self.min_sharpness)
        return observation.face.score * size * sharpness

    def least_px(self, observation: Observation) -> float:
        """Smaller side of a face up to which it counts for nothing, in pixels."""
        return observation.trusted_px if self.min_face_px is None else self.min_face_px


@dataclass(frozen=True, slots=True)
class Evidence:
    """All votes on one person so far.

    Attributes:
        votes: Seconds per label, weighted by quality and confidence, fading.
        certainty: Probabilities behind the votes, weighted by quality, fading alike.
        weight: Usable seconds: the sum of the weights behind `certainty`.
        leader: Index of the label with the most votes.
        lead_s: Seconds of usable evidence since that label leads.
    """

    votes: Probabilities = (0.0, 0.0, 0.0)
    certainty: Probabilities = (0.0, 0.0, 0.0)
    weight: float = 0.0
    leader: int = 0
    lead_s: float = 0.0

    def add(self, observation: Observation, quality: float, elapsed: float, memory_s: float) -> Evidence:
        """The evidence after another observation.

        Args:
            observation: What was seen.
            quality: How far to trust it, 0 to 1.
            elapsed: Seconds since the observation before.
            memory_s: Half-life of a vote in seconds.
        """
        # By time and not by frame, so that a faster camera decides no sooner.
        fading = 0.5 ** (elapsed / memory_s)
        seconds = min(elapsed, LONGEST_VOTE_S) * quality
        shares = observation.probabilities
        # Zero where no label reached its threshold: such a frame makes the evidence heavier and decides
        # nothing.
        confidence = _confidence(shares, observation.answer)
        votes = _faded(self.votes, fading, observation.answer, seconds * confidence)
        (a, b, c), (p, q, r) = self.certainty, shares
        certainty = a * fading + seconds * p, b * fading + seconds * q, c * fading + seconds * r
        leader = votes.index(max(votes))
        # Unlike votes it does not fade, so that a face of little quality is decided too, only later.
        lead_s = seconds + (self.lead_s if leader == self.leader else 0.0)
        return Evidence(votes, certainty, self.weight * fading + seconds, leader, lead_s)

    @property
    def margin(self) -> float:
        """By how much of the usable seconds the leader is ahead of the next, 0 to 1.

        Undecided observations cast weak votes, so they keep the margin small however many they are.
        """
        ranked = sorted(self.votes)
        return (ranked[-1] - ranked[-2]) / self.weight if self.weight > 0 else 0.0

    @property
    def probabilities(self) -> Probabilities:
        """Weighted mean of the probabilities seen; all zero before the first usable observation."""
        if self.weight <= 0:
            return (0.0, 0.0, 0.0)
        a, b, c = (share / self.weight for share in self.certainty)
        return a, b, c


def _confidence(shares: Probabilities, index: int | None) -> float:
    """By how much a share is ahead of all others; 0 where it is not, and where there is no answer."""
    if index is None:
        return 0.0
    return max(shares[index] - max(shares[:index] + shares[index + 1 :]), 0.0)


def _ramp(value: float, limit: float) -> float:
    """0 up to the limit, 1 from `FULL` times the limit on."""
    if limit <= 0:
        return 1.0
    return min(max((value / limit - 1) / (FULL - 1), 0.0), 1.0)


def _faded(votes: Probabilities, fading: float, index: int | None, seconds: float) -> Probabilities:
    a, b, c = votes[0] * fading, votes[1] * fading, votes[2] * fading
    if index is None:
        return a, b, c
    return (a + seconds, b, c) if index == 0 else (a, b + seconds, c) if index == 1 else (a, b, c + seconds)
