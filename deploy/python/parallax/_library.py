"""libparallax.so.0 as ctypes sees it: the structures and functions of parallax.h, and nothing of Python's own."""
import ctypes
import os
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_size_t, c_ubyte, c_uint, c_uint64, c_void_p

ABI = 0

DONE, NOTHING, REFUSED, LOST, INVALID, FAILED = 0, 1, -1, -2, -3, -4


class Cursor(Structure):
    _fields_ = [("incarnation", c_ubyte * 16), ("number", c_uint64)]


class Filter(Structure):
    _fields_ = [("size", c_size_t), ("types", POINTER(c_char_p)), ("types_n", c_size_t), ("origins", POINTER(c_char_p)), ("origins_n", c_size_t),
                ("modes", c_uint), ("region", c_char_p), ("where", c_char_p), ("object", c_char_p)]


class Question(Structure):
    _fields_ = [("size", c_size_t), ("type", c_char_p), ("object", c_char_p), ("origin", c_char_p), ("since", c_char_p), ("until", c_char_p),
                ("mode", c_int), ("history", c_int), ("region", c_char_p), ("where", c_char_p)]


class Publication(Structure):
    _fields_ = [("size", c_size_t), ("mode", c_int), ("format", c_char_p), ("audience", c_char_p), ("key", c_char_p), ("key_n", c_size_t),
                ("strict", c_int)]


class Verdict(Structure):
    _fields_ = [("size", c_size_t), ("index", c_uint64), ("tree_size", c_uint64), ("roster_version", c_uint64), ("cosigners", c_uint), ("lost", c_uint),
                ("origin_removed", c_int)]


def _load() -> ctypes.CDLL:
    path = os.environ.get("PARALLAX_LIBRARY", "libparallax.so.%d" % ABI)
    library = ctypes.CDLL(path)
    handle, text, number = c_void_p, c_char_p, POINTER(c_size_t)
    functions = {
        "parallax_version": (text,),
        "parallax_error": (text,),
        "parallax_open": (c_int, text, POINTER(handle)),
        "parallax_close": (None, handle),
        "parallax_connect": (c_int, handle, c_int64, POINTER(Cursor)),
        "parallax_subscribe": (c_int, handle, POINTER(Filter), text, c_int, POINTER(Cursor), POINTER(handle)),
        "parallax_fetch": (c_int, handle, c_int64, POINTER(handle)),
        "parallax_acknowledge": (c_int, handle, c_uint64),
        "parallax_stream_cursor": (c_int, handle, POINTER(Cursor)),
        "parallax_stream_free": (None, handle),
        "parallax_query": (c_int, handle, POINTER(Question), POINTER(handle)),
        "parallax_get": (c_int, handle, text, c_int64, POINTER(handle)),
        "parallax_record_id": (text, handle),
        "parallax_record_origin": (text, handle),
        "parallax_record_series": (text, handle),
        "parallax_record_type": (text, handle),
        "parallax_record_mode": (c_int, handle),
        "parallax_record_number": (c_uint64, handle),
        "parallax_record_received_ms": (c_int64, handle),
        "parallax_record_json": (text, handle),
        "parallax_record_header": (c_void_p, handle, number),
        "parallax_record_body": (c_void_p, handle, number),
        "parallax_record_free": (None, handle),
        "parallax_publish": (c_int, handle, POINTER(Publication), text, c_size_t, c_int64, POINTER(handle)),
        "parallax_ids_count": (c_size_t, handle),
        "parallax_ids_at": (text, handle, c_size_t),
        "parallax_ids_free": (None, handle),
        "parallax_prove": (c_int, handle, text, c_int, c_int64, POINTER(handle), number),
        "parallax_verify": (c_int, text, c_size_t, text, c_size_t, text, POINTER(Verdict), POINTER(handle)),
        "parallax_free": (None, handle),
    }
    for name, (answer, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = answer, arguments
    return library


LIBRARY = _load()
