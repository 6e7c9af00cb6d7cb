// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// all-MiniLM-L6-v2 from ids to vectors of length 1, one thread, beside ONNX Runtime with the graph that its own optimiser makes of a BERT. The vectors
// of both are compared before anything is timed.

#include "products.hpp"
#include "suite.hpp"

#include "../support/collections.hpp"

#include <graft/base/context.hpp>
#include <graft/base/random.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/nn/pooling.hpp>
#include <graft/simd/dot.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <tuple>

namespace bench {

namespace {

using batch = std::vector<std::vector<std::uint32_t>>;

/// Sequences of ids out of real text, [CLS] and [SEP] round each.
class texts {
    std::vector<std::uint32_t> ids_;
    std::size_t                at_ = 0;

public:
    explicit texts(const graft::tokenizer& t) {
        graft::context c;
        for (const auto& f : std::filesystem::recursive_directory_iterator(shared("data/documents/rust-book/src")))
            if (f.path().extension() == ".md" && ids_.size() < 100'000) {
                const auto all = t.encode(slurp(f.path().string()), c, {.add_special = false}).value();
                ids_.insert(ids_.end(), all.ids.begin(), all.ids.end());
                c.reset();
            }
    }
    [[nodiscard]] std::vector<std::uint32_t> take(std::size_t tokens) {
        if (at_ + tokens > ids_.size()) at_ = 0;
        std::vector<std::uint32_t> out{101};
        out.insert(out.end(), ids_.begin() + static_cast<std::ptrdiff_t>(at_),
                   ids_.begin() + static_cast<std::ptrdiff_t>(at_ + tokens - 2));
        at_ += tokens - 2;
        out.push_back(102);
        return out;
    }
};

/// Vectors of all sequences, some 512 tokens at a time.
void encode(const graft::bert<float>& m, const batch& all, graft::matrix_view<float> out, graft::context& c) {
    const graft::arena::scope mine(c);
    const auto                list = c.take<graft::token_sequence>(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) list[i] = {all[i], {}};
    (void)graft::each_encoded(m, list, 512, c, [&](const graft::encoded_batch& b, graft::context&) {
        const auto rows = out.middle(b.first, b.ends.size());
        graft::pool_tokens<float>(graft::pooling::mean, b.rows, b.ends, rows);
        graft::normalise_rows<float>(rows, rows);
        return graft::result<void>(graft::done);
    });
}

struct runner {
    suite&                    s;
    const graft::bert<float>& m;
    double                    peak;

    /// `theirs`: the batches that the peer gets of the same sequences.
    void hold(const std::string& name, const batch& all, std::span<const batch> theirs, double bar, double wanted) {
        graft::context       c;
        graft::matrix<float> out(all.size(), m.config.dims);
        std::size_t          tokens = 0;
        double               flops  = 0;
        for (const auto& one : all) {
            const auto n = static_cast<double>(one.size());
            tokens += one.size();
            flops += n * (2 * 12 * 384. * 384 * 6 + 4 * n * 384 * 6);
        }
        std::vector<contender> who{contend("graft", [&] { encode(m, all, out.view(), c); })};
        const std::string      file =
            (std::filesystem::temp_directory_path() / ("graft_ids_" + std::to_string(getpid()))).string();
        {
            std::ofstream to(file);
            for (const batch& b : theirs) {
                for (const auto& one : b) {
                    for (const auto id : one) to << id << ' ';
                    to << ';';
                }
                to << '\n';
            }
        }
        if (const auto sum = s.python.ask("batches " + file)) {
            encode(m, all, out.view(), c);
            double mine = 0;
            for (std::size_t i = 0; i < out.rows(); ++i)
                for (std::size_t j = 0; j < 384; ++j) mine += std::abs(static_cast<double>(out.row(i)[j]));
            const double off = std::abs(mine - std::strtod(sum->c_str(), nullptr)) / mine;
            if (off < 1e-5) who.push_back(s.python.contend("ONNX Runtime", "encode_ids"));
            else std::fprintf(stderr, "  %s: ONNX Runtime has other vectors (%g)\n", name.c_str(), off);
        }
        std::filesystem::remove(file);
        const auto t = race(s.timing(.01, tokens > 1000 ? 5 : 15), who);
        bench::hold(s, name, "tokens/s", static_cast<double>(tokens), bar, t,
                    of_peak(flops / t[0].quietest / 1e9, peak) +
                        (std::isfinite(wanted) ? " (bar " + report::number(100 * wanted, 2) + ")" : ""));
    }
};

/// As sentence-transformers does it: 32 at a time.
std::vector<batch> by_32(batch all, bool sorted) {
    if (sorted)
        std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    std::vector<batch> out;
    for (std::size_t i = 0; i < all.size(); i += 32)
        out.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(i),
                         all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + 32)));
    return out;
}

} // namespace

