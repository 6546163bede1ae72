"""People who send one picture after the other to `POST /api/predict`; `scripts/load/measure.py` runs it.

The picture is the file that the variable `PICTURE` names. `TOKEN` is a token where one is needed, `PER_S`
how often each user asks in a second; without it each asks again as soon as it has an answer.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from locust import FastHttpUser, task

PICTURE = Path(os.environ["PICTURE"]).read_bytes()
PER_S = float(os.environ.get("PER_S", "0"))
TOKEN = os.environ.get("TOKEN", "")
BOUNDARY = "picture"
BODY = b"".join(
    (
        f"--{BOUNDARY}\r\n".encode(),
        b'Content-Disposition: form-data; name="file"; filename="picture.jpg"\r\n',
        b"Content-Type: image/jpeg\r\n\r\n",
        PICTURE,
        f"\r\n--{BOUNDARY}--\r\n".encode(),
    )
)
HEADERS = {
    "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    **({"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}),
}


class Sender(FastHttpUser):
    """Sends one picture after the other, and none before the answer to the last one."""

    def wait_time(self) -> float:
        """Seconds before the next picture: by chance, so that users come one by one and not all at once."""
        return random.expovariate(PER_S) if PER_S else 0.0

    def on_start(self) -> None:
        """Waits before the first picture, too."""
        self.wait()

    @task
    def predict(self) -> None:
        """An answer without a face is a failure: the picture has one."""
        with self.client.post("/api/predict", data=BODY, headers=HEADERS, catch_response=True) as answer:
            if answer.status_code == 200 and not answer.json()["faces"]:
                answer.failure("no face was found")
