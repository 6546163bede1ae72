"""`maskgate-train job`: the real commands in the process of a job."""

from __future__ import annotations

from pathlib import Path

from tests.support import forked
from training.workbench.jobs import JobFolder, JobPlan, JobState


def test_a_command_that_cannot_be_done(tmp_path: Path) -> None:
    """Its sentence is the job's, and stands in the log behind the words of the command."""
    job = JobFolder(tmp_path)
    job.write(
        "job.json", JobPlan("fit", "A try", (("fit", "--weights", "none", "--split", "absent.json"),), 0.0)
    )
    done = forked.run_fresh(forked.program("training"), "job", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = job.status()
    assert found is not None
    assert (found.state, found.outcome and found.outcome.exit_code) == (JobState.FAILED, 2)
    assert job.log().splitlines() == ["maskgate-train fit --weights none --split absent.json", found.sentence]
