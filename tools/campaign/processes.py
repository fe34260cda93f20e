"""Programs that are run, what they cost, and how all of them are ended."""

import os
import pathlib
import signal
import subprocess
import threading
import time

_running = set()
_lock = threading.Lock()
_stopping = False


class Stopped(Exception):
    """The user wants no more."""


class Outcome:
    """How a program ended: its status (negative for a signal) and the CPU
    seconds that it and the children it waited for used."""

    def __init__(self, status, cpu_seconds):
        self.status = status
        self.cpu_seconds = cpu_seconds


def stop_all():
    """End what runs; nothing more is started."""
    global _stopping
    _stopping = True
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in list(_running):
            _end(process, number)
        time.sleep(0.2)


def _end(process, number=signal.SIGKILL):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


class _Meter(threading.Thread):
    """Looks at a process and its descendants while they run, in whatever
    sessions they are, and ends the process at a limit of CPU seconds."""

    PERIOD = 0.05

    def __init__(self, process, limit):
        super().__init__(daemon=True)
        self._process = process
        self._limit = limit
        self.over = threading.Event()
        self.cpu_seconds = 0.0

    def run(self):
        while not self.over.wait(self.PERIOD):
            self.cpu_seconds = max(self.cpu_seconds,
                                   _cpu_seconds_of(self._process.pid))
            if self.cpu_seconds >= self._limit:
                _end(self._process, signal.SIGTERM)
                return


def _cpu_seconds_of(pid):
    """What a process, those that it waited for, and its descendants used."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return 0.0
    # From the process's state on: its name may hold spaces.
    ticks = stat.rpartition(")")[2].split()[11:15]
    return (sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") +
            sum(map(_cpu_seconds_of, children.split())))


def run(command, log, *, directory=None, environment=None, wall_seconds=3600,
        metered_seconds=None):
    """Run a command with all that it prints in a file. It is ended when it
    takes too long, or when it and its children have used so many CPU seconds,
    which are then counted however they end."""
    with open(log, "wb") as output:
        with _lock:
            if _stopping:
                raise Stopped
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=environment,
                start_new_session=True,
            )
            _running.add(process)
        limit = threading.Timer(wall_seconds, _end, (process,))
        limit.start()
        meter = _Meter(process, metered_seconds) if metered_seconds else None
        if meter:
            meter.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
            if meter:
                meter.over.set()
                meter.join()
            with _lock:
                _running.discard(process)
    process.returncode = os.waitstatus_to_exitcode(status)
    if _stopping:
        raise Stopped
    used = usage.ru_utime + usage.ru_stime
    return Outcome(process.returncode,
                   max(used, meter.cpu_seconds) if meter else used)


def with_cpu_limit(command, seconds):
    """The command, ended by SIGXCPU when it has used so much of a CPU."""
    return ["sh", "-c", f'ulimit -c 0; ulimit -S -t {seconds}; exec "$@"',
            "limit", *command]


def environment(**variables):
    """The user's environment without what would change a target, and with
    these variables. Names in stacks take seconds, and nobody reads them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("EL2DIFF_")
    }
    return {
        **kept,
        "ASAN_OPTIONS": "symbolize=0:detect_leaks=0",
        "UBSAN_OPTIONS": "symbolize=0:print_stacktrace=0:halt_on_error=1",
        **variables,
    }


