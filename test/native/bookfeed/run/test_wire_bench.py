"""native/bench/bookfeed_wire.py where there is nothing to time: it says so and fails."""
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

from bookfeed_rig import PROJECT

import bookfeed_wire


def result_of(stamps, trace):
    with tempfile.TemporaryDirectory() as folder:
        bench = types.SimpleNamespace(stamps=pathlib.Path(folder, "stamps"), trace=pathlib.Path(folder, "trace"),
                                      kept=lambda *_: {})
        bench.stamps.write_text(stamps, encoding="ascii")
        bench.trace.write_text("book_ns\n" + trace, encoding="ascii")
        return bookfeed_wire.Bench.result(bench, {"sent": stamps.count("\n"), "connections": 1})


class TestWireBench(unittest.TestCase):
    def test_too_few_messages_are_told(self):
        for stamps in ("", "1000\n"):
            with self.assertRaisesRegex(RuntimeError, "[01] messages sent; .* give more --seconds"):
                result_of(stamps, "")

    def test_two_messages_make_a_result(self):
        found = result_of("1000\n2000\n", "1500\n2700\n")
        self.assertEqual((found["sent"], found["rate"], found["timed"]), (2, 2e6, 2))
        self.assertEqual(found["p50_us"], 0.7)

    def test_options_that_make_no_message_are_refused(self):
        done = subprocess.run([sys.executable, "-B", str(PROJECT / "native/bench/bookfeed_wire.py"), "--rate", "0.1"], text=True,
                              capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--rate 0.1, --seconds 4: not two messages", done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
