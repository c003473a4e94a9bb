# The page of paperchat with everything inside: no key, no GPU, no download at a start.
#   docker build -t paperchat .
#   docker run --rm -it -v papers:/data paperchat users add ada --file /data/users
#   docker run -p 7860:7860 -v papers:/data --read-only --tmpfs /tmp paperchat
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY .ci/wheel .ci/wheel
COPY rag rag
COPY ui ui
COPY eval eval
COPY prompts prompts
RUN python3 -m venv /opt/paperchat && /opt/paperchat/bin/pip install --no-cache-dir '.[group,mcp]'
# The first search fetches the embedder's weights, verifies and converts them; the image keeps them.
ENV RAG_CACHE=/opt/paperchat/cache
RUN /opt/paperchat/bin/paperchat search --starter --library /tmp/library "modern Hopfield networks" && rm -r /tmp/library

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data paperchat && mkdir /data && chown paperchat /data
COPY --from=build /opt/paperchat /opt/paperchat
ENV PATH="/opt/paperchat/bin:$PATH" RAG_LIBRARY=/data/library RAG_CACHE=/opt/paperchat/cache
USER 10001
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
ENTRYPOINT ["paperchat"]
CMD ["chat", "--host", "0.0.0.0", "--no-browser", "--auth-file", "/data/users"]
