"""Read and publish at a Parallax node on this machine, and check proofs with no node at all.

    node = parallax.Node("/srv/parallax/fr-cnes")
    for record in node.subscribe(types=["conjunction"], cursor="watch.cursor"):
        print(record.id, record["body"]["TCA"])

A layer on libparallax (docs/libparallax.md): $PARALLAX_LIBRARY names the file where the system's loader does not find it. Needs nothing but Python's own
library. A node and a subscription may be used by several threads.
"""
import asyncio
import ctypes
import datetime
import json
import os
import threading
import time
from ctypes import byref, c_char_p, c_size_t, c_void_p
from typing import Any, AsyncIterator, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Type, Union

from . import _library
from ._library import LIBRARY

__all__ = ["Cursor", "Error", "Failed", "Invalid", "Lost", "Node", "Query", "Record", "Refused", "Subscription", "Verdict", "verify", "version"]

MODES = {"REAL": 1, "EXERCISE": 2, "TEST": 3, "SIMULATED": 4}
TIMEOUT = 30.0  # seconds that a node is waited for
_SLICE_MS = 500  # of a wait without end: signals are looked at between two
_Path = Union[str, "os.PathLike[str]"]
_Time = Union[str, datetime.datetime]


class Error(Exception):
    """What did not happen, in words for people."""


class Refused(Error):
    """The node, or a check, says no: asking again changes nothing."""


class Lost(Error):
    """The node was not reached, or did not answer in time: the same call may be made again."""


class Invalid(Error, ValueError):
    """An argument is none."""


class Failed(Error, OSError):
    """A file could not be read or written."""


_ERRORS: Dict[int, Type[Error]] = {_library.REFUSED: Refused, _library.LOST: Lost, _library.INVALID: Invalid, _library.FAILED: Failed}


class Cursor(NamedTuple):
    """A place in the order in which records became visible at one node."""

    incarnation: bytes  # of the store, 16 bytes: a number of another one means nothing
    number: int


class Verdict(NamedTuple):
    """What a proof shows."""

    record: "Record"
    leaf: int
    tree_size: int
    roster_version: int
    cosigners: int  # other members who have seen that tree
    lost: int  # lines of others that do not verify
    origin_removed: bool


class Record(Mapping[str, Any]):
    """One record: a mapping of what `parallax tail --json` prints, numbers as the text of their source, and some of it as attributes."""

    def __init__(self, handle: c_void_p) -> None:
        """Takes the library's record."""
        try:
            self.id: str = LIBRARY.parallax_record_id(handle).decode()
            self.origin: str = LIBRARY.parallax_record_origin(handle).decode()
            self.series: str = LIBRARY.parallax_record_series(handle).decode()
            self.type: str = LIBRARY.parallax_record_type(handle).decode()
            self.mode: str = next((name for name, mode in MODES.items() if mode == LIBRARY.parallax_record_mode(handle)), "")
            self.number: int = LIBRARY.parallax_record_number(handle)
            self.received_ms: int = LIBRARY.parallax_record_received_ms(handle)
            self.json: str = LIBRARY.parallax_record_json(handle).decode()
            self.header: bytes = _bytes(LIBRARY.parallax_record_header, handle) or b""
            self.body: Optional[bytes] = _bytes(LIBRARY.parallax_record_body, handle)  # as protobuf; None: not held, or not for us
        finally:
            LIBRARY.parallax_record_free(handle)
        self._read: Optional[Dict[str, Any]] = None

    def _content(self) -> Dict[str, Any]:
        if self._read is None:
            self._read = json.loads(self.json)
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._content()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())

    def __repr__(self) -> str:
        return "<%s %s of %s>" % (self.type or "record", self.id, self.origin)


class _Stream:
    """Records one after the other; the library's stream."""

    def __init__(self, handle: c_void_p) -> None:
        self._handle, self._lock = handle, threading.Lock()

    def _fetch(self, ms: int) -> Optional[Record]:
        record = c_void_p()
        with self._lock:
            if not self._handle:
                raise Invalid("it is closed")
            if _check(LIBRARY.parallax_fetch(self._handle, ms, byref(record))) == _library.NOTHING:
                return None
        return Record(record)

    def close(self) -> None:
        """Waits for a call of another thread."""
        with self._lock:
            LIBRARY.parallax_stream_free(self._handle)
            self._handle = c_void_p()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            LIBRARY.parallax_stream_free(self._handle)


class Query(_Stream):
    """The answer to a question: an iterator that ends."""

    def __iter__(self) -> "Query":
        return self

    def __next__(self) -> Record:
        record = self._fetch(int(TIMEOUT * 1000))
        if record is None:
            raise StopIteration
        return record


