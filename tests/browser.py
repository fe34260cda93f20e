"""A headless Chromium that is driven through a pipe (DevTools protocol)."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome",
         "google-chrome-stable")

# Keys that are not their own text: name, virtual key code.
CODES = {"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39,
         "Home": 36, "End": 35, "Tab": 9, "Escape": 27, "Enter": 13}


class Failure(Exception):
    """The browser is gone, does not answer, or a script in it failed."""


def find():
    """The path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page at a time. A context manager: leaving it ends the browser."""

    # Seconds until an answer.
    PATIENCE = 60

    def __init__(self, path, directory):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        # It reads commands from 3 and answers on 4; both pipes are kept clear
        # of these numbers until they are put there.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10)
                for end in (to_browser, from_browser)]

        def connect():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        # A test runs as whoever it likes, root too, which has no sandbox.
        self.process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={directory}/profile"],
            preexec_fn=connect, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for end in (to_browser, from_browser, *ends):
            os.close(end)
        self.pending = b""
        self.number = 0
        self.session = None
        self.target = None
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        os.close(self.output)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.input)

    def _read(self, deadline):
        """The next message."""
        while b"\0" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.input], [], [], left)[0]:
                raise Failure("the browser does not answer")
            data = os.read(self.input, 1 << 16)
            if not data:
                raise Failure("the browser has ended")
            self.pending += data
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        """What the browser answers; events on the way are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.output, data):]
        deadline = time.monotonic() + self.PATIENCE
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def open(self, url, width, height):
        """A new page of that size, loaded. Forgets the one before it."""
        self.session = None
        if self.target:
            self.ask("Target.closeTarget", targetId=self.target)
        self.target = self.ask("Target.createTarget",
                               url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=self.target,
                                flatten=True)["sessionId"]
        self.events = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=url)
        deadline = time.monotonic() + self.PATIENCE
        while not any(event["method"] == "Page.loadEventFired"
                      for event in self.events):
            self.events.append(self._read(deadline))

    def value(self, expression):
        """What an expression of JavaScript is in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression,
                          returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failure(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key):
        """Press a key and let it go, as a keyboard does."""
        code = CODES.get(key, ord(key[0].upper()))
        text = {} if key in CODES else {"text": key}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key,
                 windowsVirtualKeyCode=code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key,
                 windowsVirtualKeyCode=code)

    def click(self, selector):
        """Click with the mouse in the middle of an element."""
        place = self.value(
            "(() => { const e = document.querySelector("
            f"{json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            "const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0],
                     y=place[1], button="left", clickCount=1)

    def complaints(self):
        """Errors and messages of the console, and requests to anywhere but
        the page itself, as lines."""
        lines = []
        for event in self.events:
            about = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                details = about["exceptionDetails"]
                said = details.get("exception", {}).get("description",
                                                        details["text"])
                lines.append(f"exception: {said.splitlines()[0]}")
            elif event["method"] == "Runtime.consoleAPICalled":
                lines.append(f"console.{about['type']}")
            elif event["method"] == "Log.entryAdded":
                lines.append(f"console: {about['entry']['text']}")
            elif (event["method"] == "Network.requestWillBeSent"
                  and about.get("type") != "Document"):
                lines.append(f"request: {about['request']['url'][:80]}")
        return lines
