"""Open vocabulary: tags pictures with every term of the vocabulary, by a model of pictures and text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pipeline.core.ports import Named, Pixels
from pipeline.core.vocabulary import Term
from pipeline.engines.identity import Identity
from pipeline.engines.looking import calibrated
from pipeline.engines.prompts import Prompts, identify_prompts
from pipeline.engines.vocabulary import read_vocabulary
from pipeline.weights import Installed


class OpenVocabulary(Identity):
    """The port ``Tagger`` over SigLIP or CLIP: labels are the English names of the terms, all of which it reads.

    A term is told from its own threshold on, or from the card's (``threshold``) where one was measured.
    """

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        options = installed.card.options
        vocabulary = read_vocabulary(str(options["vocabulary"]))
        self.terms: Mapping[str, Term] = {term.en: term for term in vocabulary.terms}
        self.vocabulary: tuple[str, ...] = tuple(self.terms)
        self.unseen: tuple[str, ...] = vocabulary.unseen(self.terms.values())
        self.calibration, self._probability = calibrated(options)
        told = options.get("threshold")
        self._thresholds = [term.threshold if told is None else float(told) for term in self.terms.values()]
        self._prompts = Prompts(installed, vocabulary, list(self.terms.values()))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify_prompts("open-vocabulary", installed)

    def tag(self, pictures: Sequence[Pixels]) -> list[tuple[Named, ...]]:
        """Name every term that a picture shows, surest first."""
        return [self._named(scores) for scores in self._prompts.scores(pictures)]

    def _named(self, scores: Sequence[float]) -> tuple[Named, ...]:
        found = [
            Named(label=label, score=score, calibrated=self._probability(score))
            for label, score, threshold in zip(self.vocabulary, scores, self._thresholds, strict=True)
            if score >= threshold
        ]
        return tuple(sorted(found, key=lambda one: (-one.score, one.label)))
