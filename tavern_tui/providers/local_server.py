"""Child process: serves one GGUF file over llama.cpp's HTTP API, on loopback, with a key.

    python -m tavern_tui.providers.local_server MODEL [--context N] [--threads N] [--gpu-layers N]

The key comes in the environment variable TAVERN_TUI_LOCAL_KEY. When the model is loaded one JSON
line is printed: `{"url": "http://127.0.0.1:PORT"}`. The process ends at the end of its standard
input, so also when its parent dies.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading

KEY_VARIABLE = "TAVERN_TUI_LOCAL_KEY"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--context", type=int, default=8192)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--gpu-layers", type=int, default=-1)
    options = parser.parse_args()
    key = os.environ.pop(KEY_VARIABLE, "")
    if not key:
        print(f"{KEY_VARIABLE} is not set", file=sys.stderr)
        return 2
    import xllamacpp  # 35 MB of native code: only in this process

    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = options.context
    params.n_parallel = 1
    params.use_jinja = True
    params.ui = False
    params.endpoint_props = True
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    if options.gpu_layers >= 0:
        params.n_gpu_layers = options.gpu_layers
    if options.threads > 0:
        params.cpuparams.n_threads = options.threads
        params.cpuparams_batch.n_threads = options.threads
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    server = xllamacpp.Server(params)
    print(json.dumps({"url": server.listening_address}), flush=True)
    while not ended.wait(1.0):  # a timeout, so that signals are seen
        pass
    del server  # closes streams and joins the native threads
    return 0


def _wait_for_end(ended: threading.Event) -> None:
    # A raw read: a thread inside sys.stdin's lock would make the interpreter abort at exit.
    while os.read(0, 4096):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
