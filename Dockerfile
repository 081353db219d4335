# One image for every role: `aggregator run` (default), `fetch`, `serve`, `worker`.
FROM python:3.11-slim AS build
RUN pip install --no-cache-dir "uv==0.13.9"
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY aggregator aggregator
COPY config config
# into a virtual environment of its own, with compiled bytecode and tables, without development tools
RUN uv sync --no-dev --no-editable --compile-bytecode && rm -f uv.lock && .venv/bin/python -c "import aggregator.store.tables"

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 aggregator && mkdir -p /data && chown aggregator /data
COPY --from=build /app/.venv /app/.venv
COPY --chown=aggregator config /config
ENV PATH=/app/.venv/bin:$PATH \
    AGGREGATOR_CONFIG=/config \
    AGGREGATOR_DATABASE_URL=sqlite:////data/aggregator.db \
    AGGREGATOR_LOG=json \
    PYTHONUNBUFFERED=1
USER aggregator
WORKDIR /home/aggregator
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readiness', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["aggregator"]
CMD ["run", "--host", "0.0.0.0"]