class Subscription(_Stream):
    """Records as they become visible, at least once each: `for record in ...`, `async for record in ...`, or fetch().

    Asking for the next one says that the one before it is done with, and needs not come again; with acknowledge=False only acknowledge() says so.
    """

    def __init__(self, handle: c_void_p, timeout: Optional[float], acknowledge: bool) -> None:
        super().__init__(handle)
        self._timeout, self._by_itself = timeout, acknowledge
        self._given: Optional[Record] = None
        self._pending: Optional["asyncio.Future[Optional[Record]]"] = None

    def fetch(self, timeout: Optional[float] = 0) -> Optional[Record]:
        """The next record, or None when none came for so many seconds (None: wait without end). Lost: the node is away; call again to go on."""
        self._done()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _SLICE_MS if deadline is None else int((deadline - time.monotonic()) * 1000)
            try:
                record = self._fetch(max(0, min(left, _SLICE_MS)))
            except Lost:
                if deadline is not None and time.monotonic() >= deadline:
                    raise
                continue  # the library has waited for it
            if record is not None or (deadline is not None and time.monotonic() >= deadline):
                self._given = record
                return record

    def _done(self) -> None:
        if self._given is not None and self._by_itself:
            self.acknowledge(self._given)
        self._given = None

    def acknowledge(self, record: Union[Record, int]) -> None:
        """This record (or delivery number) and all before it need not come again; on disk when this returns, if there is a cursor file."""
        with self._lock:
            if not self._handle:
                raise Invalid("it is closed")
            _check(LIBRARY.parallax_acknowledge(self._handle, record if isinstance(record, int) else record.number))

    @property
    def cursor(self) -> Optional[Cursor]:
        """Up to where it has been acknowledged; None before anything is known."""
        cursor = _library.Cursor()
        with self._lock:
            if not self._handle:
                raise Invalid("it is closed")
            if _check(LIBRARY.parallax_stream_cursor(self._handle, byref(cursor))) == _library.NOTHING:
                return None
        return Cursor(bytes(cursor.incarnation), cursor.number)

    def __iter__(self) -> "Subscription":
        return self

    def __next__(self) -> Record:
        record = self.fetch(self._timeout)
        if record is None:
            raise StopIteration
        return record

    def __aiter__(self) -> AsyncIterator[Record]:
        return self

    async def __anext__(self) -> Record:
        # A record that comes after its waiter was cancelled is kept for the next one; the thread that waits is never held for long.
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            if self._pending is None:
                self._pending = asyncio.get_running_loop().run_in_executor(None, self.fetch, _SLICE_MS / 1000)
            is_over = deadline is not None and time.monotonic() >= deadline
            try:
                record = await asyncio.shield(self._pending)
            except Lost:
                record, self._pending = None, None
                if is_over:
                    raise
            else:  # not where the waiter was cancelled
                self._pending = None
            if record is not None:
                return record
            if is_over:
                raise StopAsyncIteration


