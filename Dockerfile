# syntax=docker/dockerfile:1
# The image of web, worker, beat and migrate: one image, four commands (docker-compose.yml).

FROM python:3.12-slim-bookworm AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir 'uv>=0.9,<1' && python -m venv /opt/venv
WORKDIR /app
COPY requirements.lock requirements-runtime.lock ./
# Versions and hashes come from the lock; development tools and the embedded servers stay out of the image.
RUN uv pip sync --require-hashes --python /opt/venv/bin/python requirements-runtime.lock
COPY . .
# Babel only compiles the translations: it is taken, by the same lock, into this stage alone.
RUN awk '/^babel==/ {found = 1} found {print} found && !/\\$/ {exit}' requirements.lock > /tmp/babel.lock \
    && uv pip install --require-hashes --target /tmp/babel -r /tmp/babel.lock \
    && PYTHONPATH=/tmp/babel /opt/venv/bin/python -m config.messages compile
# Settings are read, nothing is contacted: the addresses and the secret of this command reach no image.
RUN PRODUCTION=0 STATIC_ROOT=/app/static /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf tests bench demo

FROM python:3.12-slim-bookworm
# Pushing by SFTP goes through OpenSSH's client.
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends openssh-client && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 dawan \
    && useradd --system --uid 10001 --gid dawan --no-create-home --shell /usr/sbin/nologin dawan \
    && install -d -o dawan -g dawan /var/lib/dawan /tmp/metrics
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PRODUCTION=1 \
    STATE_DIR=/var/lib/dawan \
    STATIC_ROOT=/app/static \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER dawan
EXPOSE 8000
VOLUME /var/lib/dawan
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "deploy/probe.py", "/healthz"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "config.wsgi:application"]
