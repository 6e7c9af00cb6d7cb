// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/pool.hpp>
#include <graft/chunk/pieces.hpp>
#include <graft/schema/chunk.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// Parts of a user's that go wrong at one item of many, and count what they are asked for: what a parallel call does then.

namespace test {

/// What a trap throws.
struct sprung {
    std::size_t at = 0;
};

/// A unit of work that counts itself, and at item `at` does what `then` says.
struct trap {
    enum class act { nothing, throws, fails, stops };
    act                              then = act::nothing;
    std::size_t                      at   = 0;
    std::stop_source                 stop;
    mutable std::atomic<std::size_t> begun{0}, begun_at_stop{0};

    trap(act what, std::size_t item) : then(what), at(item) {}

    graft::result<void> step(std::size_t item) const {
        ++begun;
        if (item != at) return graft::done;
        if (then == act::throws) throw sprung{item};
        if (then == act::fails) return graft::error{graft::fault::unreadable, graft::unit::row, item, "trap"};
        if (then == act::stops) {
            std::stop_source(stop).request_stop();
            begun_at_stop = begun.load(); // what others began before this line, they may have begun before the request
        }
        return graft::done;
    }
    /// Units that began once the stop had been requested.
    std::size_t late() const { return begun - begun_at_stop; }
};

/// The number that a text begins with.
inline std::size_t number_of(std::string_view text) {
    std::size_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

/// Chunks whose bodies begin with their number, from 0; ids begin at 1.
class numbered {
    std::vector<std::string>  texts_;
    std::vector<graft::chunk> all_;

public:
    explicit numbered(std::size_t n, std::size_t words = 4) {
        static constexpr std::string_view some[] = {"river", "stone", "cloud", "amber",  "field", "night",
                                                    "glass", "iron",  "paper", "silver", "wood"};
        for (std::size_t i = 0; i < n; ++i) {
            texts_.push_back(std::to_string(i));
            for (std::size_t w = 0; w < words; ++w)
                texts_.back().append(" ").append(some[(i * 7 + w * (1 + i % 5)) % 11]);
        }
        for (std::size_t i = 0; i < n; ++i)
            all_.push_back({graft::chunk_id{i + 1}, graft::document_id{1}, 10 * i, 10 * i + 9, {"", texts_[i]}, 1});
    }
    numbered(numbered&&) = delete;
    graft::chunks all() const { return all_; }
};

/// An embedder of 8 numbers whose rows are all different, with a trap at each text.
class trapped_embedder {
    const trap* at_;

public:
    explicit trapped_embedder(const trap& at) : at_(&at) {}
    std::size_t         dims() const { return 8; }
    std::uint64_t       fingerprint() const { return 77; }
    graft::result<void> encode(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                               graft::context&) const {
        for (std::size_t i = 0; i < in.size(); ++i) {
            const std::size_t n = number_of(in[i].body);
            if (auto ok = at_->step(n); !ok) return ok;
            for (std::size_t d = 0; d < 8; ++d)
                out.row(i)[d] = static_cast<float>((n * (2 * d + 1) + d * d) % 97) / 97 + .01f;
        }
        return graft::done;
    }
};

/// An analyser of words between spaces, with a trap at each text that begins with a number.
class trapped_words {
    const trap* at_;

public:
    struct token {
        std::uint64_t    term;
        std::string_view word;
    };
    explicit trapped_words(const trap& at) : at_(&at) {}
    std::uint64_t fingerprint() const { return 78; }
    template <class F>
    void operator()(std::string_view text, F&& f) const {
        if (text.empty()) return;
        (void)at_->step(number_of(text));
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end  = std::min(text.find(' ', at), text.size());
            const auto        word = text.substr(at, end - at);
            if (!word.empty()) f(token{graft::hash64(word), word});
            at = end + 1;
        }
    }
};

/// A chunker of whole documents, with a trap at each, by the number that it begins with.
class trapped_chunker {
    const trap* at_;

public:
    explicit trapped_chunker(const trap& at) : at_(&at) {}
    graft::result<void> operator()(graft::chunk_writer& out) const {
        if (auto ok = at_->step(number_of(out.text())); !ok) return ok;
        out.emit(out.begin(), out.end());
        return graft::done;
    }
};

/// Calls f(trap, context&, width) with every kind of executor, and a new trap for each, whose stop the context brings.
template <class F>
void on_every_executor(trap::act then, std::size_t item, const F& f) {
    const graft::pool one(1), two(2), four(4);
    for (const auto& on :
         {graft::executor_ref(), graft::executor_ref(graft::threads(2)), graft::executor_ref(graft::threads(5)),
          graft::executor_ref(one), graft::executor_ref(two), graft::executor_ref(four)}) {
        const trap     at(then, item);
        graft::context c(on);
        c.stop = at.stop.get_token();
        f(at, c, on.width());
    }
}

/// Watches progress: it must never fall nor repeat, and its total must stay the same.
struct watched_progress {
    std::size_t last = 0, total = 0, calls = 0;
    bool        sound = true;

    void operator()(std::size_t finished, std::size_t of) {
        sound = sound && finished > last && finished <= of && (calls == 0 || of == total);
        last = finished, total = of, ++calls;
    }
    /// It was told, soundly, to the end.
    bool whole() const { return sound && calls > 0 && last == total; }
};

} // namespace test
