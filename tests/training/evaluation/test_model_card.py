"""The figures of the model card, and the digest of the code behind them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from training.evaluation.model_card import UnusableCard, figures, update_card
from training.model.provenance import code_digest

_NOT_CODE = shutil.ignore_patterns("__pycache__", "*.onnx", "*.json*")


def test_only_the_marked_part_of_the_card_changes(shipped: Path, tmp_path: Path) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    card = tmp_path / "MODEL_CARD.md"
    card.write_text("above\n<!-- figures: start -->\nstale text\n<!-- figures: end -->\nbelow\n")
    update_card(card, manifest)
    text = card.read_text(encoding="utf-8")
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert figures(manifest) in text
    assert "stale text" not in text


def test_the_shipped_card_shows_the_recorded_evaluation(shipped: Path) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    assert figures(manifest) in (shipped / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_right_among_assigned_counts_the_non_vehicles_that_were_assigned(shipped: Path) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    for metrics in manifest["training"]["metrics"].values():
        vehicles, others = metrics["vehicles_assigned"], metrics["non_vehicles_assigned"]
        assert metrics["right_among_assigned"]["of"] == vehicles["count"] + others["count"]


def test_card_puts_all_wrong_assignments_beside_the_budget(shipped: Path) -> None:
    manifest = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    assert (
        "Wrong among all 856 automatic assignments: 14, of which 3 are non-vehicles; "
        "with 95% confidence at most 2.55 %. The budget is 0.50 %."
    ) in figures(manifest)


def test_card_without_a_marked_part_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "MODEL_CARD.md"
    card.write_text("no markers\n")
    with pytest.raises(UnusableCard):
        update_card(card, {})


def test_code_digest_is_reproducible() -> None:
    assert code_digest() == code_digest()
    assert len(code_digest()) == 16


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        ("training/model/fit.py", True),
        ("training/data/sources/corrections.py", True),
        ("handlers/domain/photo/wire_image.py", True),
        ("training/model/export.py", False),
        ("training/evaluation/metrics.py", False),
        ("training/serving/app.py", False),
        ("handlers/domain/ledger/events.py", False),
    ],
)
def test_code_digest_changes_with_code_that_decides_about_the_weights(
    tmp_path: Path, name: str, *, decides: bool
) -> None:
    for folder in ("handlers", "training"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=_NOT_CODE)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert (code_digest(tmp_path) != code_digest()) == decides
