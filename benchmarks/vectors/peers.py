# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
"""The peers that come as wheels: exact search by faiss and usearch, one line of answer for each line of command.

    load ROWS N QUERIES M DIMS          two files of float32, row-major     -> ok
    search PEER FIRST COUNT THREADS N   the ten best for queries [FIRST, FIRST + COUNT), N times  -> seconds
    ids                                 of the last search, all in one line
    pages                               kB in huge pages, and in all
"""

import ctypes
import sys
import time

import faiss
import numpy as np
import usearch
from usearch.index import MetricKind, ScalarKind
from usearch.index import search as usearch_search

answers = sys.stdout
sys.stdout = sys.stderr
libc = ctypes.CDLL(None)


def in_huge_pages(a):
    """A copy on a huge page's boundary, with the advice that our own rows have."""
    page = 2 << 20
    raw = np.empty(a.nbytes + 2 * page, np.uint8)
    skip = -raw.ctypes.data % page
    whole = (a.nbytes + page - 1) // page * page
    libc.madvise(ctypes.c_void_p(raw.ctypes.data + skip), ctypes.c_size_t(whole), 14)
    out = raw[skip : skip + a.nbytes].view(a.dtype).reshape(a.shape)
    out[:] = a
    return out


def to_bf16(x):
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def say(text):
    answers.write(f"{text}\n")
    answers.flush()


class Flat:
    """faiss as it comes; `blas`: with its product for every batch, not only for those of 128,000 numbers and more."""

    def __init__(self, index, queries, blas):
        self.index, self.queries, self.blas = index, queries, blas

    def search(self, first, count, threads):
        faiss.omp_set_num_threads(threads)
        faiss.cvar.distance_compute_blas_threshold = 2 if self.blas else 128000
        return self.index.search(self.queries[first : first + count], 10)[1]


class Exact:
    def __init__(self, rows, queries, kind):
        limit = 127 / max(np.abs(rows).max(), np.abs(queries).max())
        change = {
            "f32": lambda x: x,
            "bf16": to_bf16,
            "f16": lambda x: x.astype(np.float16),
            "i8": lambda x: np.rint(x * limit).astype(np.int8),
        }[kind]
        self.rows, self.queries = in_huge_pages(change(rows)), in_huge_pages(change(queries))
        self.kind = {"dtype": ScalarKind.BF16} if kind == "bf16" else {}

    def search(self, first, count, threads):
        found = usearch_search(
            self.rows, self.queries[first : first + count], 10, MetricKind.IP, exact=True, threads=threads, **self.kind
        )
        return np.asarray(found.keys).reshape(count, -1)


say(f"faiss {faiss.__version__}, usearch {usearch.__version__}, numpy {np.__version__}")
peers, last = {}, None
for line in sys.stdin:
    command, *words = line.split()
    if command == "load":
        n, m, dims = int(words[1]), int(words[3]), int(words[4])
        peers.clear()
        rows = in_huge_pages(np.fromfile(words[0], np.float32).reshape(n, dims))
        queries = in_huge_pages(np.fromfile(words[2], np.float32).reshape(m, dims))
        index = faiss.IndexFlatIP(dims)
        index.add(rows)
        peers["faiss"], peers["faiss-blas"] = Flat(index, queries, False), Flat(index, queries, True)
        for kind in sys.argv[1:]:
            peers[f"usearch-{kind}"] = Exact(rows, queries, kind)
        say("ok")
    elif command == "search":
        peer, (first, count, threads, times) = peers[words[0]], map(int, words[1:])
        begin = time.perf_counter()
        for _ in range(times):
            last = peer.search(first, count, threads)
        say(time.perf_counter() - begin)
    elif command == "ids":
        say(" ".join(map(str, last.ravel().tolist())))
    elif command == "pages":
        fields = dict(l.split(":") for l in open("/proc/self/smaps_rollup") if ":" in l and "[" not in l)
        say(fields["AnonHugePages"].split()[0] + " " + fields["Rss"].split()[0])
    else:
        say(f"what is {command}?")
