"""Text translation: sequence-to-sequence models (NLLB, M2M100, Marian) through transformers or CTranslate2.

A text's translation depends on nothing but the text: only texts of exactly equal length share a
call, so that nothing is padded, and nothing is drawn at random.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import exp
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.ports import Translated
from pipeline.engines.device import device, usable_device
from pipeline.engines.identity import Identity, identify
from pipeline.engines.listener import processors
from pipeline.engines.spelling import Spelling, family_of, only_named
from pipeline.engines.together import Together
from pipeline.errors import Misconfigured
from pipeline.weights import Installed

if TYPE_CHECKING:
    import torch

_BEAM = 4
_LONGEST = 256
"""Tokens of one piece: some two hundred words, more than any sentence should have."""

_AT_ONCE = {"cpu": 8, "cuda": 64}
_PRECISION = {"cpu": "float32", "cuda": "float16"}
_WAITING = 64
_MORE = 16
"""A translation may be twice as long as its source and so many tokens more; a loop ends there."""

_Piece = tuple[str, float]


class _Translator(Identity):
    """What both libraries share: pairs of the card, spelling, and calls of equal length."""

    def __init__(self, who: Identity, installed: Installed) -> None:
        super().__init__(**asdict(who))
        self.pairs: Mapping[str, Mapping[str, str]] = dict(installed.card.translation)
        self._spelling: Spelling
        self._ask: Together[str, Translated] = Together(self._answer, most=_WAITING)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Translated]:
        """Translate each text; what is translated beside it does not matter.

        Raises ``Misconfigured`` for a pair that the card does not list.
        """
        if target not in self.pairs.get(source, {}):
            raise Misconfigured(f"model {self.model} does not translate {source!r} into {target!r}")
        return self._ask(list(texts), (source, target))

    def _answer(self, texts: Sequence[str], way: Hashable) -> list[Translated]:
        source, target = cast("tuple[str, str]", way)
        cut = [self._spelling.pieces(one, source, _LONGEST) for one in texts]
        by_length: dict[int, dict[tuple[int, ...], _Piece | None]] = defaultdict(dict)
        for piece in (tuple(one) for pieces in cut for one in pieces):
            by_length[len(piece)][piece] = None
        done: dict[tuple[int, ...], _Piece] = {}
        for _, same in sorted(by_length.items()):
            for batch in _batches(list(same)):
                done.update(zip(batch, self._pieces(batch, target), strict=True))
        return [_joined([done[tuple(one)] for one in pieces]) for pieces in cut]

    def _pieces(self, batch: Sequence[tuple[int, ...]], target: str) -> list[_Piece]:
        raise NotImplementedError


class SequenceToSequence(_Translator):
    """The port ``TextTranslator`` over transformers."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        import torch
        import transformers

        super().__init__(self.identity(installed), installed)
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(threads or processors())
        self._device = usable_device()
        self._beam = int(self.parameters["beam"])
        with only_named(installed) as folder:
            self._spelling = Spelling(installed, folder)
            model = transformers.AutoModelForSeq2SeqLM.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, weights_only=True,
                dtype=getattr(torch, str(self.parameters["precision"])),
            )  # fmt: skip
        self._model: Any = model.to(self._device).eval()

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        libraries = ("transformers", "torch", "tokenizers", "sentencepiece")
        return identify("transformers-translate", installed, parameters=_parameters(installed), libraries=libraries)

    def _pieces(self, batch: Sequence[tuple[int, ...]], target: str) -> list[_Piece]:
        import torch

        first = self._spelling.first(target)
        ids = torch.tensor(batch, device=self._device)
        with torch.inference_mode():
            seen = self._model.get_encoder()(input_ids=ids, attention_mask=torch.ones_like(ids))
            read = seen[0]  # a search over beams puts copies in its place
            made = self._model.generate(
                encoder_outputs=seen, attention_mask=torch.ones_like(ids), forced_bos_token_id=first,
                num_beams=self._beam, do_sample=False, early_stopping=False, length_penalty=1.0, max_length=None,
                forced_eos_token_id=None,
                max_new_tokens=2 * ids.shape[1] + _MORE,
            )  # fmt: skip
            scores = [self._score(read[row : row + 1], made[row], first) for row in range(len(batch))]
        return [(self._spelling.text(row), score) for row, score in zip(made.tolist(), scores, strict=True)]

    def _score(self, seen: "torch.Tensor", made: "torch.Tensor", first: int | None) -> float:
        """Return the mean probability of a translation's tokens, its end included; one at a time, for memory."""
        import torch

        end = self._model.config.eos_token_id
        # The first token only starts the decoder; it may be the same as the one that ends.
        ends = (made[1:] == end).nonzero()
        last = int(ends[0]) + 2 if len(ends) else len(made)
        mine = made[:last].unsqueeze(0)
        logits = self._model(encoder_outputs=(seen,), decoder_input_ids=mine[:, :-1]).logits[0]
        shares = torch.log_softmax(logits.float(), -1).gather(1, mine[0, 1:].unsqueeze(1))[:, 0]
        # The language was told, not chosen.
        return float(shares[(0 if first is None else 1) :].mean())


class Converted(_Translator):
    """The port ``TextTranslator`` over CTranslate2, for a model converted to its format.

    No card is shipped for it: whoever converts a model writes one, as ``models/README.md`` shows.
    """

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        import ctranslate2

        super().__init__(self.identity(installed), installed)
        chosen = usable_device()
        with only_named(installed) as folder:
            self._spelling = Spelling(installed, folder)
        # The verified bytes themselves are handed over: no other file of a folder.
        files = {name: path.read_bytes() for name, path in installed.files.items()}
        self._model = ctranslate2.Translator(
            str(installed.files[installed.card.weights]), device=chosen,
            compute_type=str(self.parameters["precision"]), intra_threads=threads or processors(), files=files,
        )  # fmt: skip

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        libraries = ("ctranslate2", "transformers", "tokenizers", "sentencepiece")
        return identify("ctranslate2-translate", installed, parameters=_parameters(installed), libraries=libraries)

    def _pieces(self, batch: Sequence[tuple[int, ...]], target: str) -> list[_Piece]:
        first = self._spelling.first(target)
        start = [] if first is None else self._spelling.names_of([first])
        results = self._model.translate_batch(
            [self._spelling.names_of(one) for one in batch], target_prefix=[start] * len(batch) if start else None,
            beam_size=int(self.parameters["beam"]), length_penalty=1.0, return_scores=True,
            max_decoding_length=2 * len(batch[0]) + _MORE,
        )  # fmt: skip
        found = []
        for result in results:
            ids = [self._spelling.id_of(one) for one in result.hypotheses[0]]
            found.append((self._spelling.text(ids), float(result.scores[0])))
        return found


def _parameters(installed: Installed) -> dict[str, Any]:
    options = installed.card.options
    return {
        "family": family_of(installed),
        "beam": options.get("beam", _BEAM),
        "longest": _LONGEST,
        "prefix": options.get("prefix", ""),
        "device": device(),
        "precision": options.get("precision", _PRECISION[device()]),
    }


def _joined(pieces: Sequence[_Piece]) -> Translated:
    mean = sum(score for _, score in pieces) / len(pieces)
    return Translated(text=" ".join(text for text, _ in pieces if text), score=round(exp(mean), 3))


def _batches(pieces: Sequence[tuple[int, ...]]) -> Iterator[Sequence[tuple[int, ...]]]:
    most = _AT_ONCE[device()]
    for start in range(0, len(pieces), most):
        yield pieces[start : start + most]
