"""A place is refused before the start exactly where the start would refuse it, and for the same reason."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.storage.opening import examine_place
from edge.spool.storage.schema import FORMAT
from tests.support.builders import limits

NOBODY = 65_534


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of a user who is not root, whose rights the test has: root may do everything."""
    folder = Path(tempfile.mkdtemp(prefix="maskgate-places-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        yield folder
        os.seteuid(0)
    else:
        yield folder
    for file in (folder, *folder.rglob("*")):
        if file.is_dir() and not file.is_symlink():
            file.chmod(0o700)
    shutil.rmtree(folder)


def a_spool(folder: Path) -> Path:
    Spool.open(folder / "spool.db", limits()).close()
    return folder / "spool.db"


def no_folder_above(folder: Path) -> Path:
    return folder / "missing" / "deep" / "spool.db"


def a_file_for_a_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "spool.db"


def a_file_above_the_folder(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "sub" / "spool.db"


def a_folder(folder: Path) -> Path:
    return folder


def a_folder_that_may_not_be_written(folder: Path) -> Path:
    (folder / "sub").mkdir(mode=0o500)
    return folder / "sub" / "spool.db"


def a_folder_that_may_not_be_entered(folder: Path) -> Path:
    (folder / "sub").mkdir(mode=0o600)
    return folder / "sub" / "spool.db"


def a_folder_that_may_not_be_made(folder: Path) -> Path:
    (folder / "sub").mkdir(mode=0o500)
    return folder / "sub" / "new" / "spool.db"


def a_spool_in_a_folder_that_may_not_be_written(folder: Path) -> Path:
    (folder / "sub").mkdir()
    path = a_spool(folder / "sub")
    path.parent.chmod(0o500)
    return path


def a_spool_that_may_not_be_written(folder: Path) -> Path:
    path = a_spool(folder)
    path.chmod(0o400)
    return path


def a_spool_that_may_not_be_read(folder: Path) -> Path:
    path = a_spool(folder)
    path.chmod(0)
    return path


def reservations_that_may_not_be_written(folder: Path) -> Path:
    path = a_spool(folder)
    (folder / "spool.db.numbers").chmod(0o400)
    return path


def a_folder_for_the_reservations(folder: Path) -> Path:
    (folder / "spool.db.numbers").mkdir()
    return folder / "spool.db"


def a_link_for_the_reservations(folder: Path) -> Path:
    (folder / "spool.db.numbers").symlink_to("elsewhere")
    return folder / "spool.db"


def a_log_that_may_not_be_written(folder: Path) -> Path:
    path = a_spool(folder)
    (folder / "spool.db-wal").touch(mode=0o400)
    return path


def a_name_that_is_too_long(folder: Path) -> Path:
    return folder / ("s" * 250)


def a_name_that_is_far_too_long(folder: Path) -> Path:
    return folder / "new" / ("s" * 300)


def a_link_that_leads_to_itself(folder: Path) -> Path:
    (folder / "spool.db").symlink_to("spool.db")
    return folder / "spool.db"


def a_link_into_no_folder(folder: Path) -> Path:
    (folder / "spool.db").symlink_to("gone/spool.db")
    return folder / "spool.db"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "spool.db")
    return folder / "spool.db"


def a_device(_folder: Path) -> Path:
    return Path("/dev/null")


def a_newer_spool(folder: Path) -> Path:
    path = a_spool(folder)
    (folder / "spool.db.numbers").unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    return path


def another_database(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "spool.db")) as db, db:
        db.execute("CREATE TABLE bills (amount)")
    return folder / "spool.db"


REFUSED = (
    no_folder_above,
    a_file_for_a_folder,
    a_file_above_the_folder,
    a_folder,
    a_folder_that_may_not_be_written,
    a_folder_that_may_not_be_entered,
    a_folder_that_may_not_be_made,
    a_spool_in_a_folder_that_may_not_be_written,
    a_spool_that_may_not_be_written,
    a_spool_that_may_not_be_read,
    reservations_that_may_not_be_written,
    a_folder_for_the_reservations,
    a_link_for_the_reservations,
    a_log_that_may_not_be_written,
    a_name_that_is_too_long,
    a_name_that_is_far_too_long,
    a_link_that_leads_to_itself,
    a_link_into_no_folder,
    a_pipe,
    a_device,
    a_newer_spool,
    another_database,
)


def a_new_place(folder: Path) -> Path:
    return folder / "spool.db"


def a_new_folder(folder: Path) -> Path:
    return folder / "new" / "spool.db"


def an_empty_file(folder: Path) -> Path:
    (folder / "spool.db").touch()
    return folder / "spool.db"


def a_link_to_a_new_place(folder: Path) -> Path:
    (folder / "sub").mkdir()
    (folder / "spool.db").symlink_to("sub/real.db")
    return folder / "spool.db"


def a_spool_of_damaged_format(folder: Path) -> Path:
    path = a_spool(folder)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    return path


TAKEN = (a_spool, a_new_place, a_new_folder, an_empty_file, a_link_to_a_new_place, a_spool_of_damaged_format)


@pytest.mark.parametrize("place", REFUSED)
def test_what_the_start_refuses_is_refused_before(home: Path, place: Callable[[Path], Path]) -> None:
    """With one sentence that names the key; nothing is made."""
    path = place(home)
    before = sorted(home.rglob("*"))
    with pytest.raises(SpoolError, match=re.escape("spool.path") + r"|update maskgate") as examined:
        examine_place(path)
    assert sorted(home.rglob("*")) == before
    assert "\n" not in str(examined.value)
    with pytest.raises(SpoolError):
        Spool.open(path, limits())


@pytest.mark.parametrize("place", TAKEN)
def test_what_the_start_takes_is_in_order(home: Path, place: Callable[[Path], Path]) -> None:
    """And nothing is made before the start."""
    path = place(home)
    before = sorted(home.rglob("*"))
    examine_place(path)
    assert sorted(home.rglob("*")) == before
    Spool.open(path, limits()).close()


def test_a_spool_that_is_in_use_is_in_order(home: Path) -> None:
    """A check is made while the daemon runs."""
    with closing(Spool.open(home / "spool.db", limits())):
        examine_place(home / "spool.db")
