"""The commands that make keys, sign and verify."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convert.commands import main
from edge import bundle
from tests.support import bundles

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit code and all that it said."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["maskgate-convert", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        said = capsys.readouterr()
        return end.value.code, said.out + said.err

    return call


@pytest.mark.parametrize("as_file", [True, False], ids=["packed", "directory"])
def test_what_was_signed_verifies(run: Run, tmp_path: Path, as_file: bool) -> None:
    """With the public key as a file and as text; signing again changes no byte."""
    code, said = run("keygen", tmp_path / "key")
    assert code == 0
    text = said.split('"')[-2]
    target = bundles.make(tmp_path / "made")
    if as_file:
        target = bundles.packed(tmp_path)
    assert run("verify", target, "--key", text)[0] == 3
    assert run("sign", target, "--key", tmp_path / "key")[0] == 0
    whole = target if as_file else target / bundle.SIGNATURE
    before = whole.read_bytes()
    assert run("sign", target, "--key", tmp_path / "key")[0] == 0
    assert whole.read_bytes() == before
    for key in (text, tmp_path / "key.pub"):
        code, said = run("verify", target, "--key", key)
        assert code == 0, said
        assert "is whole and signed with the key" in said


def test_a_passphrase_comes_from_a_file_or_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the key does not sign."""
    (tmp_path / "words").write_text("sesame\n")
    target = bundles.make(tmp_path / "made")
    run("keygen", tmp_path / "key", "--passphrase-file", tmp_path / "words")
    code, said = run("sign", target, "--key", tmp_path / "key")
    assert (code, len(said.splitlines())) == (2, 1)
    assert "passphrase" in said
    assert run("sign", target, "--key", tmp_path / "key", "--passphrase-file", tmp_path / "words")[0] == 0
    monkeypatch.setenv("MASKGATE_PASSPHRASE", "sesame")
    assert run("sign", target, "--key", tmp_path / "key")[0] == 0


def test_what_does_not_verify_says_why(run: Run, tmp_path: Path) -> None:
    """In one sentence, with the exit code of a model that cannot be used."""
    run("keygen", tmp_path / "key")
    target = bundles.make(tmp_path / "made")
    run("sign", target, "--key", tmp_path / "key")
    bundles.change(target, resign=True, version="9")
    code, said = run("verify", target, "--key", tmp_path / "key.pub")
    assert (code, len(said.splitlines())) == (3, 1)
    assert "was changed after" in said
