"""Office files without timestamps: the same content gives the same bytes."""

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file can hold
_UNIX, _PLAIN_FILE = 3, 0o600 << 16
_CORE = "docProps/core.xml"
_STAMPS = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")


def sealed(office: bytes) -> bytes:
    """The same file with its times taken out: a date of writing is no part of what an FAQ says."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office)) as written, zipfile.ZipFile(target, "w") as kept:
        for name in written.namelist():
            content = written.read(name)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, _STAMPS.sub(b"", content) if name == _CORE else content, compresslevel=9)
    return target.getvalue()