void encoders(suite& s) {
    const std::string folder = s.models + "/minilm";
    if (!std::filesystem::exists(folder) || shared("").empty()) {
        std::fprintf(stderr, "models: without encoders, %s or GRAFT_SHARED is not there\n", folder.c_str());
        return;
    }
    graft::context     c;
    graft::posix_files fs;
    const auto         loaded =
        race(s.timing(.02, 5),
             std::vector{contend("", [&] { return graft::load_sentence_encoder(fs, folder, c).value().dims(); })});
    s.out.add({.name      = "MiniLM: load",
               .unit      = "ms",
               .ours      = loaded[0].quietest * 1e3,
               .peer      = 60,
               .peer_name = "bar",
               .way       = better::lower});
    const auto embed = graft::load_sentence_encoder(fs, folder, c).value();
    (void)s.python.ask("minilm " + folder);
    bool wide = false;
#if defined(__x86_64__)
    wide = __builtin_cpu_supports("avx512f");
#endif
    const auto top = race(s.timing(.001, 301), std::vector{contend("", [&] { native_peak(1, wide); })});
    runner     run{s, embed.model(), peak_operations * (wide ? 2 : 1) / top[0].quietest / 1e9};
    texts      from(embed.words());

    for (const std::size_t n : {8u, 16u, 32u, 64u, 128u, 256u}) {
        batch all;
        for (std::size_t i = 0; i < 512 / n; ++i) all.push_back(from.take(n));
        const batch same[] = {all};
        run.hold("MiniLM, " + std::to_string(512 / n) + " texts of " + std::to_string(n) + " tokens", all, same,
                 n <= 64 ? 1.15 : 1.25,
                 n < 16     ? std::nan("")
                 : n <= 64  ? .80
                 : n == 128 ? .75
                            : .65);
    }
    {
        const batch one{from.take(8)}, same[] = {one};
        run.hold("MiniLM, one text of 8 tokens", one, same, 2, std::nan(""));
    }
    graft::counter_random r(3);
    batch                 mixed;
    for (int i = 0; i < 64; ++i) // from 8 to 256, short ones more often
        mixed.push_back(from.take(static_cast<std::size_t>(8 * std::pow(32., static_cast<double>(r.unit())))));
    const auto sorted = by_32(mixed, true), given = by_32(mixed, false);
    run.hold("MiniLM, 64 texts of 8 to 256 tokens; the peer's in batches of 32 by length", mixed, sorted, 3,
             std::nan(""));
    run.hold("MiniLM, 64 texts of 8 to 256 tokens; the peer's in batches of 32 as they come", mixed, given, 3,
             std::nan(""));

    // Held in fewer bits, beside floats.
    for (const auto& [as, name, bar, least] :
         {std::tuple{graft::weights_as::bf16, "bf16", 1.6, .9999}, {graft::weights_as::int8, "int8", 2.2, .995}}) {
        const auto few = graft::load_sentence_encoder(fs, folder, c, {.weights = {.as = as}}).value();
        for (const std::size_t n : {64u, 256u}) {
            batch all;
            for (std::size_t i = 0; i < 512 / n; ++i) all.push_back(from.take(n));
            graft::matrix<float> whole(all.size(), 384), rounded(all.size(), 384);
            const auto           t       = race(s.timing(.01, 7),
                                                std::vector{contend("", [&] { encode(few.model(), all, rounded.view(), c); }),
                                            contend("floats", [&] { encode(embed.model(), all, whole.view(), c); })});
            float                nearest = 1;
            for (std::size_t i = 0; i < all.size(); ++i)
                nearest = std::min(nearest, graft::dot(whole.row(i), rounded.row(i)));
            hold(s,
                 std::string("MiniLM in ") + name + ", " + std::to_string(512 / n) + " texts of " + std::to_string(n),
                 "tokens/s", 512, bar, t,
                 "least cosine " + report::number(static_cast<double>(nearest), 6) + " (bar " +
                     report::number(least, 4) + ")");
        }
    }

    graft::matrix<float>   out(1, embed.dims());
    const graft::text_view question[] = {{{}, "how do i borrow twice"}}; // 8 tokens
    const auto             each       = each_call(s.quick ? 20 : 400, [&](std::size_t) {
        c.reset();
        return embed.encode_query(question, out.view(), c).has_value();
    });
    s.out.add({.name      = "MiniLM: one question, from text, warm: p50",
               .unit      = "ms",
               .ours      = each[each.size() / 2] * 1e3,
               .peer      = 4,
               .peer_name = "bar",
               .way       = better::lower});
    s.out.add("MiniLM: one question, from text, warm: p99", "ms", each[each.size() * 99 / 100] * 1e3);
}

} // namespace bench
