# SPDX-License-Identifier: MIT
"""What the comparisons have in common: the C++ side as a process that is loaded once and asked
kernel by kernel, and CPU time on our side."""

import pathlib
import subprocess
import time


class Program:
    """A bench program: a line in, a line of numbers out."""

    def __init__(self, path, *arguments):
        self.name = pathlib.Path(path).name
        self.process = subprocess.Popen([path, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}")
        return [float(x) for x in line.split()]

    def seconds(self, kernel, repeats=1):
        return self.ask(kernel, repeats)[0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cpu_seconds(function):
    """CPU seconds of a call, and what it returns."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result