class Node:
    """The node whose directory this is (where node.yaml is). Nothing is sent before the first question."""

    def __init__(self, directory: _Path) -> None:
        self._lock, self._handle = threading.Lock(), c_void_p()
        _check(LIBRARY.parallax_open(os.fsencode(directory), byref(self._handle)))

    def close(self) -> None:
        """Its subscriptions go on without it."""
        with self._lock:
            LIBRARY.parallax_close(self._handle)
            self._handle = c_void_p()

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            LIBRARY.parallax_close(self._handle)

    def _call(self, name: str, *arguments: Any) -> None:
        with self._lock:
            if not self._handle:
                raise Invalid("it is closed")
            _check(getattr(LIBRARY, name)(self._handle, *arguments))

    def newest(self, timeout: float = TIMEOUT) -> Cursor:
        """The place behind everything that is visible now; Lost when the node is not there."""
        cursor = _library.Cursor()
        self._call("parallax_connect", int(timeout * 1000), byref(cursor))
        return Cursor(bytes(cursor.incarnation), cursor.number)

    def subscribe(self, types: Sequence[str] = (), *, origins: Sequence[str] = (), modes: Sequence[str] = ("REAL",), cursor: Optional[_Path] = None,
                  start: Union[str, Cursor] = "start", timeout: Optional[float] = None, acknowledge: bool = True, object: Optional[str] = None,
                  region: Optional[str] = None, where: Optional[str] = None) -> Subscription:
        """Records as they become visible.

        object, region, where: an object, a region and an expression as docs/filters.md tells; the node refuses a wrong one when the first record is asked for.
        cursor: a file that holds how far this reader is. Without one, or before it is there, start says where to begin: "start", "now", or a Cursor.
        timeout: iterating ends when nothing came for so many seconds; None: it never ends.
        """
        wanted = _library.Filter(size=ctypes.sizeof(_library.Filter), types=_texts(types), types_n=len(types), origins=_texts(origins), origins_n=len(origins),
                                 modes=sum(1 << _mode(mode) for mode in set(modes)), region=_text(region), where=_text(where), object=_text(object))
        if isinstance(start, str) and start not in ("start", "now"):
            raise Invalid("start: expected \"start\", \"now\" or a Cursor")
        after, handle = None, c_void_p()
        if isinstance(start, Cursor):
            after = byref(_library.Cursor((ctypes.c_ubyte * 16).from_buffer_copy(start.incarnation), start.number))
        path = None if cursor is None else os.fsencode(cursor)
        self._call("parallax_subscribe", byref(wanted), path, int(start == "now"), after, byref(handle))
        return Subscription(handle, timeout, acknowledge)

    def query(self, type: str, *, object: Optional[str] = None, origin: Optional[str] = None, since: Optional[_Time] = None, until: Optional[_Time] = None,
              mode: str = "REAL", history: bool = False, region: Optional[str] = None, where: Optional[str] = None) -> Query:
        """The newest record of each subject and origin, or all that there are (history); region and where as docs/filters.md tells."""
        question = _library.Question(ctypes.sizeof(_library.Question), _text(type), _text(object), _text(origin), _time(since), _time(until), _mode(mode),
                                     int(history), _text(region), _text(where))
        handle = c_void_p()
        self._call("parallax_query", byref(question), byref(handle))
        return Query(handle)

    def get(self, id: str, timeout: float = TIMEOUT) -> Record:
        """One record by its id; Refused: it is not held here."""
        record = c_void_p()
        self._call("parallax_get", _text(id), int(timeout * 1000), byref(record))
        return Record(record)

    def publish(self, text: Union[str, bytes], *, mode: str, format: Optional[str] = None, audience: Optional[str] = None, key: Optional[bytes] = None,
                strict: bool = False, timeout: float = TIMEOUT) -> List[str]:
        """Read text in any format of the node's, check it, publish all of its records or none; their ids, in its order. The same key publishes nothing twice."""
        data = text.encode() if isinstance(text, str) else text
        how = _library.Publication(ctypes.sizeof(_library.Publication), _mode(mode), _text(format), _text(audience), key, len(key or b""), int(strict))
        ids = c_void_p()
        self._call("parallax_publish", byref(how), data, len(data), int(timeout * 1000), byref(ids))
        try:
            return [LIBRARY.parallax_ids_at(ids, i).decode() for i in range(LIBRARY.parallax_ids_count(ids))]
        finally:
            LIBRARY.parallax_ids_free(ids)

    def prove(self, id: str, *, reveal: bool = False, timeout: float = TIMEOUT) -> bytes:
        """A proof bundle of that record, for verify() anywhere; reveal: with the key of this one sealed record."""
        proof, n = c_void_p(), c_size_t()
        self._call("parallax_prove", _text(id), int(reveal), int(timeout * 1000), byref(proof), byref(n))
        try:
            return ctypes.string_at(proof, n.value)
        finally:
            LIBRARY.parallax_free(proof)


def version() -> str:
    """Of the library."""
    return str(LIBRARY.parallax_version().decode())


def verify(proof: bytes, *, roster: Optional[bytes] = None, fingerprint: Optional[str] = None) -> Verdict:
    """Check a proof bundle with no node, against a signed roster, or the fingerprint of the federation, or both. Refused: it does not hold, and nothing in it is proved."""
    verdict, record = _library.Verdict(size=ctypes.sizeof(_library.Verdict)), c_void_p()
    _check(LIBRARY.parallax_verify(proof, len(proof), roster, len(roster or b""), _text(fingerprint), byref(verdict), byref(record)))
    return Verdict(Record(record), verdict.index, verdict.tree_size, verdict.roster_version, verdict.cosigners, verdict.lost, bool(verdict.origin_removed))


def _check(result: int) -> int:
    if result < 0:
        raise _ERRORS.get(result, Error)(LIBRARY.parallax_error().decode("utf-8", "replace"))
    return result


def _text(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else text.encode()


def _texts(texts: Sequence[str]) -> Any:
    if isinstance(texts, str):
        raise Invalid("expected a list of names, not one name")
    return (c_char_p * len(texts))(*[text.encode() for text in texts])


def _time(when: Optional[_Time]) -> Optional[bytes]:
    if isinstance(when, datetime.datetime):
        if when.tzinfo is None:
            raise Invalid("%s: expected a time with its zone" % when)
        when = when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return _text(when)


def _mode(mode: str) -> int:
    if mode not in MODES:
        raise Invalid("%r: expected a mode, one of %s" % (mode, ", ".join(MODES)))
    return MODES[mode]


def _bytes(function: Any, handle: c_void_p) -> Optional[bytes]:
    n = c_size_t()
    data = function(handle, byref(n))
    return ctypes.string_at(data, n.value) if data else None
