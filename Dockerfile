# MaskGate in a container: device, pages and collector in one image, for amd64 and arm64 by the same locks.
#   docker build -t maskgate .
#   docker run --rm --network host --read-only --tmpfs /tmp maskgate
# shows the built-in clip at http://127.0.0.1:8080/. compose.yaml runs all of it; docs/deploy.md says more.

FROM debian:bookworm-slim AS build
# Of Debian's own packages the newest are wanted: they are the ones with the fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# First what changes seldom, so that a change of the sources does not fetch the packages again.
COPY requirements/web.txt requirements/collector.txt requirements/
RUN python3 -m venv /opt/maskgate \
    && /opt/maskgate/bin/pip install --no-cache-dir --no-deps --require-hashes \
        -r requirements/web.txt -r requirements/collector.txt
COPY . .
RUN packaging/container/install.sh /opt/maskgate

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/maskgate --shell /usr/sbin/nologin maskgate \
    && install -d -o maskgate -g maskgate -m 700 /var/lib/maskgate
COPY --from=build /opt/maskgate /opt/maskgate
COPY packaging/container/device.sh /usr/local/bin/maskgate-device
# Secrets of a container are found like the credentials of a service: mqtt-password, camera-password, web-token.
ENV PATH=/opt/maskgate/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    CREDENTIALS_DIRECTORY=/run/secrets
USER 10001:10001
VOLUME /var/lib/maskgate
EXPOSE 8080
# Time enough for a machine that is busy: to start Python takes seconds there.
HEALTHCHECK --interval=60s --timeout=30s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/api/health/live', timeout=20)"]
ENTRYPOINT ["maskgate"]
CMD ["web", "--demo"]
