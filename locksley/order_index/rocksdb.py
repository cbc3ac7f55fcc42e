"""The index on RocksDB: one file tree in the data directory, written ahead but not fsynced, since it can be rebuilt.

After a write that failed (a full disk) the library refuses every later one, also when there is room again: only opening the tree anew
helps. That is done as soon as a file can be written beside it; until then what is in it is still found.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from locksley.domain.errors import StorageUnavailable
from locksley.opening import denied
from locksley.order_index.port import Owner

BLOOM_BITS_PER_KEY = 10
CACHE_BYTES = 64 * 1024 * 1024
LOG_FILES_MAX = 2
PROBE_BYTES = 1_048_576
_SEPARATOR = b"\0"
_WHOLE = b"\0whole"  # no external id starts with a NUL


class RocksOrderIndex:
    """Opens `path`, or makes it anew when it is missing or damaged; one that it may not read and write is left as it is.

    `is_whole` is False until `mark_whole`. Raises `StorageUnavailable`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = _open(path)
        self._write_failed = False
        self._is_open = True

    @property
    def is_whole(self) -> bool:
        """False, too, where a damaged block hides the answer."""
        try:
            return self._db.get(_WHOLE) is not None
        except Exception:  # the library has no narrower one
            return False

    def mark_whole(self) -> None:
        try:
            self._db.put(_WHOLE, b"1")
        except Exception as error:
            raise StorageUnavailable from error

    def put_many(self, entries: Sequence[tuple[str, Owner]]) -> None:
        batch = WriteBatch(raw_mode=True)
        for external_order_id, owner in entries:
            batch.put(external_order_id.encode(), owner.order_id.encode() + _SEPARATOR + owner.user_id.encode())
        try:
            if self._write_failed:
                self._open_again()
            self._db.write(batch)
        except Exception as error:  # the library has no narrower one
            self._write_failed = True
            raise StorageUnavailable from error

    def get_many(self, external_order_ids: Sequence[str]) -> list[Owner | None]:
        if not external_order_ids:
            return []
        try:
            if not self._is_open:
                self._open_again()
            found = self._db.get([external_order_id.encode() for external_order_id in external_order_ids]) or []
        except Exception as error:
            with suppress(Exception):  # so that the next start makes it anew; what can not be read may be damaged
                self._db.delete(_WHOLE)
            raise StorageUnavailable from error
        return [_owner(value) if value is not None else None for value in found]

    def clear(self) -> None:
        with suppress(Exception):  # a damaged tree may not close well, and is thrown away all the same
            self._db.close()
        _remove(self._path)
        self._db = _open(self._path)

    def close(self) -> None:
        """What a full disk keeps from its last file is in its log, or made anew: nobody who closes has to hear of it."""
        with suppress(Exception):
            self._db.close()

    def _open_again(self) -> None:
        probe = self._path.with_suffix(".probe")
        try:
            probe.write_bytes(bytes(PROBE_BYTES))
        finally:
            probe.unlink(missing_ok=True)
        if self._is_open:
            self._is_open = False
            with suppress(Exception):  # it fails as the write did, and is closed all the same
                self._db.close()
        self._db = Rdict(str(self._path), options=_options())
        self._write_failed = False
        self._is_open = True


def _owner(value: bytes) -> Owner:
    order_id, _, user_id = value.partition(_SEPARATOR)
    return Owner(order_id.decode(), user_id.decode())


def _open(path: Path) -> Rdict:
    try:
        return Rdict(str(path), options=_options())
    except Exception as error:  # the library has no narrower one
        if denied(path) is not None:  # nothing is wrong with it: whoever may read it shall find it
            raise StorageUnavailable from error
        _remove(path)  # damaged: `order_index.rebuild` fills the new one
        try:
            return Rdict(str(path), options=_options())
        except Exception as error:
            raise StorageUnavailable from error


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_keep_log_file_num(LOG_FILES_MAX)
    blocks = BlockBasedOptions()
    blocks.set_bloom_filter(BLOOM_BITS_PER_KEY, block_based=False)
    blocks.set_block_cache(Cache(CACHE_BYTES))
    options.set_block_based_table_factory(blocks)
    return options
