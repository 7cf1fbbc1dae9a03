"""Tags: what a photograph says of itself, as exifread prints it."""

from pipeline.parsing.material import DAMAGE, Material, refusal


def exif(media: Material) -> dict[str, str]:
    """Return exifread's raw tags as text; maker notes, thumbnails and what is no tag stay out."""
    import exifread
    from exifread.core.exceptions import ExifError

    try:
        with media.open() as file:
            tags = exifread.process_file(file, details=False, extract_thumbnail=False)
            return {str(name): str(value) for name, value in tags.items()}
    except (*DAMAGE, ExifError) as err:
        raise refusal("exifread", err) from err
