"""What is counted with each decision: work done today, agreement between people, known items."""

from handlers.domain.review.change import CounterUpdate, Disagreement
from handlers.domain.review.row import ItemImage

DAY, AGREEMENT, KNOWN = "day", "agreement", "known_result"


def tallies_of(
    decision: ItemImage, first: ItemImage | None, known_verdict: str = ""
) -> tuple[CounterUpdate, ...]:
    """Counters for one verdict, or for one opinion beside the first verdict."""
    reviewer, verdict = decision["decided_by"], decision["verdict"]
    counted = [
        CounterUpdate(
            kind=f"{DAY}#{decision['decided_at'][:10]}", name=reviewer, counts={"decided": 1}
        )
    ]
    if decision["kind"] == "opinion" and first is not None:
        agreed = int(first["verdict"] == verdict)
        counted += [
            CounterUpdate(
                kind=AGREEMENT,
                name=f"{each['decided_by']}#{each['verdict']}",
                counts={"pairs": 1, "agreed": agreed},
            )
            for each in (first, decision)
        ]
    if known_verdict:
        counted.append(
            CounterUpdate(
                kind=KNOWN,
                name=f"{reviewer}#{known_verdict}",
                counts={"shown": 1, "right": int(known_verdict == verdict)},
            )
        )
    return tuple(counted)


def disagreement_of(
    decision: ItemImage, first: ItemImage | None, photo_id: str
) -> Disagreement | None:
    """None where the two agree."""
    if decision["kind"] != "opinion" or first is None or first["verdict"] == decision["verdict"]:
        return None
    return Disagreement(
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
