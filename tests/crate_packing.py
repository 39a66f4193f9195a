"""Packs folders as `cargo package` does: a gzipped tar with GNU headers, everything below
{name}-{version}/, sorted, with no time and no owner in it, so that the same folder always gives the
same bytes.
"""

import gzip
import io
import os
import tarfile

# What a package's folder holds only once it is vendored.
NOT_PACKED = {".cargo-checksum.json"}


def folder_files(folder):
    """(path below the folder, bytes), sorted."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = os.path.join(parent, name)
            below = os.path.relpath(path, folder)
            if below not in NOT_PACKED and os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found.append((below, file.read()))
    return sorted(found, key=lambda file: os.fsencode(file[0]))


def tar(files, prefix):
    """The tar archive of (path, bytes) below `prefix`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content in files:
            info = tarfile.TarInfo(f"{prefix}/{path}" if prefix else path)
            info.size = len(content)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def compress(content, level=6):
    return gzip.compress(content, compresslevel=level, mtime=0)


def pack(folder, prefix, level=6):
    """The bytes of a .crate."""
    return compress(tar(folder_files(folder), prefix), level)
