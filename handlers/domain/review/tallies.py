"""The counters that a decision changes: verdicts a day, agreement, and known items."""

from handlers.domain.review.change import CounterUpdate, DisagreementUpdate
from handlers.domain.review.row import ItemImage

DAY, AGREEMENT, KNOWN = "day", "agreement", "known_result"


def tallies_of(
    decision: ItemImage, first: ItemImage | None, known_verdict: str = ""
) -> tuple[CounterUpdate, ...]:
    """Return the counters for a verdict, or for a second opinion beside the `first` verdict.

    `known_verdict` is the true verdict of a known item, else empty.
    """
    reviewer, verdict = decision["decided_by"], decision["verdict"]
    updates = [
        CounterUpdate(
            kind=f"{DAY}#{decision['decided_at'][:10]}", name=reviewer, counts={"decided": 1}
        )
    ]
    if decision["kind"] == "opinion" and first is not None:
        agreed = int(first["verdict"] == verdict)
        updates += [
            CounterUpdate(
                kind=AGREEMENT,
                name=f"{opinion['decided_by']}#{opinion['verdict']}",
                counts={"pairs": 1, "agreed": agreed},
            )
            for opinion in (first, decision)
        ]
    if known_verdict:
        updates.append(
            CounterUpdate(
                kind=KNOWN,
                name=f"{reviewer}#{known_verdict}",
                counts={"shown": 1, "right": int(known_verdict == verdict)},
            )
        )
    return tuple(updates)


def disagreement_of(
    decision: ItemImage, first: ItemImage | None, photo_id: str
) -> DisagreementUpdate | None:
    """Return the record of a second opinion that differs from the `first` verdict, else None."""
    if decision["kind"] != "opinion" or first is None or first["verdict"] == decision["verdict"]:
        return None
    return DisagreementUpdate(
        name=f"{decision['decided_at']}#{photo_id}",
        facts={
            "photo_id": photo_id,
            "first_by": first["decided_by"],
            "first_verdict": first["verdict"],
            "second_by": decision["decided_by"],
            "second_verdict": decision["verdict"],
            "decided_at": decision["decided_at"],
        },
    )
