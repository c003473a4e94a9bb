"""Read what a folder in the Hugging Face hub's layout says of its model.

    model.onnx or onnx/model.onnx, tokenizer.json, config.json
    modules.json, 1_Pooling/config.json, config_sentence_transformers.json   where it embeds

Not covered: models whose vectors pass through further layers (`Dense`) after pooling.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rag.errors import ConfigurationError

Pooling = Literal["mean", "cls", "max", "lasttoken"]
GRAPHS: Final = ("model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx")
POOLINGS: Final[Mapping[str, Pooling]] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
}
QUERY_PROMPTS: Final = ("query",)
PASSAGE_PROMPTS: Final = ("document", "passage", "corpus")
USUAL_TOKENS: Final = 512
ENDS_BYTES: Final = 1_000_000  # of a graph, that tell it from others
Json = Mapping[str, Any]  # what a model's files say, of no type before it is read


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model in a folder, with what its files say of it.

    Attributes:
        graph: The ONNX file.
        tokenizer: The tokenizer's file.
        max_tokens: Longest text, tokens; the rest of a longer one is not read.
        pooling: How the vectors of tokens become one.
        query_prefix: What stands before a question.
        passage_prefix: What stands before a text that is searched.
        pad_id: The number of the token that fills up a batch.
    """

    graph: Path
    tokenizer: Path
    max_tokens: int = USUAL_TOKENS
    pooling: Pooling = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    pad_id: int = 0

    @property
    def name(self) -> str:
        """A name that differs between models, and does not change when the folder is moved."""
        digest = hashlib.sha256(self.tokenizer.read_bytes())
        size = self.graph.stat().st_size
        with self.graph.open("rb") as file:
            digest.update(file.read(ENDS_BYTES))
            file.seek(max(size - ENDS_BYTES, 0))
            digest.update(file.read())
        digest.update(f"{size} {self.pooling} {self.passage_prefix}".encode())
        return f"onnx:{digest.hexdigest()[:16]}"


def read_model_folder(folder: Path) -> ModelFolder:
    """Read what the files of a folder say of its model.

    Raises:
        ConfigurationError: It lacks one, or its vectors are made in a way that is not covered.
    """
    folder = folder.expanduser()
    graph = next((folder / name for name in GRAPHS if (folder / name).is_file()), None)
    tokenizer = folder / "tokenizer.json"
    if graph is None or not tokenizer.is_file():
        lacking = "tokenizer.json" if graph else " or ".join(GRAPHS[:2])
        raise ConfigurationError(
            f"The folder {str(folder)!r} has no {lacking}. Name one in the layout of the Hugging "
            "Face hub: the graph, tokenizer.json and config.json."
        )
    config = _read(folder / "config.json")
    query, passage = _prompts(_read(folder / "config_sentence_transformers.json"))
    pad = config.get("pad_token_id")
    return ModelFolder(
        graph,
        tokenizer,
        _max_tokens(folder, config),
        _pooling(folder),
        query,
        passage,
        pad if isinstance(pad, int) else 0,
    )


def _read(file: Path) -> Json:
    """Return the object in a file; nothing where there is no file."""
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{str(file)!r} cannot be read as JSON: {exc}.") from exc
    return found if isinstance(found, dict) else {"modules": found}


def _max_tokens(folder: Path, config: Json) -> int:
    """Return the longest text that the model was made for, by the first file that says it."""
    told = (
        _read(folder / "sentence_bert_config.json").get("max_seq_length"),
        _read(folder / "tokenizer_config.json").get("model_max_length"),
        config.get("max_position_embeddings"),
    )
    most = [each for each in told if isinstance(each, int) and each > 0]
    return min([USUAL_TOKENS, *most[:1]])


def _pooling(folder: Path) -> Pooling:
    modules = _read(folder / "modules.json").get("modules")
    known = [each for each in modules if isinstance(each, dict)] if modules else []
    if any(str(each.get("type", "")).endswith(".Dense") for each in known):
        raise ConfigurationError(
            f"The model in {str(folder)!r} has a layer after its pooling (Dense), which is not "
            "supported. Choose another one."
        )
    paths = [each.get("path") for each in known if str(each.get("type", "")).endswith("Pooling")]
    said = _read(folder / str(paths[0] if paths else "1_Pooling") / "config.json")
    named = said.get("pooling_mode")
    if named in POOLINGS.values():
        return next(each for each in POOLINGS.values() if each == named)
    chosen = [pooling for key, pooling in POOLINGS.items() if said.get(key)]
    if said and len(chosen) != 1:
        raise ConfigurationError(
            f"The model in {str(folder)!r} pools its tokens in a way that is not supported: "
            "cls, mean, max and lasttoken are, one at a time. Choose another model."
        )
    return chosen[0] if chosen else "mean"


def _prompts(config: Json) -> tuple[str, str]:
    """Return what stands before questions, and before the texts that are searched."""
    prompts = config.get("prompts")
    if not isinstance(prompts, dict):
        return "", ""
    usual = prompts.get(config.get("default_prompt_name") or "", "")

    def first(names: tuple[str, ...]) -> str:
        return next((str(prompts[each]) for each in names if each in prompts), str(usual))

    return first(QUERY_PROMPTS), first(PASSAGE_PROMPTS)
