"""Who runs what next: as many workers as there are cores, what must be done
once, and for the rest of the night slices, so that each target gets its
share."""

import collections
import threading
import time

from campaign.processes import Stopped

# Of the time of a night, as against each other.
WEIGHTS = {
    "fuzz_pages": 1.0,
    "fuzz_hypercalls": 1.5,
    "fuzz_smmu": 1.0,
    "fuzz_vm": 1.0,
    "fuzz_primitives": 0.5,
    "fuzz_published": 0.5,
    "fuzz_platform": 0.5,
}
ENGINE_WEIGHTS = {"libfuzzer": 3.0, "msan": 1.0, "afl": 1.0}


class Once:
    """What is done once: `run()` is called, with the number of a worker."""

    def __init__(self, name, run):
        self.name = name
        self.run = run


class Schedule:
    """Runs what is put into it, first in first out, and slices while there is
    time. `fuzz(engine, target, seconds, worker)` runs one.
    `least(engine)` is the shortest slice that is worth its start."""

    def __init__(self, workers, end, slice_seconds, fuzz, least):
        self._workers = workers
        self._end = end  # as time.monotonic() tells it
        self._slice_seconds = slice_seconds
        self._fuzz = fuzz
        self._least = least
        self._lock = threading.Condition()
        self._once = collections.deque()
        self._slots = []  # pairs of engine and target that can run
        self._spent = collections.Counter()
        self._running = {}  # by worker: what, since when
        self.failure = None  # the first exception of a worker
        self.busy_seconds = 0.0  # of all workers
        self._stopped = False

    def put(self, name, run):
        """Do this before any further slice."""
        with self._lock:
            self._once.append(Once(name, run))
            self._lock.notify()

    def allow(self, engine, target):
        """From now on there can be slices of it."""
        with self._lock:
            if (engine, target) not in self._slots:
                self._slots.append((engine, target))
            self._lock.notify_all()

    def forbid(self, engine, target):
        """No more slices of it."""
        with self._lock:
            if (engine, target) in self._slots:
                self._slots.remove((engine, target))

    def running(self):
        """What each worker does, in words."""
        with self._lock:
            return [what for what, _ in self._running.values()]

    def spent(self, target):
        """Seconds of workers that a target got."""
        with self._lock:
            return sum(seconds for (_, name), seconds in self._spent.items()
                       if name == target)

    def run(self, watch):
        """Work until the end. `watch()` is called twice a second. Raises what
        a worker raised."""
        threads = [threading.Thread(target=self._work, args=(number,),
                                    daemon=True)
                   for number in range(self._workers)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.25)
            time.sleep(0.25)
            watch()
        if self.failure:
            raise self.failure

    def stop(self):
        """Nothing more is begun."""
        with self._lock:
            self._stopped = True
            self._lock.notify_all()

    def _work(self, worker):
        while True:
            with self._lock:
                job = self._next(worker)
                while job is None and not self._is_over():
                    self._lock.wait(0.2)
                    job = self._next(worker)
                if job is None:
                    return
                name, run = job
                self._running[worker] = name, time.monotonic()
            try:
                run(worker)
            except Stopped:
                return
            except Exception as error:  # the main thread raises it again
                with self._lock:
                    self.failure = self.failure or error
                    self._stopped = True
                return
            finally:
                with self._lock:
                    since = self._running.pop(worker)[1]
                    self.busy_seconds += time.monotonic() - since

    def _is_over(self):
        if self._stopped:
            return True
        if self._once or self._running:
            return False
        return time.monotonic() >= self._end or not self._slots

    def _next(self, worker):
        """A name and a function, or None when there is nothing to do now."""
        if self._stopped:
            return None
        if self._once:
            once = self._once.popleft()
            return once.name, once.run
        left = self._end - time.monotonic()
        slots = [slot for slot in self._slots if left >= self._least(slot[0])]
        if not slots:
            return None
        engine, target = min(slots, key=self._share)
        # No rest that is too short for another one.
        seconds = self._slice_seconds
        if left < 1.5 * seconds:
            seconds = left
        seconds = max(1, seconds, self._least(engine))
        self._spent[engine, target] += seconds
        return (f"{target} in {engine}",
                lambda worker: self._fuzz(engine, target, int(seconds),
                                          worker))

    def _share(self, slot):
        """What a target got, and then what an engine got on it, each by its
        weight: the least is next."""
        engine, target = slot
        weight = WEIGHTS.get(target, 1.0)
        total = sum(seconds for (_, name), seconds in self._spent.items()
                    if name == target)
        return (total / weight,
                self._spent[slot] / ENGINE_WEIGHTS.get(engine, 1.0))
