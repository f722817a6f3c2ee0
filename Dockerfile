# The bot in a container: `docker compose up` with the file compose.yaml beside this one.
ARG PYTHON=docker.io/library/python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY bridge bridge
COPY cogs cogs
RUN python3 -m venv /opt/dzone && /opt/dzone/bin/pip install --no-cache-dir '.[speed,workers,metrics]'

FROM ${PYTHON}
# Numbers, so that a platform can see that it isn't root.
RUN groupadd --gid 10001 dzone && useradd --uid 10001 --gid 10001 --no-create-home dzone \
    && install -d -o dzone -g dzone /data
COPY --from=build /opt/dzone /opt/dzone
# What is set here wins over an .env file: in a container the bot has to listen to all, and tell how it is.
ENV PATH=/opt/dzone/bin:$PATH HOST=0.0.0.0 HEALTH=on container=oci
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import os, ssl, urllib.request as web; web.urlopen(f'http{\"s\" if os.environ.get(\"TLS_CERT\") else \"\"}://127.0.0.1:{os.environ.get(\"PORT\") or 3000}/healthz', timeout=4, context=ssl._create_unverified_context())"]
CMD ["dzone-bot"]
