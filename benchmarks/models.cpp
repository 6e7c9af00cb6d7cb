// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Products, tokenizers, encoders and decoders beside OpenBLAS, Eigen, HF tokenizers, tiktoken, sentencepiece, ONNX Runtime, llama.cpp

#include "models/suite.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <unistd.h>

// Arguments: the parts that are to run (products tokenizers encoders decoders; all by default), `quick`. Figures are those of the quietest slice;
// the ratio is the median of slices that were taken in turns, with its 95 % interval.

int main(int argc, char** argv) {
    // Read at a program's start: threads that are asleep while they have no work, and a BLAS that chooses for itself.
    if (std::getenv("GRAFT_BENCH_AGAIN") == nullptr) {
        for (const char* const chosen : {"OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"})
            unsetenv(chosen);
        // Held to AVX2, as graft is by GRAFT_BENCH_KERNELS=avx2; otherwise whatever the machine has.
        const char* const kernels = std::getenv("GRAFT_BENCH_KERNELS");
        if (kernels != nullptr && std::string_view(kernels) == "avx2") setenv("OPENBLAS_CORETYPE", "Haswell", 1);
        else unsetenv("OPENBLAS_CORETYPE");
        setenv("GRAFT_BENCH_AGAIN", "1", 1);
        execv("/proc/self/exe", argv);
    }
    bench::report out("models", argc, argv);
    struct part {
        std::string_view name;
        void (*run)(bench::suite&);
    };
    constexpr part parts[] = {{"products", bench::products},
                              {"tokenizers", bench::tokenizers},
                              {"encoders", bench::encoders},
                              {"decoders", bench::decoders}};
    bool           some    = false;
    for (const std::string_view word : out.arguments()) {
        const bool known =
            std::any_of(std::begin(parts), std::end(parts), [&](const part& p) { return p.name == word; });
        some = some || known;
        if (known || word == "quick") continue;
        std::fprintf(stderr, "models: there is no part '%s'\n", std::string(word).c_str());
        return 2;
    }
    const char* const   folder = std::getenv("GRAFT_PEERS");
    const char* const   models = std::getenv("GRAFT_MODELS");
    const std::string   peers  = folder == nullptr ? "" : folder;
    bench::python_peers python(peers, "models");
    std::fprintf(stderr, "models: peers in Python: %s\n",
                 python.versions().empty() ? "none" : python.versions().c_str());
    bench::suite s{.out    = out,
                   .python = python,
                   .quick  = out.has("quick"),
                   .peers  = peers,
                   .models = models == nullptr ? peers + "/../models" : models};
    for (const part& p : parts)
        if (!some || out.has(p.name)) p.run(s);
    return out.finish();
}
