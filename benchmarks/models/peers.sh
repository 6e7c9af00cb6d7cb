#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: benchmarks/models/peers.sh
#
# Brings the models (examples/models.sh minilm smollm2 e5) and what they are held against: in build/peers/models an environment of Python with the
# wheels of onnxruntime, tokenizers, tiktoken and sentencepiece (and numpy's, which carries a newer OpenBLAS than Debian's), and
# llama-cpp-python, which is compiled for this machine and takes some twenty minutes on two cores: GRAFT_NO_LLAMA=1 leaves it out. Versions are
# pinned. What cannot be had is left out, and the table says so.
# It installs, where they are missing: libopenblas0-pthread, and for the rest python3-pip python3-venv.

. "$(dirname "${BASH_SOURCE[0]}")/../../tests/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

wheels=(numpy==2.4.6 onnxruntime==1.32.0 onnx==1.23.2 tokenizers==0.23.3 tiktoken==0.14.0 sentencepiece==0.2.3)
llama=llama-cpp-python==0.3.36

peers=$build/peers
venv=$peers/models
mkdir -p "$peers"
cp "$(dirname "${BASH_SOURCE[0]}")/peers.py" "$peers/models.py"
(need libopenblas0-pthread) || say "without OpenBLAS of Debian"
"$root/examples/models.sh" minilm smollm2 e5 >/dev/null || say "without some of the models"

if ! command -v pip3 >/dev/null && ! (need python3-pip python3-venv); then
    say "without peers from Python"
    exit
fi
if [ "$(cat "$venv/wheels" 2>/dev/null)" != "${wheels[*]}" ]; then
    rm -rf "$venv"
    if python3 -m venv "$venv" >"$peers/log" 2>&1 &&
        "$venv/bin/pip" install --quiet --only-binary :all: "${wheels[@]}" >>"$peers/log" 2>&1; then
        printf '%s' "${wheels[*]}" >"$venv/wheels"
    else
        tail -n 3 "$peers/log" >&2
        say "without peers from Python"
    fi
fi
if [ -e "$venv/wheels" ] && [ -z "${GRAFT_NO_LLAMA:-}" ] && [ "$(cat "$venv/llama" 2>/dev/null)" != "$llama" ]; then
    announce "compiling $llama"
    # Where a machine names AMX and refuses it, llama.cpp dies of it: then it is compiled without.
    compile_llama() {
        CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF -DLLAMA_CURL=OFF $*" "$venv/bin/pip" install --quiet --force-reinstall --no-deps \
            --no-cache-dir --no-binary llama-cpp-python "$llama" >>"$peers/log" 2>&1
    }
    runs() {
        "$venv/bin/python" -c "import llama_cpp, sys; llama_cpp.Llama(sys.argv[1], n_ctx=256, verbose=False).eval(list(range(100, 228)))" \
            "$root"/build/models/smollm2/*.gguf >>"$peers/log" 2>&1
    }
    without=$(printf -- "-DCMAKE_%s_FLAGS='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16' " C CXX)
    if "$venv/bin/pip" install --quiet --only-binary :all: typing-extensions diskcache jinja2 >>"$peers/log" 2>&1 &&
        compile_llama && { runs || { say "llama.cpp without AMX: this machine refuses it" && compile_llama "$without" && runs; }; }; then
        printf '%s' "$llama" >"$venv/llama"
    else
        tail -n 3 "$peers/log" >&2
        say "without llama.cpp"
    fi
fi
