"""Speech: where somebody speaks, in each stream of sound."""

from pipeline.core.body import Body, Seconds
from pipeline.core.model import Kind, Media
from pipeline.core.ports import SpeechFinder
from pipeline.stages.base import Job, Result, done, empty, stage

_MIX = 0
"""The channel of regions found in the mix of all channels."""


class SpeechRegion(Body):
    """A span of speech, in seconds of the item."""

    stream: int
    channel: int
    start: Seconds
    end: Seconds


class Speech(Body):
    """Every span of speech, by stream, then by time."""

    regions: tuple[SpeechRegion, ...]


@stage(version=1, reads=(Kind.AUDIO,), writes=Kind.SPEECH, media=(Media.VIDEO, Media.AUDIO), engine=SpeechFinder)
def speech(job: Job, finder: SpeechFinder) -> Result:
    """Find speech; none is an answer, not an error. It covers what the sound covers."""
    heard = job.known[Kind.AUDIO]
    regions = tuple(
        SpeechRegion(
            stream=sound["stream"], channel=_MIX, start=sound["start"] + one.start, end=sound["start"] + one.end
        )
        for sound in heard.body["streams"]
        for one in finder.regions(job.derivative(Kind.AUDIO, f"pcm/{sound['stream']}"))
    )
    if not regions:
        return empty("N-SPEECH-001", "nobody is heard to speak", coverage=heard.coverage)
    return done(Speech(regions=regions), coverage=heard.coverage)
