"""Run all-MiniLM-L6-v2 as an int8 graph in onnxruntime."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer, models, normalizers, pre_tokenizers, processors

from rag.embedding.batching import group_by_length
from rag.embedding.encoding import EncodedText
from rag.embedding.runtime import load_runtime
from rag.embedding.words import Pieces, WordVectors, load_pieces, save_pieces
from rag.types import Progress

if TYPE_CHECKING:
    import onnxruntime

T = TypeVar("T")
R = TypeVar("R")

DIMENSION = 384
MAX_TOKENS = 256  # the model's training length; the rest of a longer text is ignored
TOKENS_PER_BATCH = 512  # as fast as 2048 on 2 cores, and an ingest takes 270 MB less at its peak
PIECE_TOKENS = 3  # a piece between [CLS] and [SEP]


def build_tokenizer(vocabulary_file: Path) -> Tokenizer:
    """Build BERT's lower-casing WordPiece tokenizer over a `vocab.txt`."""
    tokens = vocabulary_file.read_text(encoding="utf-8").splitlines()
    ids = {token: number for number, token in enumerate(tokens)}
    unknown = "[UNK]"
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token=unknown, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def find_words(text: str, encoding: Encoding) -> list[tuple[int, int]]:
    """Return the pieces of each word of a text: the first, and the one after the last.

    What has neither letter nor digit is no word.
    """
    pieces, offsets = encoding.tokens, encoding.offsets
    end = len(pieces) - 1  # of the words, which are between [CLS] and [SEP]
    starts = [n for n in range(1, end) if not pieces[n].startswith("##")]
    return [
        (first, after)
        for first, after in zip(starts, [*starts[1:], end], strict=False)
        if any(map(str.isalnum, text[offsets[first][0] : offsets[after - 1][1]]))
    ]


def _words(
    text: str, encoding: Encoding, tokens: NDArray[np.float32]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the words of a text, and the unit mean vectors of their pieces, shape (words, 384)."""
    found = find_words(text, encoding)
    if not found:
        return (), np.empty((0, DIMENSION), np.float32)
    sums = np.add.reduceat(tokens, np.ravel(found))[::2]
    unit = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    offsets = encoding.offsets
    return tuple(text[offsets[a][0] : offsets[b - 1][1]] for a, b in found), unit


class MiniLM:
    """Embed texts with the int8 graph; vectors have 384 dimensions and unit norm.

    Args:
        onnx_file: The graph that `rag.embedding.graph.convert` wrote.
        vocabulary_file: The model's `vocab.txt`.
        question_file: The graph for questions; None where they are embedded as texts are.
    """

    def __init__(
        self, onnx_file: Path, vocabulary_file: Path, question_file: Path | None = None
    ) -> None:
        self._vocabulary_file = vocabulary_file
        self._question_file = question_file
        self._questions: MiniLM | None = None
        self._lock = threading.Lock()
        self._tokenizer = build_tokenizer(vocabulary_file)
        runtime = load_runtime()
        options = runtime.SessionOptions()
        # One thread for a text, as many texts at once as there are cores. Against two threads for a
        # text, on 2 cores: 45 sentences in 54 ms (98), a question in 2.5 (2.8), papers as fast.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # no batch is like another: 37 MB less, as fast
        self._session: onnxruntime.InferenceSession = runtime.InferenceSession(
            onnx_file, options, providers=["CPUExecutionProvider"]
        )
        self._workers = ThreadPoolExecutor(os.cpu_count(), "embedding")
        self._words: WordVectors | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the texts in their order, shape (len(texts), 384), unit norm."""
        encodings = self._tokenizer.encode_batch(list(texts))
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        batches = list(group_by_length([len(encoding) for encoding in encodings], TOKENS_PER_BATCH))
        batches.reverse()  # the longest first: at the end no core waits long for the other
        ids = [[encodings[n].ids for n in batch] for batch in batches]
        for batch, embedded in zip(batches, self._each(self._embed, ids), strict=True):
            vectors[batch] = embedded
        return vectors

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (384,), unit norm."""
        vector: NDArray[np.float32] = self.for_questions().embed([query])[0]
        return vector

    def for_questions(self) -> MiniLM:
        """Return what encodes questions; loaded at the first."""
        if self._question_file is None:
            return self
        with self._lock:
            if self._questions is None:
                self._questions = MiniLM(self._question_file, self._vocabulary_file)
            return self._questions

    def _embed(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        return self._run(["embedding"], ids)[0]

    def encode_words(self, texts: Sequence[str]) -> list[EncodedText]:
        """Encode the texts in their order, each with its vector and those of its words.

        Each is encoded alone: int8 scales are taken over a batch, so in company a text's vectors
        change with what stands beside it (cosine down to 0.98), and with it what is answered.
        Sentences alone take no more time than together.
        """
        encodings = self._tokenizer.encode_batch(list(texts))
        return self._each(self._encode, list(zip(texts, encodings, strict=True)))

    def _encode(self, given: tuple[str, Encoding]) -> EncodedText:
        text, encoding = given
        vectors, tokens = self._run(["embedding", "tokens"], [encoding.ids])
        return EncodedText(vectors[0], *_words(text, encoding, tokens[0]))

    def word_pieces(self, text: str) -> list[tuple[int, int]]:
        """Return the pieces of each word of a text: the first, and the one after the last."""
        return find_words(text, self._tokenizer.encode(text))

    def prepare_words(self, file: Path, on_progress: Callable[[Progress], None]) -> None:
        """Embed each piece of the vocabulary alone, once per machine; the file caches them."""
        pieces = load_pieces(file, self._tokenizer.get_vocab_size())
        if pieces is None:
            pieces = self._read_pieces(on_progress)
            save_pieces(file, pieces)
        self._words = WordVectors(pieces, self._split)

    def word_vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of words out of context, shape (len(words), 384); unit norm, or 0."""
        if self._words is None:
            self._words = WordVectors(self._read_pieces(lambda _: None), self._split)
        return self._words.look_up(words)

    def knows_word(self, word: str) -> bool:
        """Return whether a word, in lower case, is one piece of the vocabulary."""
        return self._tokenizer.token_to_id(word) is not None

    def _split(self, words: Sequence[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch(list(words), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def _read_pieces(self, on_progress: Callable[[Progress], None]) -> Pieces:
        """Embed every piece of the vocabulary, shape (pieces, 384), unit norm."""
        count = self._tokenizer.get_vocab_size()
        start, end = self._tokenizer.encode("").ids
        pieces = np.empty((count, DIMENSION), np.float16)
        step = TOKENS_PER_BATCH // PIECE_TOKENS
        for first in range(0, count, step):
            on_progress(Progress("reading the vocabulary", first, count))
            ids = [[start, piece, end] for piece in range(first, min(first + step, count))]
            (tokens,) = self._run(["tokens"], ids)
            alone = tokens[:, 1]
            pieces[first : first + step] = alone / np.linalg.norm(alone, axis=1, keepdims=True)
        on_progress(Progress("reading the vocabulary", count, count))
        return pieces

    def _each(self, work: Callable[[T], R], given: Sequence[T]) -> list[R]:
        """Return the results in the order of the input; as many at once as there are cores."""
        if len(given) == 1:
            return [work(given[0])]
        return list(self._workers.map(work, given))

    def _run(self, outputs: list[str], ids: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        """Return outputs of the graph for token lists in ascending length."""
        padded = np.zeros((len(ids), len(ids[-1])), np.int64)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
        feed = {"input_ids": padded, "attention_mask": (padded > 0).astype(np.int64)}
        return list(self._session.run(outputs, feed))
