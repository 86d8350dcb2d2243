"""Shifts the clock of a Python process that has this folder in PYTHONPATH, by the seconds in CLOCK_OFFSET_FILE.

A change of the file takes effect at once. Clocks that measure durations are not shifted.
"""

import contextlib
import ctypes
import datetime
import gc
import os
import time

offset_file = os.environ["CLOCK_OFFSET_FILE"]
true_time, true_time_ns, true_now = time.time, time.time_ns, datetime.datetime.now


def offset_seconds() -> int:
    with contextlib.suppress(OSError, ValueError), open(offset_file) as file:
        return int(file.read())
    return 0


def shifted_now(cls, tz=None):
    return true_now(tz) + datetime.timedelta(seconds=offset_seconds())


def shifted_utcnow(cls):
    return shifted_now(cls, datetime.UTC).replace(tzinfo=None)


time.time = lambda: true_time() + offset_seconds()
time.time_ns = lambda: true_time_ns() + offset_seconds() * 10**9
# datetime is a C type, whose dictionary can be changed only this way. The C code of database drivers would not accept a
# subclass in its place.
methods = gc.get_referents(datetime.datetime.__dict__)[0]
methods["now"], methods["utcnow"] = classmethod(shifted_now), classmethod(shifted_utcnow)
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
