"""Write a file that was fixed: all of it or nothing, and nothing that somebody else has changed meanwhile."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def write(path: Path, old: bytes, new: bytes) -> str | None:
    """Put new contents in place of the old ones, at once; return why not, where that is not possible.

    The mode stays, and so does the owner where the system lets us; a link goes on pointing to the same file.
    """
    temporary: str | None = None
    try:
        target = path.resolve(strict=True)
        status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file"
        if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
            return "it is read-only"
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(temporary, status.st_uid, status.st_gid)
        Path(temporary).chmod(stat.S_IMODE(status.st_mode))
        now = target.read_bytes()
        if now != old:  # another link to the same file may have been fixed before
            return None if now == new else "it has changed since it was read"
        Path(temporary).replace(target)
        temporary = None
    except OSError as error:
        return error.strerror or str(error)
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return None
