#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: benchmarks/tune/peers.sh
#
# Brings the model (examples/models.sh smollm2) and what a step is held against: in build/peers/tune an environment of Python with
# torch, transformers, peft and gguf. Versions are pinned; they take 5.6 GB. GRAFT_NO_TORCH=1 leaves them out.
# It installs, where they are missing: python3-pip python3-venv.

. "$(dirname "${BASH_SOURCE[0]}")/../../tests/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

wheels=(torch==2.15.0 transformers==5.24.0 peft==0.21.2 gguf==0.19.0)
peers=$build/peers
venv=$peers/tune
mkdir -p "$peers"
cp "$(dirname "${BASH_SOURCE[0]}")/peers.py" "$peers/tune.py"
"$root/examples/models.sh" smollm2 >/dev/null || say "without the model"
[ -z "${GRAFT_NO_TORCH:-}" ] || exit 0
if ! command -v pip3 >/dev/null && ! (need python3-pip python3-venv); then
    say "without PEFT"
    exit
fi
if [ "$(cat "$venv/wheels" 2>/dev/null)" != "${wheels[*]}" ]; then
    announce "fetching torch and PEFT (5.6 GB)"
    rm -rf "$venv"
    if python3 -m venv "$venv" >"$peers/log" 2>&1 && "$venv/bin/pip" install --quiet "${wheels[@]}" >>"$peers/log" 2>&1; then
        printf '%s' "${wheels[*]}" >"$venv/wheels"
    else
        tail -n 3 "$peers/log" >&2
        say "without PEFT"
    fi
fi
